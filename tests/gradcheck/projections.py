"""Outcomes with one projection each, made by hand: what several engines may say of it."""

from __future__ import annotations

from gradcheck.vocabulary import Estimate, Evidence, Judgement, Outcome, Verdict

EPS = 2.0**-52


def outcome(
    engine: str,
    gradient: float,
    derivative: float,
    verdict: Verdict = Verdict.PASS,
    *,
    output: float = 3.0,
    length: float = 2.0,
    eps: float = EPS,
    tolerance: float = 1e-12,
    evaluations: int = 19,
) -> Outcome:
    """One check of one engine with one projection along a direction of `length`."""
    evidence = Evidence(
        quantity="<y_bar, J x_dot>",
        inputs=("x",),
        analytic=gradient,
        estimate=Estimate(derivative, tolerance / 2, evaluations=evaluations),
        norm=1.0,
        median=1.0,
        direction_norm=length,
        eps=eps,
        output=output,
    )
    judgement = Judgement(evidence, verdict, tolerance)
    return Outcome("c", engine, "vjp", verdict, judgements=(judgement,))
