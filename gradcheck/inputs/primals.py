"""A case's inputs as arrays: literals as they stand, generators drawn from derived seeds."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import numpy as np

from gradcheck.inputs.distributions import distributions, limits
from gradcheck.inputs.layouts import LAYOUTS, laid_out_like
from gradcheck.vocabulary import Case, Generator, Input

Array = np.ndarray[Any, np.dtype[Any]]

LIMIT = 2**30
"""Bytes that the inputs of one case may take."""

MARGIN = 0.1
"""How far a draw keeps from the numbers in `avoid`, where `margin` does not say."""

RESERVED = frozenset({"dtype", "layout"})
"""`$` names that change how a point is stored, never which point it is."""

ROUNDS = 100
"""Redraws before a generator is given up whose entries keep falling outside of its domain."""


class InputTooLarge(ValueError):
    """The inputs of a case would take more memory than allowed."""


def make(case: Case, seed: int, *, limit: int = LIMIT) -> dict[str, Array]:
    """Return the inputs of `case` by name, for the run's `seed`.

    A generator's seed derives from the run's seed, the slug, the input's name and the `$` values
    other than dtype and layout: the point is the same alone, moved, on any worker and engine, and
    float32 sees float64's point rounded.  Raises InputTooLarge above `limit` bytes, ValueError
    where numbers do not fit the dtype or the domain cannot be met.
    """
    if (needed := nbytes(case)) > limit:
        raise InputTooLarge(
            f"the inputs take {needed:,} bytes, more than the {limit:,} allowed: "
            + "; ".join(f"{name} {_shape_of(x)} {x.dtype}" for name, x in case.inputs.items())
        )
    return {name: _array(x, _rng(case, name, x, seed)) for name, x in case.inputs.items()}


def nbytes(case: Case) -> int:
    """Return the bytes of the inputs of `case`, found without making them."""
    return sum(nbytes_of(x) for x in case.inputs.values())


def literal(data: Any, dtype: str) -> Array:
    """Return nested lists of numbers as an array of `dtype`, or raise ValueError saying why not."""
    kind = np.dtype(dtype).kind
    try:
        # integers first as they are: float64 would round those above 2**53
        exact = np.array(data, dtype=None if kind in "iub" else _widest(kind))
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"not an array of numbers: {error}") from error
    if exact.dtype == object:
        raise ValueError(f"a number that does not fit {dtype}")
    return _cast(exact, dtype)


def _widest(kind: str) -> type:
    return np.clongdouble if kind == "c" else np.longdouble


def _cast(values: Array, dtype: str) -> Array:
    """Return `values` in `dtype`; numbers that it cannot hold raise instead of turning strange."""
    with np.errstate(over="ignore", invalid="ignore"):
        cast = values.astype(dtype)
    exact = cast.dtype.kind in "iub"
    lost = cast != values if exact else np.isfinite(values) & ~np.isfinite(cast)
    if np.any(lost):
        raise ValueError(f"{values[lost].flat[0]} does not fit {dtype}")
    return cast


def _array(declared: Input, rng: np.random.Generator) -> Array:
    if declared.generator is None:
        values = literal(declared.data, declared.dtype)
        if isinstance(declared.data, np.ndarray) and declared.layout == "contiguous":
            return laid_out_like(values, declared.data)  # a caller's array, as it lies in memory
    else:
        values = _cast(_draw(declared.generator, declared.dtype, rng), declared.dtype)
    return LAYOUTS[declared.layout](values)


def _rng(case: Case, name: str, declared: Input, seed: int) -> np.random.Generator:
    g = declared.generator
    if g is not None and g.seed is not None:
        return np.random.default_rng(g.seed)
    symbols = {key: value for key, value in case.symbols.items() if key not in RESERVED}
    text = json.dumps([seed, case.slug, name, symbols], sort_keys=True)
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()))


def _draw(g: Generator, dtype: str, rng: np.random.Generator) -> Array:
    kind = distributions[g.distribution]
    # NumPy's generators and arithmetic give scalars for the shape ()
    values = np.asarray(kind.draw(g, rng))
    if g.domain is not None or g.avoid:
        values = _redrawn(values, g, rng)
    if np.dtype(dtype).kind == "c":
        values = np.asarray(kind.turn(values, g, rng, kind.draw))
    return values


def _redrawn(values: Array, g: Generator, rng: np.random.Generator) -> Array:
    """Return `values` with the entries outside of the domain or near `avoid` drawn again."""
    draw = distributions[g.distribution].draw
    for _ in range(ROUNDS):
        bad = _unwanted(values, g)
        if not bad.any():
            return values
        values = np.where(bad, draw(g, rng), values)
    raise ValueError(
        f"no point after {ROUNDS} draws: {g.distribution} hardly ever falls inside of "
        f"domain {list(limits(g))} and away from {list(g.avoid)}"
    )


def _unwanted(values: Array, g: Generator) -> Array:
    lo, hi = limits(g)
    margin = MARGIN if g.margin is None else g.margin
    bad = ~((values > lo) & (values < hi))
    for point in g.avoid:
        bad |= np.abs(values - point) < margin
    return bad


# ---------------------------------------------------------------- size


def nbytes_of(declared: Input) -> int:
    """Return the bytes of one input, found without making it."""
    # zeros count as ones: NumPy refuses the shape [0, 2**62] like [1, 2**62]
    return math.prod(max(n, 1) for n in _shape_of(declared)) * np.dtype(declared.dtype).itemsize


def _shape_of(declared: Input) -> tuple[int, ...]:
    if declared.generator is not None:
        return declared.generator.shape
    return np.shape(declared.data)
