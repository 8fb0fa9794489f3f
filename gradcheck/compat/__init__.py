"""Drop-in functions under the frameworks' own signatures.

They take the same arguments and fail the same way; the verdict is ours.  Steps and tolerances have
no meaning here, for there is nothing to tune: a call that sets one is warned.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradcheck.api import check
from gradcheck.errors import GradientError, InconclusiveError
from gradcheck.vocabulary import Report, Verdict

# Why an argument of the frameworks' functions has no meaning here.
OWN_STEP = "the step is found from the function's own values"
OWN_BOUND = "the verdict comes from the numerical derivative's own error bound"


def assert_checks(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    engine: str,
    checks: Sequence[str],
    *,
    pure: bool = True,
    wrong: type[Exception] = GradientError,
    undecided: type[Exception] = InconclusiveError,
) -> None:
    """Run `checks` of `f` and raise unless each of them passed: one left out has not.

    pure: whether what is called twice has to give the same bits twice.
    wrong, undecided: what is raised for a wrong gradient, and where there is no verdict.
    """
    beside = ["structure", *["purity"] * (pure and "vjp" in checks)]
    report = check(f, *inputs, engine=engine, checks=[*beside, *checks])
    if report.verdict is Verdict.INCONCLUSIVE:
        raise undecided(str(report))
    left_out = _left_out(report, checks)
    if left_out or not report.passed:
        raise wrong("\n".join([str(report), *left_out]))


def _left_out(report: Report, checks: Sequence[str]) -> list[str]:
    return [
        f"{outcome.check} was asked for and left out: {outcome.reason}"
        for outcome in report.outcomes
        if outcome.verdict is Verdict.SKIP and outcome.check in (*checks, "case")
    ]


def warn_of_ignored(
    function: Callable[..., Any], given: Mapping[str, Any], reasons: Mapping[str, str]
) -> None:
    """Warn the caller of `function` of each argument in `reasons` that differs from its default."""
    for name, reason in _ignored(function, given, reasons):
        text = f"{function.__name__}: {name}={given[name]!r} has no effect: {reason}"
        warnings.warn(text, stacklevel=3)


def _ignored(
    function: Callable[..., Any], given: Mapping[str, Any], reasons: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    parameters = inspect.signature(function).parameters
    for name, reason in reasons.items():
        default = parameters[name].default
        # An array is no default, and must not be compared with one.
        if given[name] is not default and not _equal_scalars(given[name], default):
            yield name, reason


def _equal_scalars(a: Any, b: Any) -> bool:
    return isinstance(a, bool | int | float) and a == b
