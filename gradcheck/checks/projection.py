"""One projected derivative: what a rule says of it beside the numerical derivative."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.errors import NothingToCompare
from gradcheck.inputs import cotangent, direction, laid_out_like, rebalanced
from gradcheck.numeric import (
    BEYOND_DOMAIN,
    FULL,
    Precision,
    directional_derivative,
    exact_sum,
    length,
)
from gradcheck.vocabulary import Arrays, Evidence, Subject

Gradients = Sequence["np.ndarray | None"]
Tangents = tuple["np.ndarray | None", ...]  # None for an input that does not move


TINY = math.ulp(0.0)  # in place of products that underflow: a lost gradient is not a zero one


# ---------------------------------------------------------------- what is drawn


def movable_inputs(subject: Subject) -> list[int]:
    """Return the positions of the inputs that are due a gradient and have entries to move."""
    pairs = enumerate(zip(subject.xs, subject.differentiable, strict=True))
    return [i for i, (x, due) in pairs if due and x.size and not _all_held(subject, i)]


def _all_held(subject: Subject, position: int) -> bool:
    held = _held(subject, position)
    return held is not None and bool(held.all())


def moves_of(subject: Subject) -> list[tuple[int, ...]]:
    """Return which inputs each projection moves: one after the other, and then all together."""
    movable = movable_inputs(subject)
    return [*((i,) for i in movable), tuple(movable)] if movable else []


def draw_cotangents(subject: Subject, rng: np.random.Generator) -> Arrays:
    """Return random signed cotangents, one for each output and in its dtype.

    NothingToCompare where no output is floating.
    """
    ys = subject.primal(*subject.xs)
    if not any(y.dtype.kind in "fc" for y in ys):
        kinds = ", ".join(str(y.dtype) for y in ys) or "none"
        raise NothingToCompare(f"the outputs are {kinds}, not floating")
    return tuple(_cotangent(y, rng) for y in ys)


def _cotangent(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if y.dtype.kind not in "fc":
        return np.zeros(y.shape, y.dtype)
    return cotangent(y, rng).astype(y.dtype)


def draw_tangents(
    subject: Subject,
    moving: Collection[int],
    rng: np.random.Generator,
    balance: Gradients | None = None,
) -> Tangents:
    """Return a direction for each input in `moving`, balanced by gradients if there are any."""
    return tuple(
        _direction(subject, i, rng, balance) if i in moving else None
        for i in range(len(subject.xs))
    )


def _direction(
    subject: Subject, position: int, rng: np.random.Generator, balance: Gradients | None
) -> np.ndarray:
    x = subject.xs[position]
    if balance is None:
        drawn = direction(x, rng)
    else:
        # Entries of small gradient are moved further, so that their faults are seen too.
        drawn = rebalanced(x, np.asarray(balance[position]), rng)
    held = _held(subject, position)
    return drawn if held is None else np.asarray(np.where(held, 0.0, drawn))


def _held(subject: Subject, position: int) -> np.ndarray | None:
    return subject.held[position] if subject.held else None


def moved_by(subject: Subject, tangents: Tangents, t: float) -> Subject:
    """Return `subject` at x + t u, in each input's own dtype and layout."""
    pairs = zip(subject.xs, tangents, strict=True)
    return replace(subject, xs=tuple(x if u is None else _moved(x, u, t) for x, u in pairs))


def _moved(x: np.ndarray, u: np.ndarray, t: float) -> np.ndarray:
    return laid_out_like(np.asarray(widened(x) + t * u).astype(x.dtype, copy=False), x)


def is_defined(subject: Subject) -> bool:
    """Whether the function is finite at its subject's point, and does not raise there."""
    try:
        return all(bool(np.isfinite(y).all()) for y in subject.primal(*subject.xs))
    except BEYOND_DOMAIN:
        return False


# ---------------------------------------------------------------- what a rule says


def gradients(subject: Subject, y_bars: Arrays) -> Gradients:
    """Return the rule's gradients, filled."""
    assert subject.vjp is not None
    return filled(subject, subject.vjp(subject.xs, y_bars))


def filled(subject: Subject, found: Gradients) -> Gradients:
    """Return gradients with zeros in the input's shape for each None."""
    return [np.zeros_like(x) if g is None else g for x, g in zip(subject.xs, found, strict=True)]


def products(lefts: Gradients, rights: Gradients) -> np.ndarray:
    """Return the terms Re conj(a) b of an inner product in double precision, flat.

    Where one side is None, or b is zero, there is no term: what does not move has no part in a
    projection, whatever its gradient, and 0 times NaN would be NaN.
    """
    pairs = zip(lefts, rights, strict=True)
    terms = [_terms(a, b) for a, b in pairs if a is not None and b is not None]
    return terms[0] if len(terms) == 1 else np.concatenate([np.empty(0), *terms])


