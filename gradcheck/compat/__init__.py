"""Drop-in functions under the frameworks' own signatures.

Steps and tolerances are taken and ignored: there is nothing to tune.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.api import check
from gradcheck.errors import GradientError, InconclusiveError
from gradcheck.vocabulary import Report, Verdict


def assert_checks(
    f: Callable[..., Any], inputs: Sequence[Any], engine: str, checks: Sequence[str]
) -> None:
    """Run `checks` of `f` and raise unless each of them passed: one left out has not."""
    report = check(f, *inputs, engine=engine, checks=["structure", *checks])
    if report.verdict is Verdict.INCONCLUSIVE:
        raise InconclusiveError(str(report))
    left_out = _left_out(report, checks)
    if left_out or not report.passed:
        raise GradientError("\n".join([str(report), *left_out]))


def _left_out(report: Report, checks: Sequence[str]) -> list[str]:
    return [
        f"{outcome.check} was asked for and left out: {outcome.reason}"
        for outcome in report.outcomes
        if outcome.verdict is Verdict.SKIP and outcome.check in (*checks, "case")
    ]
