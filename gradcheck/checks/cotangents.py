"""Cotangents that a rule may treat differently, though J^T y_bar is linear in y_bar.

A rule that clips, takes absolute values, skips zeros or assumes ones is right for many cotangents.
The screen is exact up to rounding and needs no numerical derivative: the gradients of s and y_bar
must add up to that of s + y_bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradcheck.checks.projection import Gradients, gradients, widened
from gradcheck.inputs import scattered
from gradcheck.vocabulary import Arrays, Subject

# Beyond this many roundings, sums disagree; what disagrees is then measured, not condemned.
SUSPICIOUS = 1e3


def suspicious(
    subject: Subject, y_bars: Arrays, found: Gradients, rng: np.random.Generator
) -> Iterator[tuple[str, Arrays, Gradients]]:
    """Yield, with its name, each cotangent whose gradient does not add up with that of y_bar.

    Its gradient comes with it: a rule that is wrong in some calls would be right in the next one.
    `found` are the gradients of `y_bars`, which have no zeros: neither have the sums.  (Two masks
    that complete each other would not do: what is wrong with both can cancel.)
    """
    for name, special in _specials(y_bars, rng):
        both = tuple(_plus(y, s) for y, s in zip(y_bars, special, strict=True))
        alone, together = gradients(subject, special), gradients(subject, both)
        if not _add_up(subject, [alone, found], together):
            yield name, special, alone
            yield f"{name} beside a random one", both, together
    scattered_bars = tuple(map(scattered, y_bars))
    elsewhere = _gradients_or_none(subject, scattered_bars)
    if elsewhere is not None and not _add_up(subject, [elsewhere], found):
        yield "that is not contiguous in memory", scattered_bars, elsewhere
    for name, exponent in (("large", 1), ("small", -1)):
        factor = 2.0 ** (exponent * _reach(y_bars))
        scaled = tuple(_times(y, factor) for y in y_bars)
        large = gradients(subject, scaled)
        back = [_times(np.asarray(g), 1 / factor) for g in large]
        if not _add_up(subject, [back], found):
            yield name, scaled, large


def _gradients_or_none(subject: Subject, y_bars: Arrays) -> Gradients | None:
    """Return the rule's gradients; None where it refuses such cotangents: that is loud enough."""
    try:
        return gradients(subject, y_bars)
    except Exception:
        return None


def _specials(y_bars: Arrays, rng: np.random.Generator) -> Iterator[tuple[str, Arrays]]:
    sizes = tuple(np.asarray(np.abs(y), y.dtype) for y in y_bars)
    yield "of zeros", tuple(np.zeros_like(y) for y in y_bars)
    # Not the whole size: where the signs differ, the sum with y_bar would be zero.
    yield "that is positive", tuple(_times(size, 0.75) for size in sizes)
    yield "that is negative", tuple(_times(size, -0.75) for size in sizes)
    yield "of ones", tuple(np.ones_like(y) if _is_floating(y) else y for y in y_bars)
    if sum(y.size for y in y_bars) > 1:
        yield "with zeros", tuple(y * _mask(y, rng) for y in y_bars)
        yield "that is one-hot", _one_hot(y_bars, rng)


def _is_floating(array: np.ndarray) -> bool:
    return array.dtype.kind in "fc"


def _plus(y: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(y + other) if _is_floating(y) else y


def _mask(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.integers(0, 2, y.shape)).astype(y.dtype)


def _one_hot(y_bars: Arrays, rng: np.random.Generator) -> Arrays:
    sizes = [y.size for y in y_bars]
    chosen = int(rng.integers(sum(sizes)))
    starts = np.cumsum([0, *sizes[:-1]])
    return tuple(_only(y, chosen - int(start)) for y, start in zip(y_bars, starts, strict=True))


def _only(y: np.ndarray, entry: int) -> np.ndarray:
    alone = np.zeros_like(y)
    if 0 <= entry < y.size:
        alone.flat[entry] = y.flat[entry]
    return alone


def _reach(y_bars: Arrays) -> int:
    """The power of two by which cotangents may grow or shrink in the coarsest of their dtypes."""
    coarsest = min((np.finfo(y.dtype).maxexp for y in y_bars if _is_floating(y)), default=1024)
    return {16: 4, 128: 20}.get(int(coarsest), 40)


def _times(array: np.ndarray, factor: float) -> np.ndarray:
    if not _is_floating(array):
        return array
    return np.asarray(array * array.dtype.type(factor))


def _add_up(subject: Subject, parts: Sequence[Gradients], whole: Gradients) -> bool:
    """Whether the gradients in `parts` add up to `whole`, input by input, to rounding."""
    return all(
        _is_sum([np.asarray(part[i]) for part in parts], np.asarray(whole[i]))
        for i, due in enumerate(subject.differentiable)
        if due and subject.xs[i].size
    )


def _is_sum(parts: Sequence[np.ndarray], whole: np.ndarray) -> bool:
    eps = float(np.finfo(whole.dtype).eps)
    with np.errstate(over="ignore", invalid="ignore"):
        size = sum(np.abs(widened(part)) for part in parts) + np.abs(widened(whole))
        # An entry may be what remains of much larger ones, whose rounding it then carries.
        typical = np.sqrt(np.mean(np.square(size)))
        difference = np.abs(sum(widened(part) for part in parts) - widened(whole))
        # NaN is not within anything.
        return bool(np.all(difference <= SUSPICIOUS * eps * (size + typical)))
