"""A rule leaves its arguments alone, answers the same twice, and lends nobody its arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_vjp
from gradcheck.checks.bits import same_bits
from gradcheck.checks.projection import (
    draw_cotangents,
    draw_tangents,
    filled,
    is_defined,
    movable_inputs,
    moved_by,
)
from gradcheck.vocabulary import Arrays, Case, Fact, Subject

ELSEWHERE = 2.0**-5  # along a direction: another point, most likely in the same domain
ZERO_ROUNDING = 1e3  # eps of the gradients: what is left of one that is zero


def check_purity(subject: Subject, case: Case, rng: np.random.Generator) -> Iterator[Fact]:
    """Yield whether inputs and cotangents survive, calls repeat, and gradients stand alone."""
    if subject.vjp is None:
        return
    kept_xs = _copies(subject.xs)  # before anything runs: a forward may write, too
    y_bars = draw_cotangents(subject, rng)
    before = [*kept_xs, *_copies(y_bars)]
    first_ys = _copies(subject.primal(*subject.xs))
    first = subject.vjp(subject.xs, y_bars)
    kept = _copies(first)
    labels = [*subject.names, *_output_labels(y_bars)]
    for label, array, copy in zip(labels, (*subject.xs, *y_bars), before, strict=True):
        yield _unchanged(label, array, copy)
    second_ys = subject.primal(*subject.xs)
    second = subject.vjp(subject.xs, y_bars)
    yield _repeats("the forward", first_ys, second_ys)
    yield _repeats("the gradient", kept, second)
    yield _repeats("a gradient read earlier", kept, first, "keeps its bits in a later call")
    yield from _lent(subject, y_bars, first, second)
    yield from _outputs_left_alone(subject, y_bars)
    yield from _recorded(subject, second_ys)
    yield from _alone(subject, y_bars, second)
    yield from _outputs_kept(subject, rng)


def _output_labels(y_bars: Arrays) -> list[str]:
    return [f"the cotangent of output {i}" for i in range(len(y_bars))]


def _copies(arrays: Iterable[np.ndarray | None]) -> list[np.ndarray | None]:
    return [None if a is None else a.copy() for a in arrays]


def _unchanged(label: str, array: np.ndarray, copy: np.ndarray | None) -> Fact:
    claim = f"{label} is not written to"
    return Fact.either(claim, same_bits(array, copy), "the array as it was", "other values in it")


def _repeats(
    what: str,
    first: Sequence[np.ndarray | None],
    second: Sequence[np.ndarray | None],
    claim: str = "is the same at a second call",
) -> Fact:
    holds = len(first) == len(second) and all(map(same_bits, first, second))
    return Fact.either(f"{what} {claim}", holds, "the same bits", _difference(first, second))


def _difference(first: Sequence[np.ndarray | None], second: Sequence[np.ndarray | None]) -> str:
    for i, (a, b) in enumerate(zip(first, second, strict=False)):
        if a is not None and b is not None and a.shape == b.shape and not same_bits(a, b):
            return f"{np.count_nonzero(a != b)} of {a.size} entries differ in array {i}"
    return "arrays of another kind"


def _outputs_left_alone(subject: Subject, y_bars: Arrays) -> Iterator[Fact]:
    """Whether a rule that is given the outputs neither writes into them nor returns them."""
    if subject.rule is None:
        return
    ys = subject.primal(*subject.xs)
    before = _copies(ys)
    found = subject.rule(y_bars, subject.xs, ys)
    for k, (y, copy) in enumerate(zip(ys, before, strict=True)):
        yield _unchanged(f"output {k}", y, copy)
        if any(g is not None and g.size and _share(g, y) for g in found):
            claim = "gradients are held by nobody else"
            yield Fact(claim, False, "memory of its own", f"that of output {k}: return a copy")


def _lent(
    subject: Subject,
    y_bars: Arrays,
    first: Sequence[np.ndarray | None],
    second: Sequence[np.ndarray | None],
) -> Iterator[Fact]:
    """Whether a gradient is memory that somebody else holds: an argument, or another gradient."""
    given = [*zip(subject.names, subject.xs, strict=True)]
    given += [*zip(_output_labels(y_bars), y_bars, strict=True)]
    returned = [
        (f"the gradient of {n}", g)
        for n, g, due in zip(subject.names, first, subject.differentiable, strict=False)
        if g is not None and due
    ]
    later = [
        (f"the gradient of {n} at a later call", g)
        for n, g in zip(subject.names, second, strict=False)
        if g is not None
    ]
    pairs = [(r, g) for r in returned for g in [*given, *later]] + [*combinations(returned, 2)]
    for (name, gradient), (other, array) in pairs:
        if _share(gradient, array):
            claim = f"{name} is held by nobody else"
            yield Fact(claim, False, "memory of its own", f"that of {other}: return a copy")
            return
    yield Fact("gradients are held by nobody else", True)


def _recorded(subject: Subject, ys: Arrays) -> Iterator[Fact]:
    """Whether the values that come with a pass back are those of the function alone.

    A custom rule of jax computes them by itself: one of another function is right in each part.
    """
    if subject.recorded is None:
        return
    floating = [y for y in ys if y.dtype.kind in "fc"]
    for k, (y, beside) in enumerate(zip(floating, subject.recorded(*subject.xs), strict=True)):
        claim = f"output {k} is the same where it is differentiated"
        off = f"other values, by up to {_furthest(y, beside):.3g}"
        yield Fact.either(claim, _is_same(y, beside), "the function's values", off)


def _alone(subject: Subject, y_bars: Arrays, found: Sequence[np.ndarray | None]) -> Iterator[Fact]:
    """Whether each gradient is the same where it is the only one that is asked for.

    torch tells a backward pass which are (`ctx.needs_input_grad`), and layers are frozen.
    """
    due = movable_inputs(subject)
    if subject.alone is None or len(due) < 2:
        return
    whole = [np.asarray(g) for g in filled(subject, found)]
    largest = max(_size(whole[i]) for i in due)
    for i in due:
        only = np.asarray(filled(subject, subject.alone(i)(subject.xs, y_bars))[i])
        claim = f"the gradient of {subject.names[i]} is the same where it alone is asked for"
        off = f"another, off by up to {_furthest(whole[i], only):.3g}"
        yield Fact.either(claim, _is_same(whole[i], only, largest), "the same gradient", off)


def _outputs_kept(subject: Subject, rng: np.random.Generator) -> Iterator[Fact]:
    """Whether outputs survive a call at another point: one buffer for all of them does not."""
    due = movable_inputs(subject)
    other = moved_by(subject, draw_tangents(subject, due, rng), ELSEWHERE)
    if not due or not is_defined(other):
        return
    ys = subject.primal(*subject.xs)
    before = _copies(ys)
    subject.primal(*other.xs)
    claim = "keeps its values when the function is called at another point"
    yield _repeats("an output", before, ys, claim)


def _is_same(y: np.ndarray, other: np.ndarray, around: float = 0.0) -> bool:
    """Whether two ways to compute an array agree in half of its digits.

    around: the size of what it comes from, whose rounding is all that a zero has.
    """
    if y.shape != other.shape:
        return False
    eps = float(np.finfo(y.dtype).eps)
    limit = eps**0.5 * _size(y) + ZERO_ROUNDING * eps * around
    return np.allclose(y, other, rtol=0, atol=limit, equal_nan=True)


def _size(array: np.ndarray) -> float:
    return float(np.max(np.abs(array), initial=0, where=np.isfinite(array)))


def _furthest(y: np.ndarray, other: np.ndarray) -> float:
    if y.shape != other.shape:
        return np.inf
    with np.errstate(invalid="ignore"):
        return float(np.max(np.abs(y - other), initial=0))


def _share(a: np.ndarray, b: np.ndarray) -> bool:
    # Bounds first: the exact question can take very long for odd strides, and is rarely open.
    return np.may_share_memory(a, b) and np.shares_memory(a, b)


CHECKS.register("purity")(
    Check(check_purity, rank=50, applies=is_function, lacks=needs_vjp, after=("structure",))
)
