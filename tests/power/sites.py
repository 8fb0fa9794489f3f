"""Where a fault is planted: one right rule at one point, and how large a fault is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.power.rules import BaseRule, as_tuple
from tests.power.rules.base import Arrays, Backward

BAR = {np.dtype(np.float64): 1e-7, np.dtype(np.float32): 1e-3}
"""The smallest |fault . u| / ||g * u|| that must be rejected."""

ROUNDING = 16  # eps of the usual gradient: what is less is rounding


@dataclass(frozen=True, slots=True)
class Site:
    """A rule at a point, the input whose gradient goes wrong, and how much it does.

    `gradients` are the right ones for the cotangents `y_bars`; `size` is the relative size that a
    fault with a size is planted with; `seed` is the origin of the fault's own choices.
    """

    rule: BaseRule
    xs: Arrays
    ys: Arrays
    y_bars: Arrays
    gradients: tuple[Any, ...]
    position: int
    size: float
    seed: int

    @property
    def x(self) -> np.ndarray:
        return self.xs[self.position]

    @property
    def g(self) -> np.ndarray:
        return np.asarray(self.gradients[self.position])

    @property
    def bar(self) -> float:
        return BAR[self.x.dtype]

    @property
    def rng(self) -> np.random.Generator:
        """A fresh generator that always starts the same."""
        return np.random.default_rng(self.seed)


def site(rule: BaseRule, xs: Arrays, rng: np.random.Generator) -> Site:
    """Choose an input with a gradient, and a size between the bar and one."""
    ys = rule.outputs(xs)
    y_bars = random_cotangents(ys, rng)
    gradients = as_tuple(rule.backward(y_bars, xs, ys))
    due = [i for i, g in enumerate(gradients) if g is not None]
    filled = [i for i in due if xs[i].size]
    position = int(rng.choice(filled or due))
    exponent = rng.uniform(np.log10(BAR[xs[position].dtype]), 0)
    seed = int(rng.integers(2**32))
    return Site(rule, xs, ys, y_bars, gradients, position, 10**exponent, seed)


def random_cotangents(ys: Arrays, rng: np.random.Generator) -> Arrays:
    """Return signed cotangents of sizes from 1 to 2."""
    return tuple(
        np.asarray(rng.choice([-1, 1], y.shape) * rng.uniform(1, 2, y.shape)).astype(y.dtype)
        for y in ys
    )


def relative_size(
    where: Site, wrong: Backward, cotangents: Callable[[Arrays, np.random.Generator], Arrays]
) -> float:
    """Return the size of a fault beside the right gradient, both as the input moves.

    That is ||(wrong - right) * s|| / ||right * s|| in the worst input, s the scale of its entries:
    the root mean square of |fault . u| / G2 over random signs; the least of five cotangents, since
    a fault that some do not show cannot be asked for.
    """
    found = []
    rng = where.rng
    for _ in range(5):
        y_bars = cotangents(where.ys, rng)
        right = as_tuple(where.rule.backward(y_bars, where.xs, where.ys))
        got = as_tuple(wrong(tuple(b.copy() for b in y_bars), where.xs, where.ys))
        weight = max(float(np.abs(b).max(initial=0)) for b in y_bars) or 1.0
        rows = zip(where.gradients, right, got, where.xs, strict=True)
        found.append(max(_distance(weight * g, r, w, x) for g, r, w, x in rows if r is not None))
    return min(found)


def _distance(usual: Any, right: Any, wrong: Any, x: np.ndarray) -> float:
    """Compare one gradient with the right one; beside the `usual` one, rounding is no fault."""
    scale = _scale(x)
    norm, fault, floor = (
        float(np.linalg.norm(np.ravel(np.float64(g) * scale)))
        for g in (right, np.float64(wrong) - np.float64(right), usual)
    )
    if np.isnan(fault):
        return np.inf
    if fault <= ROUNDING * np.finfo(x.dtype).eps * floor:
        return 0.0
    return fault / norm if norm > 0 else np.inf


def _scale(x: np.ndarray) -> np.ndarray:
    size = np.abs(np.float64(x))
    rms = float(np.sqrt(np.mean(size * size))) if x.size else 0.0
    return np.where(size == 0, rms or 1.0, np.maximum(size, 1e-3 * rms))
