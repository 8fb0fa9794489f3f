"""Second thoughts before a FAIL: another measurement, more digits, the rule's own noise.

numerics.md, section 5.  A right rule may be off by more than the bound where the bound was lucky,
where the rule loses more to rounding than its inputs' dtype suggests, or where the function's own
rounding has another slope than the function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gradcheck.checks.projection import (
    Gradients,
    Tangents,
    evidence,
    gradients,
    is_defined,
    moved_by,
    products,
    size_of,
    sizes,
    total,
    widened,
)
from gradcheck.checks.scatter import with_scatter
from gradcheck.inputs import laid_out_like
from gradcheck.judge import DECIDABLE, judge
from gradcheck.numeric import BEYOND_DOMAIN, FULL, Precision, directional_derivative
from gradcheck.vocabulary import Arrays, Case, Evidence, Subject, Verdict

# Why an estimate may be undecided that rounding can look like.
ROUNDING_REASONS = ("noise", "precision", "scale conflict", "step")
AGAIN = 0.7  # the second measurement's steps are none of the first one's
ROUNDING_SIZED = 1e3  # roundings of sum |g_i u_i| or sum |y_bar f|: beyond, nothing is explained
SHRINKING = 16  # from float64 to longdouble rounding shrinks by 2048, and sums stay in float64
REACH, NEARBY, DEGREE = 2.0**-5, 9, 4  # where, and how smooth, a rule's projections should be
ROUNDING_ONLY = 64.0  # times phi: what the slope of a function that is all rounding may seem to be
QUANTILE = 13.04  # Student's, two-sided 1e-4, for the 4 degrees of freedom that leaves


Answer = tuple[Gradients, Gradients]
"""What a rule returns, and what that is multiplied by in a projection."""

Rule = Callable[[Subject, Arrays], Answer]
"""How a rule is asked again: at another point, in another precision, for other cotangents."""


def confirmed(
    subject: Subject,
    case: Case,
    y_bars: Arrays,
    found: Gradients,
    tangents: Tangents,
    precision: Precision = FULL,
) -> Evidence:
    """Return the evidence of one projection in reverse, as `thought_over`."""

    def rule(subject: Subject, y_bars: Arrays) -> Answer:
        return gradients(subject, y_bars), tangents

    return thought_over(subject, case, y_bars, tangents, (found, tangents), rule, precision)


def thought_over(
    subject: Subject,
    case: Case,
    y_bars: Arrays,
    tangents: Tangents,
    answer: Answer,
    rule: Rule,
    precision: Precision = FULL,
    *,
    least: float = 0.0,
) -> Evidence:
    """Return the evidence of one projection; a FAIL only where second thoughts leave it one.

    answer: of this very call, for a rule may be wrong in one call only.
    least: the size of the terms is this or more.
    """
    terms = products(*answer)
    found = evidence(subject, y_bars, tangents, terms, least=least, precision=precision)
    judgement = judge(found, case.tolerance)
    if judgement.verdict is Verdict.INCONCLUSIVE and judgement.reason in ROUNDING_REASONS:
        return _decided(found, subject, case, y_bars, tangents, rule)
    if judgement.verdict is not Verdict.FAIL:
        return found
    tangents, rule = _scaled(tangents), _again(rule)
    terms = products(answer[0], _scaled(answer[1]))
    # The size of a gradient that may be wrong is no guide this time.
    found = evidence(subject, y_bars, tangents, terms, least=AGAIN * least, trusted=False)
    if not _fails(found, case):
        return found
    if _is_all_rounding(found, subject, y_bars, tangents, rule):
        return _zero(found)
    if not _is_rounding_sized(found, terms):
        return _unless_digits_were_lost(found, subject, case, y_bars, tangents, rule)
    wider = _in_wider_precision(found, subject, y_bars, tangents, rule)
    if wider is not None:
        return wider
    noisy = _with_rule_noise(found, subject, y_bars, tangents, rule)
    if _fails(noisy, case):
        noisy = _with_scatter(noisy, subject, y_bars, rule)
    # A float32 rule was held against a derivative in float64: no more digits are missing there.
    open_question = noisy.estimate.eps >= noisy.eps and _fails(noisy, case)
    return undecided(noisy) if open_question else noisy


def _scaled(weights: Gradients) -> Tangents:
    return tuple(None if w is None else np.asarray(AGAIN * widened(w)) for w in weights)


def _again(rule: Rule) -> Rule:
    """Return `rule` for projections along tangents that are scaled."""

    def scaled(subject: Subject, y_bars: Arrays) -> Answer:
        found, weights = rule(subject, y_bars)
        return found, _scaled(weights)

    return scaled


def _decided(
    evidence: Evidence,
    subject: Subject,
    case: Case,
    y_bars: Arrays,
    tangents: Tangents,
    rule: Rule,
) -> Evidence:
    """Return what more digits say where rounding leaves a question open, if they say anything."""
    wider = _in_wider_precision(evidence, subject, y_bars, tangents, rule)
    if wider is None:
        return evidence
    if judge(wider, case.tolerance).verdict is not Verdict.INCONCLUSIVE:
        return wider
    return _zero_if_rounding(evidence, wider)


def _fails(evidence: Evidence, case: Case) -> bool:
    return judge(evidence, case.tolerance).verdict is Verdict.FAIL


def _is_rounding_sized(evidence: Evidence, terms: np.ndarray) -> bool:
    distance = abs(evidence.analytic - evidence.estimate.value)
    size = max(size_of(terms), evidence.estimate.magnitude)
    return distance < ROUNDING_SIZED * evidence.eps * size


def undecided(evidence: Evidence) -> Evidence:
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
    evidence: Evidence, subject: Subject, y_bars: Arrays, tangents: Tangents, rule: Rule
) -> bool:
    """Whether phi shrinks with the precision at the far points of the level that answered."""
    estimate = evidence.estimate
    wider = in_wider(subject, y_bars, rule) if estimate.magnitude > 0 else None
    if wider is None:
        return False
    wide, bars = wider
    reach = estimate.step * (estimate.points // 2)
    there = [moved_by(wide, tangents, t) for t in (reach, -reach)]
    if not all(map(is_defined, there)):
        return False
    sizes = [size_of(products(at.primal(*at.xs), bars)) for at in there]
    return SHRINKING * max(sizes) <= estimate.magnitude


def _unless_digits_were_lost(
    evidence: Evidence,
    subject: Subject,
    case: Case,
    y_bars: Arrays,
    tangents: Tangents,
    rule: Rule,
) -> Evidence:
    """Excuse a difference of many roundings only if more digits, and nothing else, take it away.

    A rule that cancels, or whose input has too few digits for it, is right and still far off; by
    more than a thousandth it is of no use, and the question stays open.
    """
    if in_wider(subject, y_bars, rule) is None:
        return _with_scatter(evidence, subject, y_bars, rule)
    if not _changes_with_precision(evidence, subject, y_bars, rule):
        return evidence
    wider = _in_wider_precision(evidence, subject, y_bars, tangents, rule)
    if wider is not None and _fails(wider, case):  # it may have lost few digits here by chance
        wider = _with_rule_noise(wider, subject, y_bars, tangents, rule)
    if wider is None or _fails(wider, case):
        return evidence
    size = max(abs(wider.estimate.value), wider.norm)
    return wider if wider.noise <= DECIDABLE * size else undecided(evidence)


def _changes_with_precision(
    evidence: Evidence, subject: Subject, y_bars: Arrays, rule: Rule
) -> bool:
    """Whether the rule says the same again, but in wider precision something else.

    One that is wrong in some calls only does not say the same again.
    """
    wider = in_wider(subject, y_bars, rule)
    if wider is None:
        return False
    distance = abs(evidence.analytic - evidence.estimate.value)
    again = products(*rule(subject, y_bars))
    lost = _lost(again, products(*rule(*wider)))
    return total(again) == evidence.analytic and lost > distance / 2


def _lost(terms: np.ndarray, wide: np.ndarray) -> float:
    """How much terms change with the precision: in their sum that may cancel by chance."""
    changed = terms - wide
    return max(abs(total(changed)), sizes(changed)[0])


def _in_wider_precision(
    evidence: Evidence,
    subject: Subject,
    y_bars: Arrays,
    tangents: Tangents,
    rule: Rule,
) -> Evidence | None:
    """Repeat function and rule in the next wider floating type; None where they cannot run there.

    What the rule is off by is its own rounding if it shrinks with the precision.
    """
    wider = in_wider(subject, y_bars, rule)
    if wider is None:
        return None
    wide, wide_bars = wider
    estimate = directional_derivative(
        wide.primal, wide.xs, tangents, wide_bars, scale=evidence.norm, budget=subject.budget
    )
    terms = products(*rule(wide, wide_bars))
    distance = abs(evidence.analytic - estimate.value)
    lost = _lost(products(*rule(subject, y_bars)), terms)
    shrunk = estimate.error + max(distance, lost) / SHRINKING
    shrinks = abs(total(terms) - estimate.value) <= shrunk
    return replace(evidence, estimate=estimate, noise=distance if shrinks else evidence.noise)


def in_wider(subject: Subject, y_bars: Arrays, rule: Rule) -> tuple[Subject, Arrays] | None:
    """Return both in the next wider floating type; None where function or rule cannot run there."""
    wide = replace(subject, xs=tuple(map(_wider, subject.xs)))
    bars = tuple(map(_wider, y_bars))
    # On some machines longdouble is double.
    if _coarsest(wide.xs) >= _coarsest(subject.xs) or not _keeps_precision(wide, bars, rule):
        return None
    return wide, bars


def _wider(array: np.ndarray) -> np.ndarray:
    """float64 for anything narrower, else longdouble; complex likewise."""
    if array.dtype.kind not in "fc":
        return array
    narrow = np.finfo(array.dtype).eps > 2.0**-52
    real = np.dtype(np.float64 if narrow else np.longdouble)
    wide = array.astype(np.result_type(real, np.complex64) if array.dtype.kind == "c" else real)
    return laid_out_like(wide, array)  # else what is wrong in one layout would seem lost digits


def _keeps_precision(subject: Subject, y_bars: Arrays, rule: Rule) -> bool:
    """Whether both the function and its rule answer in the precision that they are given."""
    try:
        arrays = (*subject.primal(*subject.xs), *rule(subject, y_bars)[0])
    except (TypeError, ValueError):  # linear algebra, for one, knows no longdouble
        return False
    return _coarsest(tuple(map(np.asarray, arrays))) <= _coarsest(subject.xs)


def _coarsest(arrays: Arrays) -> float:
    """The largest machine epsilon among floating arrays."""
    floating = (a.dtype for a in arrays if a.dtype.kind in "fc")
    return max((float(np.finfo(dtype).eps) for dtype in floating), default=0.0)


# ---------------------------------------------------------------- the rule's own noise


def _with_rule_noise(
    evidence: Evidence, subject: Subject, y_bars: Arrays, tangents: Tangents, rule: Rule
) -> Evidence:
    """Add how far the rule's projections along a short way scatter about a smooth curve."""
    ts = np.linspace(0.0, REACH, NEARBY)
    there = [moved_by(subject, tangents, t) for t in ts]
    try:
        values = [total(products(*rule(at, y_bars))) for at in there]
    except BEYOND_DOMAIN:
        return evidence
    if not np.isfinite(values).all():
        return evidence
    curve = np.polynomial.Polynomial.fit(ts, values, DEGREE)
    freedom = NEARBY - DEGREE - 1
    scatter = float(np.linalg.norm(curve(ts) - values)) / math.sqrt(freedom)
    return replace(evidence, noise=QUANTILE * scatter)


def _with_scatter(evidence: Evidence, subject: Subject, y_bars: Arrays, rule: Rule) -> Evidence:
    """Add what the projection may be off by, of a rule that says the same when asked again."""

    def projection(subject: Subject, y_bars: Arrays) -> float:
        return total(products(*rule(subject, y_bars)))

    if projection(subject, y_bars) != evidence.analytic:
        return evidence
    return with_scatter(evidence, projection, subject, y_bars)
