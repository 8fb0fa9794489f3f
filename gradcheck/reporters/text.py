"""One outcome in the words that people read: value, place and next step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gradcheck.quoting import printable
from gradcheck.vocabulary import Detects, Evidence, Fact, Judgement, Outcome, Verdict

_LABEL = 13
_LABEL_OF = {"entry": "worst entry", "entries": "wrong too", "kink": "kink at"}


def described(outcome: Outcome) -> str:
    """Return an outcome that is no PASS as a block of lines."""
    return printable("\n".join([_headline(outcome), *_body(outcome), *_repeat(outcome)]))


def _headline(outcome: Outcome) -> str:
    parts = [str(outcome.verdict), outcome.case, outcome.engine, outcome.check]
    place = f"{outcome.place.path}:{outcome.place.line}" if outcome.place.line else ""
    return f"{'  '.join(parts):<88}  {place}".rstrip()


def _repeat(outcome: Outcome) -> list[str]:
    return [_line("repeat", outcome.repeat)] if outcome.repeat else []


def _line(label: str, text: str) -> str:
    """Text of a user's exception may hold anything: new lines are indented."""
    return f"  {label:<{_LABEL}}{text}".replace("\n", "\n" + " " * (_LABEL + 2))


def _body(outcome: Outcome) -> Iterator[str]:
    judged = [j for j in outcome.judgements if _is_told(j, outcome.verdict)]
    projections = [j for j in judged if isinstance(j.evidence, Evidence)]
    if projections:
        # The first: those that follow look for what is wrong only sometimes.
        yield from _projection(projections[0], len(projections), outcome)
    for judgement in judged:
        if isinstance(judgement.evidence, Fact):
            yield _fact(judgement.evidence)
    for finding in outcome.findings:
        yield _line(_LABEL_OF.get(finding.kind, "looks like"), finding.text)
    if outcome.reason and not projections:
        yield _line("reason", outcome.reason)
    elif outcome.verdict in (Verdict.XFAIL, Verdict.XPASS):
        yield _line("xfail", outcome.reason)


def _is_told(judgement: Judgement, verdict: Verdict) -> bool:
    if verdict is Verdict.XFAIL:
        return judgement.verdict is Verdict.FAIL
    return judgement.verdict is verdict


def _projection(judgement: Judgement, told: int, outcome: Outcome) -> Iterator[str]:
    evidence = judgement.evidence
    assert isinstance(evidence, Evidence)
    estimate = evidence.estimate
    yield _line(
        "projection",
        f"{evidence.quantity} by {', '.join(evidence.inputs)}   expected "
        f"{estimate.value:.11g} +- {estimate.error:.0e}   got {evidence.analytic:.11g}",
    )
    if judgement.verdict is Verdict.INCONCLUSIVE:
        yield _line("undecided", _undecided(judgement, evidence))
        return
    distance = abs(evidence.analytic - estimate.value)
    all_projections = sum(isinstance(j.evidence, Evidence) for j in outcome.judgements)
    yield _line(
        "off by",
        f"{distance:.1e}, which is {_times(distance, estimate.error)} the bound "
        f"({estimate.points} points, h = {estimate.step:.1e}; "
        f"{told} of {all_projections} projections fail)",
    )


def _times(distance: float, bound: float) -> str:
    return f"{distance / bound:.1e} times" if bound > 0 else "beyond"


def _undecided(judgement: Judgement, evidence: Evidence) -> str:
    estimate = evidence.estimate
    size = max(abs(estimate.value), evidence.norm)
    if judgement.reason == "precision" and math.isinf(estimate.error):
        return (
            f"{judgement.reason}: the difference of {abs(evidence.analytic - estimate.value):.1e} "
            "may be the rule's own rounding, so that neither right nor wrong is proven. Compute "
            "in higher precision, or rescale the inputs."
        )
    way_out = _WAYS_OUT.get(judgement.reason, "Move the point, or rescale the inputs.")
    if not math.isfinite(size):
        return f"{judgement.reason}: the derivative is {size} here: no number to compare. {way_out}"
    if estimate.error <= size / 1000:
        return (
            f"{judgement.reason}: the derivative's size {size:.1e} is below what numbers of its "
            "dtype keep digits of, so that neither right nor wrong is proven. Rescale the inputs."
        )
    return (
        f"{judgement.reason}: the bound {estimate.error:.1e} is more than 1/1000 of the "
        f"derivative's size {size:.1e}, so that neither right nor wrong is proven. {way_out}"
    )


_WAYS_OUT = {
    "kink": "Move the point off the kink, or give the input `avoid: [...]`.",
    "domain edge": "Move the point into the domain, or give the input a `domain: [lo, hi]`.",
    "noise": "The function's values scatter: compute it in higher precision, or fix its seed.",
    "non-determinism": "The function answers differently each time: fix its seed.",
    "step": "The function is a staircase here: it has no derivative to compare with.",
    "budget": "Allow more evaluations.",
    "non-finite": "The function is not finite here: move the point into its domain.",
}


def _fact(fact: Fact) -> str:
    return _line("claim", f"{fact.claim}   expected {fact.expected}   got {fact.found}")


def detection(detects: Detects | None) -> str:
    """Return the smallest fault in one entry that would have been caught, or "weak"."""
    if detects is None:
        return ""
    if detects.absolute:
        return f"{detects.entry:.0e} abs"
    return f"{detects.entry:.0e}" if detects.entry < 1 else "weak"


def all_described(outcomes: Sequence[Outcome], verdicts: Sequence[Verdict]) -> str:
    """Return the blocks of all outcomes with one of `verdicts`, a blank line between."""
    return "\n\n".join(described(o) for o in outcomes if o.verdict in verdicts)
