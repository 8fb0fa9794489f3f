"""Evidence in, verdict out: the only place that decides what is close enough.

numerics.md, section 5: the tolerance is the numerical derivative's own bound plus what the rule's
own rounding may cost; nothing is multiplied by a size and nothing is guessed.
"""

from __future__ import annotations

import math
import sys

from gradcheck.vocabulary import Detects, Evidence, Fact, Judgement, Tolerance, Verdict

RULE_ROUNDING = 16  # eps ||g * u||: right float32 rules showed at most 3.6
OUTPUT_ROUNDING = 4  # eps |phi|: what a rule built from the rounded output may be off by
DECIDABLE = 1e-3  # a bound above this share of the derivative decides nothing
ZERO = 1e4  # eps S: a clean estimate below it is a zero, to rounding
NORMAL = sys.float_info.min  # smaller numbers have fewer digits, down to none
FLAT = 1e-6  # of how the function changes nearby: so much less at the point is a zero, too


def judge(evidence: Evidence | Fact, tolerance: Tolerance | None = None) -> Judgement:
    """Return the verdict on `evidence`.

    `tolerance` only loosens: a difference up to atol ||u||_2 + rtol ||g * u||_2 is accepted too.
    """
    if isinstance(evidence, Fact):
        return Judgement(evidence, Verdict.PASS if evidence.holds else Verdict.FAIL)
    accepted = _accepted(evidence, tolerance or Tolerance())
    if not math.isfinite(evidence.analytic):
        return _judge_non_finite(evidence, accepted)
    if reason := _undecidable(evidence):
        return Judgement(evidence, Verdict.INCONCLUSIVE, accepted, reason)
    if abs(evidence.analytic - evidence.estimate.value) <= accepted:
        return Judgement(evidence, Verdict.PASS, accepted, detects=_detects(evidence, accepted))
    return Judgement(evidence, Verdict.FAIL, accepted)


def _accepted(evidence: Evidence, tolerance: Tolerance) -> float:
    rounding = RULE_ROUNDING * evidence.eps * evidence.norm
    rounding = max(rounding, evidence.noise, evidence.lost)
    own = max(evidence.estimate.error + rounding, OUTPUT_ROUNDING * evidence.eps * evidence.output)
    asked = tolerance.atol * evidence.direction_norm + tolerance.rtol * evidence.norm
    # An infinite or NaN gradient makes the norm so too: only the estimate's bound is left then.
    return max(own, asked) if math.isfinite(own) else evidence.estimate.error


def _judge_non_finite(evidence: Evidence, accepted: float) -> Judgement:
    if math.isfinite(evidence.estimate.value) and not evidence.estimate.reason:
        reason = f"the gradient is {evidence.analytic} where the derivative is finite"
        return Judgement(evidence, Verdict.FAIL, accepted, reason)
    reason = evidence.estimate.reason or "non-finite"
    return Judgement(evidence, Verdict.INCONCLUSIVE, accepted, reason)


def _undecidable(evidence: Evidence) -> str:
    """Why no verdict can be reached, or nothing."""
    estimate = evidence.estimate
    if evidence.norm and not max(evidence.norm, abs(estimate.value)) > max(evidence.lost, NORMAL):
        return "precision"  # the gradient's digits are lost, and the function's with them
    if not (math.isfinite(estimate.value) and math.isfinite(estimate.error)):
        return estimate.reason or "non-finite"
    # An estimate with a reservation must stand out by itself: beside a large gradient any noise
    # would look like a small derivative.
    size = abs(estimate.value) if estimate.reason else max(abs(estimate.value), evidence.norm)
    if estimate.error <= DECIDABLE * size or _is_zero(evidence):
        return ""
    return estimate.reason or "precision"


def _is_zero(evidence: Evidence) -> bool:
    """Whether the derivative is zero to rounding: its bound can then never be a share of it."""
    estimate = evidence.estimate
    rounding = ZERO * estimate.eps * estimate.magnitude if estimate.clean else 0.0
    limit = max(rounding, FLAT * estimate.variation)
    return abs(estimate.value) <= estimate.error <= limit


def _detects(evidence: Evidence, accepted: float) -> Detects:
    if _is_zero(evidence) and abs(evidence.analytic) <= accepted:
        return Detects(accepted, accepted, absolute=True)
    return Detects(_ratio(accepted, abs(evidence.analytic)), _ratio(accepted, evidence.median))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.inf
