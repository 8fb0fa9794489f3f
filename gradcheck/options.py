"""What a run is asked for beside its cases, each part checked before anything runs."""

from __future__ import annotations

import difflib
import math
import numbers
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.adapters import ADAPTERS, is_known
from gradcheck.checks import CHECKS
from gradcheck.vocabulary import Tolerance

BUDGET = 150
LEAST_BUDGET = 19  # evaluations: what a clean derivative costs


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for, beside its cases.

    Empty `engines` and `checks` leave the choice to each case; `budget` is the limit on the
    evaluations of one derivative, `timeout` the seconds that a case was given, if it was.
    """

    engines: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    seed: int = 0
    budget: int = BUDGET
    timeout: float | None = None


def checked(
    engines: Sequence[str], checks: Sequence[str], seed: int, budget: int | None
) -> Options:
    """Return options as callers of the Python interface give them.

    Raises TypeError for what is no name and no whole number, ValueError for a name that there is
    not, with the nearest, and for a budget that no derivative can keep to.
    """
    for engine in _names("engine", engines):
        if not is_known(engine):  # else listed, or the file or module of an engine of one's own
            require("engine", engine, ADAPTERS)
    for check in _names("check", checks):
        require("check", check, CHECKS)
    budget = BUDGET if budget is None else _whole("budget", budget)
    if budget < LEAST_BUDGET:
        raise ValueError(
            f"budget={budget}: one derivative takes {LEAST_BUDGET} evaluations or more"
        )
    return Options(tuple(engines), tuple(checks), _whole("seed", seed), budget)


def _names(kind: str, given: Sequence[str]) -> Sequence[str]:
    if isinstance(given, str) or not all(isinstance(name, str) for name in given):
        raise TypeError(f"{kind}s={given!r}: expected a list of names of {kind}s")
    return given


def _whole(name: str, value: Any) -> int:
    try:
        return operator.index(value)  # NumPy's whole numbers, too
    except TypeError:
        raise TypeError(f"{name}={value!r}: expected a whole number") from None


def require(kind: str, name: str, known: Iterable[str]) -> None:
    """Raise ValueError, with the nearest of `known`, where `name` is not among them."""
    names = sorted(known)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ValueError(f"no {kind} named {name!r}; {hint}there are {', '.join(names)}")


def checked_tolerance(given: Any) -> Tolerance | None:
    """Return a tolerance as callers give it; TypeError or ValueError for what is none."""
    if given is None:
        return None
    if isinstance(given, Mapping):
        for name in given:
            require("tolerance", name, ("rtol", "atol"))
        given = Tolerance(**given)
    if not isinstance(given, Tolerance):
        raise TypeError(
            f"tolerance={given!r}: expected Tolerance(rtol=..., atol=...) or a dict of these"
        )
    for name, value in (("rtol", given.rtol), ("atol", given.atol)):
        if not isinstance(value, numbers.Real) or not 0 <= value < math.inf:
            raise ValueError(f"tolerance {name}={value!r}: expected a number of zero or more")
    return given