def _terms(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    there = b != 0
    if not there.all():
        a, b = a[there], b[there]
    left, right = widened(np.ravel(a)), widened(np.ravel(b))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        product = (left.conj() if left.dtype.kind == "c" else left) * right
        product = np.asarray(np.real(product), dtype=np.float64)
        if np.abs(product).max(initial=0.0) < TINY and np.any(left):
            product[(product == 0) & _meet(left, right)] = TINY
    return product


def _meet(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Where a product is zero by underflow alone: of complex numbers the parts may not meet."""
    real = (left.real != 0) & (right.real != 0)
    return np.asarray(real | ((left.imag != 0) & (right.imag != 0)))


# ---------------------------------------------------------------- both together


def of_gradients(
    subject: Subject,
    y_bars: Arrays,
    found: Gradients,
    tangents: Tangents,
    *,
    trusted: bool = True,
    precision: Precision = FULL,
) -> Evidence:
    """Return <J^T y_bar, x_dot> of the rule beside the numerical derivative."""
    terms = products(found, tangents)
    return evidence(subject, y_bars, tangents, terms, trusted=trusted, precision=precision)


def evidence(
    subject: Subject,
    y_bars: Arrays,
    tangents: Tangents,
    terms: np.ndarray,
    *,
    trusted: bool = True,
    least: float = 0.0,
    precision: Precision = FULL,
) -> Evidence:
    """Return the sum of `terms` beside the derivative of <y_bar, f(x + t x_dot)>.

    The size of the terms, `least` or more, tells the search when to stop, if it is `trusted`;
    `precision` may let it stop sooner.
    """
    norm, median = sizes(terms)
    norm = max(norm, least)
    eps = rule_eps(subject, y_bars)
    estimate = directional_derivative(
        subject.primal,
        tuple(map(widened, subject.xs)),
        tangents,
        tuple(map(widened, y_bars)),
        scale=norm if trusted and math.isfinite(norm) else 0.0,
        budget=subject.budget,
        batched=subject.batched_primal,
        # The rule's own rounding decides before such a bound does.
        precision=replace(precision, useful=eps),
    )
    return Evidence(
        quantity="<y_bar, J x_dot>",
        inputs=moved(subject, tangents),
        analytic=total(terms),
        estimate=estimate,
        norm=norm,
        median=median,
        direction_norm=length_of(tangents),
        eps=eps,
        output=estimate.output,
        lost=underflow(subject.xs, tangents) + underflow(y_bars, y_bars),
    )


def total(terms: np.ndarray) -> float:
    """Return the sum but for one rounding; NaN and infinity where the terms have them."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(exact_sum(terms))
        return found if math.isfinite(found) else float(terms.sum())


def size_of(terms: np.ndarray) -> float:
    """Return the sum of their sizes, infinite where it overflows."""
    with np.errstate(over="ignore"):
        return float(np.abs(terms).sum())


def sizes(terms: np.ndarray) -> tuple[float, float]:
    """Return ||terms||_2 and their median size.

    The median is over terms that are not zero: a relative fault in zero means nothing.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        nonzero = np.abs(terms[terms != 0])
        if nonzero.size < 2:  # scalars, most often: the median of one is itself
            one = float(nonzero[0]) if nonzero.size else 0.0
            return one, one
        return length(nonzero), float(np.median(nonzero))


def moved(subject: Subject, tangents: Tangents) -> tuple[str, ...]:
    """Return the names of the inputs that a projection moves."""
    return tuple(n for n, u in zip(subject.names, tangents, strict=True) if u is not None)


def length_of(tangents: Tangents) -> float:
    """Return ||u||_2 over all inputs that move."""
    return math.hypot(*(length(u) for u in tangents if u is not None))


def widened(array: np.ndarray) -> np.ndarray:
    """Return a float16 or float32 array in double precision: the formula is checked there."""
    if array.dtype.kind == "f":
        return array.astype(np.result_type(array.dtype, np.float64), copy=False)
    if array.dtype.kind == "c":
        return array.astype(np.result_type(array.dtype, np.complex128), copy=False)
    return array


def rule_eps(subject: Subject, y_bars: Arrays) -> float:
    """Return the machine epsilon of the coarsest arithmetic that the rule is given."""
    floating = [a.dtype for a in (*subject.xs, *y_bars) if a.dtype.kind in "fc"]
    return max(float(np.finfo(dtype).eps) for dtype in floating)


def underflow(arrays: Arrays, weights: Tangents) -> float:
    """What derivatives may lose that are as small as the smallest numbers of their dtypes."""
    return 16 * sum(
        float(np.finfo(a.dtype).smallest_subnormal) * float(np.abs(w).max(initial=0)) * w.size
        for a, w in zip(arrays, weights, strict=True)
        if w is not None and a.dtype.kind in "fc"
    )


def output_size(subject: Subject, y_bars: Arrays) -> float:
    """||y_bar * f(x)||_2, the unit of what a rule built from its own rounded output may lose.

    Of |<y_bar, f(x)>| it is the usual size, but no chance of signs makes it vanish.
    """
    size = sizes(products(subject.primal(*subject.xs), y_bars))[0]
    return size if math.isfinite(size) else 0.0
