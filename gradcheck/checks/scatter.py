"""How far an answer scatters where all that it comes from moves by a few roundings.

A right rule at a badly conditioned point is off by many roundings, and no more digits may be had:
LAPACK knows no longdouble, and torch none at all.  What moves as much with the last digits of its
arguments cannot be known better; a mistake does not move with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gradcheck.inputs import laid_out_like
from gradcheck.judge import DECIDABLE
from gradcheck.numeric import BEYOND_DOMAIN
from gradcheck.vocabulary import Arrays, Evidence, Subject

DRAWS, QUANTILE = 9, 7.12  # Student's, two-sided 1e-4, for the 8 degrees of freedom that leaves
ROUNDINGS = 4  # eps: how far each number moves at most, about what a backward stable rule loses

Answer = Callable[[Subject, Arrays], float]


def with_scatter(found: Evidence, answer: Answer, subject: Subject, y_bars: Arrays) -> Evidence:
    """Return `found` with what `answer` scatters by as its noise, unless a thousandth is exceeded.

    A difference beyond that is no rounding, and is not asked about.
    """
    most = DECIDABLE * max(abs(found.estimate.value), found.norm)
    if abs(found.analytic - found.estimate.value) > most + found.estimate.error:
        return found
    noise = scatter(answer, subject, y_bars)
    return replace(found, noise=max(noise, found.noise)) if noise <= most else found


def scatter(answer: Answer, subject: Subject, y_bars: Arrays) -> float:
    """Return a bound on what `answer` may be off by at a point, seen in those around it.

    Zero where it is not the same when it is asked again: what is wrong now and then scatters, too.
    """
    # Of its own and the same each time: this is a second look, and no choice of the run's.
    rng = np.random.default_rng(DRAWS)
    values = [_settled(answer, *_neighbour(subject, y_bars, rng)) for _ in range(DRAWS)]
    return QUANTILE * float(np.std(values, ddof=1)) if np.isfinite(values).all() else 0.0


def _settled(answer: Answer, subject: Subject, y_bars: Arrays) -> float:
    """The answer if it is the same twice, else NaN; so too beyond the rule's domain."""
    try:
        first, second = answer(subject, y_bars), answer(subject, y_bars)
    except BEYOND_DOMAIN:
        return np.nan
    return first if first == second else np.nan


def _neighbour(
    subject: Subject, y_bars: Arrays, rng: np.random.Generator
) -> tuple[Subject, Arrays]:
    held = subject.held or (None,) * len(subject.xs)
    pairs = zip(subject.xs, held, strict=True)
    xs = tuple(_shaken(x, rng, still) for x, still in pairs)
    return replace(subject, xs=xs), tuple(_shaken(y_bar, rng) for y_bar in y_bars)


def _shaken(
    array: np.ndarray, rng: np.random.Generator, still: np.ndarray | None = None
) -> np.ndarray:
    if array.dtype.kind not in "fc":
        return array
    parts = np.ascontiguousarray(array).reshape(-1).view(array.real.dtype)
    reach = ROUNDINGS * float(np.finfo(array.dtype).eps)
    factors = 1 + reach * rng.uniform(-1.0, 1.0, parts.shape)
    moved = (parts * factors).astype(parts.dtype).view(array.dtype).reshape(array.shape)
    return laid_out_like(moved if still is None else np.where(still, array, moved), array)
