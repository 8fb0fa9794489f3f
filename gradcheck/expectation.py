"""What a case says of its own verdict: `xfail`, or `expect: {verdict: ..., finding: ...}`."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.vocabulary import Case, Fact, Judgement, Outcome, Verdict, worst


def as_expected(case: Case, engine: str, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Return the outcomes of `case` on `engine` as its expectation turns them.

    `xfail` is strict and covers FAIL only.  An expected verdict that is met is a PASS, one that is
    missed a FAIL; an engine that lacks what the case is about meets and misses nothing.
    """
    if all(outcome.verdict is Verdict.SKIP for outcome in outcomes):
        return outcomes
    if case.expect.verdict or case.expect.finding:
        return _met(case, outcomes)
    reason = case.xfail.get(engine) or case.xfail.get("*")
    verdict = worst(outcome.verdict for outcome in outcomes)
    if reason and verdict is Verdict.FAIL:
        return _renamed(outcomes, Verdict.FAIL, Verdict.XFAIL, reason)
    if reason and verdict is Verdict.PASS:
        return _renamed(outcomes, Verdict.PASS, Verdict.XPASS, f"expected to fail: {reason}")
    return outcomes


def _renamed(
    outcomes: tuple[Outcome, ...], old: Verdict, new: Verdict, reason: str
) -> tuple[Outcome, ...]:
    return tuple(
        replace(outcome, verdict=new, reason=reason) if outcome.verdict is old else outcome
        for outcome in outcomes
    )


def _met(case: Case, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Replace a case's outcomes by one that says whether they came as expected."""
    found = worst(outcome.verdict for outcome in outcomes)
    kinds = {finding.kind for outcome in outcomes for finding in outcome.findings}
    facts = [*_of_verdict(case, found), *_of_finding(case, kinds)]
    told = next(outcome for outcome in outcomes if outcome.verdict is found)
    holds = all(fact.holds for fact in facts)
    return (
        replace(
            told,
            check="verdict",
            verdict=Verdict.PASS if holds else Verdict.FAIL,
            reason="" if holds else told.reason,
            judgements=tuple(
                Judgement(fact, Verdict.PASS if fact.holds else Verdict.FAIL) for fact in facts
            ),
            detects={},
            evaluations=sum(outcome.evaluations for outcome in outcomes),
            seconds=sum(outcome.seconds for outcome in outcomes),
        ),
    )


def _of_verdict(case: Case, found: Verdict) -> list[Fact]:
    expected = case.expect.verdict
    if not expected:
        return []
    met = found.value == expected.upper()
    return [Fact("the verdict is as expected", met, expected.upper(), str(found))]


def _of_finding(case: Case, kinds: set[str]) -> list[Fact]:
    expected = case.expect.finding
    if not expected:
        return []
    found = ", ".join(sorted(kinds)) or "none"
    return [Fact("the finding is as expected", expected in kinds, expected, found)]
