"""What a generator's `distribution` can be: one draw a name, in float64.

A draw is `draw(generator, rng) -> array` of the generator's shape; `@distribution` says which
parameters it reads, what must hold of them, and how it becomes complex.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.registry import Registry
from gradcheck.vocabulary import Generator

Array = np.ndarray[Any, np.dtype[Any]]
Draw = Callable[[Generator, np.random.Generator], Array]
Turn = Callable[[Array, Generator, np.random.Generator, Draw], Array]
Rule = Callable[[Generator], str]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A way to draw numbers.

    `parameters` are the generator's keys that it reads, `rules` return what is wrong with them (or
    ""), `turn` makes the real draw complex, `integer` says that its numbers are integers, `whole`
    that they are or may be.
    """

    draw: Draw
    parameters: tuple[str, ...]
    rules: tuple[Rule, ...]
    turn: Turn
    integer: bool
    whole: bool


distributions: Registry[Distribution] = Registry("distribution", "gradcheck.inputs")

ELEMENTWISE = ("domain", "avoid", "margin")
"""Keys that redraw single entries; they mean nothing where entries depend on each other."""


def mistakes(generator: Generator) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with `generator` as (key, sentence); its distribution is known."""
    kind = distributions[generator.distribution]
    for key in ("low", "high", "scale", *ELEMENTWISE):
        if key not in kind.parameters and getattr(generator, key) not in (None, ()):
            takes = ", ".join(("shape", *kind.parameters))
            yield key, f"the distribution {generator.distribution} takes {takes}; not {key!r}"
    yield from (("distribution", said) for rule in kind.rules if (said := rule(generator)))


# ---------------------------------------------------------------- what must hold of parameters


def ordered(low: float, high: float) -> Rule:
    """Return the rule that low < high, with the distribution's defaults."""

    def rule(g: Generator) -> str:
        a, b = _bounds(g, low, high)
        finite = math.isfinite(a) and math.isfinite(b)
        return "" if finite and a < b else f"'low' must be below 'high'; found {a:g} and {b:g}"

    return rule


def some_between(g: Generator) -> str:
    """Integers are at or above low, and below high."""
    low, high = _bounds(g, 0.0, 10.0)
    ordered = -math.inf < low < high < math.inf
    empty = ordered and math.ceil(low) == math.ceil(high)
    return f"no integer is in ['low', 'high'); found {low:g} and {high:g}" if empty else ""


def above_zero(g: Generator) -> str:
    return f"'low' must be above 0; found {g.low:g}" if g.low is not None and g.low <= 0 else ""


def positive_scale(g: Generator) -> str:
    fine = g.scale is None or (g.scale > 0 and math.isfinite(g.scale))
    return "" if fine else f"'scale' must be above 0; found {g.scale:g}"


def a_vector(g: Generator) -> str:
    return "" if g.shape else f"{g.distribution} needs a shape of one axis or more; found []"


def with_classes(g: Generator) -> str:
    empty = bool(g.shape) and g.shape[-1] == 0 and math.prod(g.shape[:-1]) > 0
    return f"one_hot needs at least one class; found shape {list(g.shape)}" if empty else ""


def a_matrix(g: Generator) -> str:
    fine = len(g.shape) >= 2
    return "" if fine else f"{g.distribution} needs two axes or more; found {list(g.shape)}"


def square(g: Generator) -> str:
    fine = len(g.shape) < 2 or g.shape[-1] == g.shape[-2]
    return "" if fine else f"{g.distribution} needs a square shape; found {list(g.shape)}"


def inside_domain(g: Generator) -> str:
    lo, hi = limits(g)
    return "" if lo < hi else f"'domain' must be [low, high] with low below high; found {lo}, {hi}"


# ---------------------------------------------------------------- how a real draw becomes complex


def independent(values: Array, g: Generator, rng: np.random.Generator, draw: Draw) -> Array:
    """Return the draw with an imaginary part of its own."""
    return values + 1j * draw(g, rng)


def phases(values: Array, g: Generator, rng: np.random.Generator, draw: Draw) -> Array:
    """Return D A D^H with a random diagonal of phases: Hermitian stays so, orthonormal too."""
    rows, columns = values.shape[-2:]
    turn = np.exp(2j * np.pi * rng.uniform(size=max(rows, columns)))
    return np.asarray(turn[:rows, None] * values * turn[:columns].conj())


def real(values: Array, g: Generator, rng: np.random.Generator, draw: Draw) -> Array:
    return values


# ---------------------------------------------------------------- the distributions


