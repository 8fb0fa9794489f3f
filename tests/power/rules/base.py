"""A rule written by hand that is right, where it is tried, and short ways to state one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Arrays = tuple[np.ndarray, ...]
Backward = Callable[[Arrays, Arrays, Arrays], Any]
Maker = Callable[[np.random.Generator], np.ndarray]


@dataclass(frozen=True, slots=True)
class BaseRule:
    """A function with its right derivative: `forward(*xs)` and `backward(y_bars, xs, ys)`.

    `draw(rng)` returns a fresh point; `wrong` holds mistakes that are natural for this very rule,
    by kind of fault: a dropped term, the derivative of a neighbouring function.
    """

    name: str
    theme: str
    forward: Callable[..., Any]
    backward: Backward
    draw: Callable[[np.random.Generator], Arrays]
    wrong: Mapping[str, Backward] = field(default_factory=dict)

    def outputs(self, xs: Arrays) -> Arrays:
        """Return forward(*xs) as a tuple of arrays, whatever it returns."""
        return tuple(map(np.asarray, as_tuple(self.forward(*xs))))


def as_tuple(values: Any) -> tuple[Any, ...]:
    """Return several values as a tuple, and one value as a tuple of it."""
    return tuple(values) if isinstance(values, tuple | list) else (values,)


def as_float32(rule: BaseRule) -> BaseRule:
    """Return `rule` at the same points in single precision."""

    def draw(rng: np.random.Generator) -> Arrays:
        return tuple(x.astype(np.float32) if x.dtype.kind == "f" else x for x in rule.draw(rng))

    return replace(rule, name=f"{rule.name}[float32]", draw=draw)


# ---------------------------------------------------------------- short ways to state a rule


def rule(theme, name, forward, pull, *makers, **wrong):
    """One output: pull(g, y, *xs) returns all gradients, or the one gradient of one input."""
    pulls = {kind: _of_pull(one) for kind, one in wrong.items()}
    return BaseRule(name, theme, forward, _of_pull(pull), drawn(*makers), pulls)


def several(theme, name, forward, pull, *makers, **wrong):
    """Several outputs: pull(y_bars, ys, *xs)."""
    pulls = {kind: _of_pulls(one) for kind, one in wrong.items()}
    return BaseRule(name, theme, forward, _of_pulls(pull), drawn(*makers), pulls)


def unary(theme, name, forward, slope, maker, **wrong):
    """One input, elementwise: slope(x, y) is dy/dx; so are the slopes in `wrong`."""
    pulls = {kind: _of_slope(one) for kind, one in wrong.items()}
    return rule(theme, name, forward, _of_slope(slope), maker, **pulls)


def broadcast(theme, name, forward, slopes, *makers, **wrong):
    """Several inputs that broadcast: slopes(y, *xs) gives dy/dx for each, before summing."""
    pulls = {kind: _of_slopes(one) for kind, one in wrong.items()}
    return rule(theme, name, forward, _of_slopes(slopes), *makers, **pulls)


def _of_pull(pull):
    return lambda y_bars, xs, ys: pull(y_bars[0], ys[0], *xs)


def _of_pulls(pull):
    return lambda y_bars, xs, ys: pull(y_bars, ys, *xs)


def _of_slope(slope):
    return lambda g, y, x: g * slope(x, y)


def _of_slopes(slopes):
    return lambda g, y, *xs: tuple(
        unbroadcast(g * slope, x.shape) for slope, x in zip(slopes(y, *xs), xs, strict=True)
    )


def unbroadcast(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum a gradient back to the shape that was broadcast from; always new memory."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return np.array(g.sum(axis=axes, keepdims=True)).reshape(shape)


# ---------------------------------------------------------------- points


def drawn(*makers: Maker) -> Callable[[np.random.Generator], Arrays]:
    """Return the function that draws all inputs one after the other."""
    return lambda rng: tuple(np.asarray(make(rng)) for make in makers)


def normal(*shape: int) -> Maker:
    return lambda rng: rng.normal(size=shape)


def between(low: float, high: float, *shape: int) -> Maker:
    return lambda rng: rng.uniform(low, high, size=shape)


def positive(*shape: int) -> Maker:
    return between(0.3, 3.0, *shape)


def away(margin: float, *shape: int) -> Maker:
    """Either sign, at least `margin` from zero."""
    return lambda rng: rng.choice([-1.0, 1.0], size=shape) * rng.uniform(margin, 2.0, size=shape)


def spaced(*shape: int) -> Maker:
    """Entries that no two of are close, so that the largest is clear."""
    count = int(np.prod(shape))

    def make(rng: np.random.Generator) -> np.ndarray:
        steps = rng.permutation(count) - count / 3
        return ((steps + rng.uniform(0.2, 0.5, size=count)) / 2).reshape(shape)

    return make


def square_matrix(n: int, *batch: int) -> Maker:
    """A well-conditioned matrix without symmetry."""
    return lambda rng: rng.normal(size=(*batch, n, n)) / 2 + 3 * np.eye(n)


def spd(n: int) -> Maker:
    """A symmetric positive definite matrix whose eigenvalues are apart."""

    def make(rng: np.random.Generator) -> np.ndarray:
        q = np.linalg.qr(rng.normal(size=(n, n)))[0]
        return (q * (np.arange(1, n + 1) + rng.uniform(0, 0.3, size=n))) @ q.T

    return make


def indices(high: int, *shape: int) -> Maker:
    return lambda rng: rng.integers(0, high, size=shape)


def decades(low: float, high: float, *shape: int) -> Maker:
    """Either sign, sizes spread evenly over the decades from 10**low to 10**high."""
    return lambda rng: rng.choice([-1.0, 1.0], size=shape) * 10 ** rng.uniform(low, high, shape)
