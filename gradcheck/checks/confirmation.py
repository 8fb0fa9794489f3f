"""Second thoughts before a FAIL: another measurement, more digits, the rule's own noise.

numerics.md, section 5.  A right rule may be off by more than the bound where the bound was lucky,
where the rule loses more to rounding than its inputs' dtype suggests, or where the function's own
rounding has another slope than the function.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from gradcheck.checks.projection import (
    Gradients,
    Tangents,
    gradients,
    moved_by,
    of_gradients,
    products,
    size_of,
    total,
)
from gradcheck.judge import DECIDABLE, judge
from gradcheck.numeric import FULL, Precision, directional_derivative
from gradcheck.vocabulary import Arrays, Case, Evidence, Subject, Verdict

# Why an estimate may be undecided that rounding can look like.
ROUNDING_REASONS = ("noise", "precision", "scale conflict", "step")
AGAIN = 0.7  # the second measurement's steps are none of the first one's
ROUNDING_SIZED = 1e3  # roundings of sum |g_i u_i| or sum |y_bar f|: beyond, nothing is explained
SHRINKING = 16  # from float64 to longdouble rounding shrinks by 2048, and sums stay in float64
REACH, NEARBY, DEGREE = 2.0**-5, 9, 4  # where, and how smooth, a rule's projections should be
ROUNDING_ONLY = 64.0  # times phi: what the slope of a function that is all rounding may seem to be
QUANTILE = 13.04  # Student's, two-sided 1e-4, for the 4 degrees of freedom that leaves


def confirmed(
    subject: Subject,
    case: Case,
    y_bars: Arrays,
    found: Gradients,
    tangents: Tangents,
    precision: Precision = FULL,
) -> Evidence:
    """Return the evidence of one projection; a FAIL only where second thoughts leave it one."""
    evidence = of_gradients(subject, y_bars, found, tangents, precision=precision)
    judgement = judge(evidence, case.tolerance)
    if judgement.verdict is Verdict.INCONCLUSIVE and judgement.reason in ROUNDING_REASONS:
        return _decided(evidence, subject, case, y_bars, tangents)
    if judgement.verdict is not Verdict.FAIL:
        return evidence
    tangents = tuple(None if u is None else np.asarray(AGAIN * u) for u in tangents)
    # The size of a gradient that may be wrong is no guide this time.
    evidence = of_gradients(subject, y_bars, found, tangents, trusted=False)
    if not _fails(evidence, case):
        return evidence
    if _is_all_rounding(evidence, subject, y_bars, tangents):
        return _zero(evidence)
    if not _is_rounding_sized(evidence, found, tangents):
        return _unless_digits_were_lost(evidence, subject, case, y_bars, tangents)
    wider = _in_wider_precision(evidence, subject, y_bars, tangents)
    if wider is not None:
        return wider
    noisy = _with_rule_noise(evidence, subject, y_bars, tangents)
    # A float32 rule was held against a derivative in float64: no more digits are missing there.
    open_question = noisy.estimate.eps >= noisy.eps and _fails(noisy, case)
    return _undecided(noisy) if open_question else noisy


def _decided(
    evidence: Evidence, subject: Subject, case: Case, y_bars: Arrays, tangents: Tangents
) -> Evidence:
    """Return what more digits say where rounding leaves a question open, if they say anything."""
    wider = _in_wider_precision(evidence, subject, y_bars, tangents)
    if wider is None:
        return evidence
    if judge(wider, case.tolerance).verdict is not Verdict.INCONCLUSIVE:
        return wider
    return _zero_if_rounding(evidence, wider)


def _fails(evidence: Evidence, case: Case) -> bool:
    return judge(evidence, case.tolerance).verdict is Verdict.FAIL


def _is_rounding_sized(evidence: Evidence, found: Gradients, tangents: Tangents) -> bool:
    distance = abs(evidence.analytic - evidence.estimate.value)
    size = max(size_of(products(found, tangents)), evidence.estimate.magnitude)
    return distance < ROUNDING_SIZED * evidence.eps * size


def _undecided(evidence: Evidence) -> Evidence:
    """Rounding may be all that is wrong, and nothing tells on this machine or at this point."""
    estimate = replace(evidence.estimate, error=math.inf, reason="precision")
    return replace(evidence, estimate=estimate)


# ---------------------------------------------------------------- more digits


def _zero_if_rounding(evidence: Evidence, wider: Evidence) -> Evidence:
    """Where all of phi is rounding (it shrinks with the precision), its derivative is zero."""
    size = evidence.estimate.magnitude
    if size == 0 or SHRINKING * wider.estimate.magnitude > size:
        return evidence
    return _zero(evidence)


def _zero(evidence: Evidence) -> Evidence:
    """A derivative of zero; whatever its bound, it is one beside any change of the function's."""
    error = ROUNDING_ONLY * evidence.estimate.magnitude
    zero = replace(evidence.estimate, value=0.0, error=error, reason="", variation=math.inf)
    return replace(evidence, estimate=zero)