def distribution(
    *parameters: str,
    rules: tuple[Rule, ...] = (),
    turn: Turn = real,
    integer: bool = False,
    whole: bool = False,
) -> Callable[[Draw], Draw]:
    """Return a decorator that enters a draw under its function's name."""
    if "domain" in parameters:
        rules = (*rules, inside_domain)

    def enter(draw: Draw) -> Draw:
        entry = Distribution(draw, parameters, rules, turn, integer, integer or whole)
        distributions.register(draw.__name__)(entry)
        return draw

    return enter


@distribution("scale", *ELEMENTWISE, rules=(positive_scale,), turn=independent)
def normal(g: Generator, rng: np.random.Generator) -> Array:
    """Normal numbers around zero with standard deviation `scale` (1)."""
    return _scale(g) * rng.standard_normal(g.shape)


@distribution("low", "high", *ELEMENTWISE, rules=(ordered(0.0, 1.0),), turn=independent)
def uniform(g: Generator, rng: np.random.Generator) -> Array:
    """Uniform in [low, high), by default [0, 1)."""
    return np.asarray(rng.uniform(*_bounds(g, 0.0, 1.0), g.shape))


@distribution("low", "high", *ELEMENTWISE, rules=(above_zero, ordered(1e-3, 1e3)))
def log_uniform(g: Generator, rng: np.random.Generator) -> Array:
    """Logarithms uniform between those of low and high, by default 1e-3 and 1e3."""
    low, high = _bounds(g, 1e-3, 1e3)
    return np.exp(rng.uniform(math.log(low), math.log(high), g.shape))


@distribution("scale", *ELEMENTWISE, rules=(positive_scale,))
def positive(g: Generator, rng: np.random.Generator) -> Array:
    """Positive numbers around `scale` (1): nine in ten between 0.44 and 2.3 times that."""
    return _scale(g) * np.exp(0.5 * rng.standard_normal(g.shape))


@distribution("low", "high", rules=(ordered(0.0, 10.0), some_between), integer=True)
def integers(g: Generator, rng: np.random.Generator) -> Array:
    """Integers in [low, high), by default [0, 10)."""
    low, high = _bounds(g, 0.0, 10.0)
    return np.asarray(rng.integers(math.ceil(low), math.ceil(high), g.shape))


@distribution(rules=(a_vector, with_classes), whole=True)
def one_hot(g: Generator, rng: np.random.Generator) -> Array:
    """Rows of zeros with a single one along the last axis."""
    classes = rng.integers(0, max(g.shape[-1], 1), g.shape[:-1])
    return np.asarray(np.arange(g.shape[-1]) == classes[..., None], dtype=np.float64)


@distribution("low", "high", rules=(ordered(0.0, 1.0),), whole=True)
def linspace(g: Generator, rng: np.random.Generator) -> Array:
    """Equally spaced from low (0) to high (1), both included, in C order."""
    return np.linspace(*_bounds(g, 0.0, 1.0), math.prod(g.shape)).reshape(g.shape)


@distribution(rules=(a_vector,), integer=True)
def permutation(g: Generator, rng: np.random.Generator) -> Array:
    """A permutation of 0, 1, ... along the last axis, each row its own."""
    rows = np.broadcast_to(np.arange(g.shape[-1]), g.shape)
    return rng.permuted(rows, axis=-1)


@distribution("scale", rules=(a_matrix, square, positive_scale), turn=phases)
def spd(g: Generator, rng: np.random.Generator) -> Array:
    """Symmetric positive definite matrices, eigenvalues between `scale` and about 5 `scale`."""
    a = rng.standard_normal(g.shape)
    product = a @ a.mT / max(g.shape[-1], 1)
    return _scale(g) * ((product + product.mT) / 2 + np.eye(g.shape[-1]))


@distribution("scale", rules=(a_matrix, positive_scale), turn=phases)
def orthogonal(g: Generator, rng: np.random.Generator) -> Array:
    """`scale` times matrices of orthonormal columns, or rows where there are more columns."""
    wide = g.shape[-1] > g.shape[-2]
    a = rng.standard_normal(g.shape)
    q, r = np.linalg.qr(a.mT if wide else a)
    # the signs of r's diagonal make the distribution uniform and the result LAPACK's no more
    q = q * np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1.0, 1.0)[..., None, :]
    return _scale(g) * (q.mT if wide else q)


def limits(g: Generator) -> tuple[float, float]:
    """Return the domain of `g`, infinite where it is open."""
    lo, hi = g.domain or (None, None)
    return (-math.inf if lo is None else lo), (math.inf if hi is None else hi)


def _bounds(g: Generator, low: float, high: float) -> tuple[float, float]:
    return (low if g.low is None else g.low), (high if g.high is None else g.high)


def _scale(g: Generator) -> float:
    return 1.0 if g.scale is None else g.scale
