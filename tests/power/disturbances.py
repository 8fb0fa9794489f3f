"""What spoils a smooth function: rounding, and noise that repeats at a point or does not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Primal = Callable[[np.ndarray], np.ndarray]


def in_float32(primal: Primal) -> Primal:
    """Evaluate in float32, give float64: noise that no dtype tells of."""
    return lambda t: np.asarray(primal(np.asarray(t).astype(np.float32))).astype(np.float64)


def hashed_noise(relative: float) -> Callable[[Primal], Primal]:
    """Uniform noise that is a function of the bits of t: the same again at the same point."""

    def wrap(primal: Primal) -> Primal:
        return lambda t: primal(t) * (1 + relative * _hashed(t))

    return wrap


def cauchy_noise(relative: float) -> Callable[[Primal], Primal]:
    """Heavy tails, a function of the bits of t."""

    def wrap(primal: Primal) -> Primal:
        def noisy(t: np.ndarray) -> np.ndarray:
            clipped = np.clip(_hashed(t), -0.999, 0.999)
            return primal(t) * (1 + relative * np.tan(np.pi / 2 * clipped))

        return noisy

    return wrap


def random_noise(relative: float) -> Callable[[Primal], Primal]:
    """Gaussian noise, another one at each call."""

    def wrap(primal: Primal) -> Primal:
        rng = np.random.default_rng(5)
        return lambda t: primal(t) * (1 + relative * rng.standard_normal(np.shape(t)))

    return wrap


def stochastic_rounding(primal: Primal) -> Primal:
    """Round to float32 up or down at random, without bias."""
    rng = np.random.default_rng(6)

    def rounded(t: np.ndarray) -> np.ndarray:
        y = np.asarray(primal(t), dtype=float)
        spacing = np.spacing(np.abs(y.astype(np.float32))).astype(float)
        below = np.floor(y / spacing) * spacing
        return below + (rng.random(y.shape) < (y - below) / spacing) * spacing

    return rounded


def _hashed(t: np.ndarray) -> np.ndarray:
    """Map the bits of t to [-1, 1) (the finaliser of splitmix64)."""
    flat = np.atleast_1d(np.asarray(t, dtype=np.float64))
    bits = flat.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits ^= bits >> np.uint64(29)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(32)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return ((bits >> np.uint64(11)).astype(float) / 2**53 * 2 - 1).reshape(np.shape(t))