def _is_all_rounding(
    evidence: Evidence, subject: Subject, y_bars: Arrays, tangents: Tangents
) -> bool:
    """Whether phi shrinks with the precision at the far points of the level that answered."""
    estimate = evidence.estimate
    widened = _widened(subject, y_bars) if estimate.magnitude > 0 else None
    if widened is None:
        return False
    wide, bars = widened
    reach = estimate.step * (estimate.points // 2)
    there = [moved_by(wide, tangents, t) for t in (reach, -reach)]
    sizes = [size_of(products(at.primal(*at.xs), bars)) for at in there]
    return SHRINKING * max(sizes) <= estimate.magnitude


def _unless_digits_were_lost(
    evidence: Evidence, subject: Subject, case: Case, y_bars: Arrays, tangents: Tangents
) -> Evidence:
    """Excuse a difference of many roundings only if more digits, and nothing else, take it away.

    A rule that cancels, or whose input has too few digits for it, is right and still far off; by
    more than a thousandth it is of no use, and the question stays open.
    """
    if not _changes_with_precision(evidence, subject, y_bars, tangents):
        return evidence
    wider = _in_wider_precision(evidence, subject, y_bars, tangents)
    if wider is not None and _fails(wider, case):  # it may have lost few digits here by chance
        wider = _with_rule_noise(wider, subject, y_bars, tangents)
    if wider is None or _fails(wider, case):
        return evidence
    size = max(abs(wider.estimate.value), wider.norm)
    return wider if wider.noise <= DECIDABLE * size else _undecided(evidence)


def _changes_with_precision(
    evidence: Evidence, subject: Subject, y_bars: Arrays, tangents: Tangents
) -> bool:
    """Whether the rule says the same again, but in wider precision something else.

    One that is wrong in some calls only does not say the same again.
    """
    widened = _widened(subject, y_bars)
    if widened is None:
        return False
    wide, bars = widened
    distance = abs(evidence.analytic - evidence.estimate.value)
    in_wide = total(products(gradients(wide, bars), tangents))
    again = total(products(gradients(subject, y_bars), tangents))
    return again == evidence.analytic and abs(in_wide - again) > distance / 2


def _in_wider_precision(
    evidence: Evidence,
    subject: Subject,
    y_bars: Arrays,
    tangents: Tangents,
) -> Evidence | None:
    """Repeat function and rule in the next wider floating type; None where they cannot run there.

    What the rule is off by is its own rounding if it shrinks with the precision.
    """
    widened = _widened(subject, y_bars)
    if widened is None:
        return None
    wide, wide_bars = widened
    estimate = directional_derivative(
        wide.primal, wide.xs, tangents, wide_bars, scale=evidence.norm, budget=subject.budget
    )
    terms = products(gradients(wide, wide_bars), tangents)
    distance = abs(evidence.analytic - estimate.value)
    shrinks = abs(total(terms) - estimate.value) <= estimate.error + distance / SHRINKING
    return replace(evidence, estimate=estimate, noise=distance if shrinks else evidence.noise)


def _widened(subject: Subject, y_bars: Arrays) -> tuple[Subject, Arrays] | None:
    wide = replace(subject, xs=tuple(map(_wider, subject.xs)))
    bars = tuple(map(_wider, y_bars))
    # On some machines longdouble is double.
    if _coarsest(wide.xs) >= _coarsest(subject.xs) or not _keeps_precision(wide, bars):
        return None
    return wide, bars


def _wider(array: np.ndarray) -> np.ndarray:
    """float64 for anything narrower, else longdouble; complex likewise."""
    if array.dtype.kind not in "fc":
        return array
    narrow = np.finfo(array.dtype).eps > 2.0**-52
    real = np.dtype(np.float64 if narrow else np.longdouble)
    return array.astype(np.result_type(real, np.complex64) if array.dtype.kind == "c" else real)


def _keeps_precision(subject: Subject, y_bars: Arrays) -> bool:
    """Whether both the function and its rule answer in the precision that they are given."""
    try:
        arrays = (*subject.primal(*subject.xs), *gradients(subject, y_bars))
    except (TypeError, ValueError):  # linear algebra, for one, knows no longdouble
        return False
    return _coarsest(tuple(map(np.asarray, arrays))) <= _coarsest(subject.xs)


def _coarsest(arrays: Arrays) -> float:
    """The largest machine epsilon among floating arrays."""
    floating = (a.dtype for a in arrays if a.dtype.kind in "fc")
    return max((float(np.finfo(dtype).eps) for dtype in floating), default=0.0)


# ---------------------------------------------------------------- the rule's own noise


def _with_rule_noise(
    evidence: Evidence, subject: Subject, y_bars: Arrays, tangents: Tangents
) -> Evidence:
    """Add how far the rule's projections along a short way scatter about a smooth curve."""
    ts = np.linspace(0.0, REACH, NEARBY)
    values = [_projected_at(t, subject, y_bars, tangents) for t in ts]
    if not np.isfinite(values).all():
        return evidence
    curve = np.polynomial.Polynomial.fit(ts, values, DEGREE)
    freedom = NEARBY - DEGREE - 1
    scatter = float(np.linalg.norm(curve(ts) - values)) / math.sqrt(freedom)
    return replace(evidence, noise=QUANTILE * scatter)


def _projected_at(t: float, subject: Subject, y_bars: Arrays, tangents: Tangents) -> float:
    return total(products(gradients(moved_by(subject, tangents, t), y_bars), tangents))
