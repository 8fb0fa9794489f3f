"""What is checked of a subject: one file a check, each yielding evidence that the judge weighs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gradcheck.registry import Registry
from gradcheck.vocabulary import Case, Evidence, Fact, Subject

Run = Callable[[Subject, Case, np.random.Generator], Iterator[Evidence | Fact]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check and when it makes sense.

    `lacks(subject, case)` names what the engine lacks for it, for a SKIP with words; `applies`
    says whether the case declares what it checks; `rank` orders the checks of a case, and a check
    is left out when one in `after` did not pass.  `has_entries` says that its failure can be
    traced to entries of the gradient; `passes` backward passes, if any, stand behind a failure, so
    that it may come from the way in which an engine walks its graph.  A check `on_request` runs
    only where it is named; one that is `optional` is left out in silence on an engine that lacks
    it, unless it is named.
    """

    run: Run
    rank: int
    applies: Callable[[Case], bool] = lambda case: True
    lacks: Callable[[Subject, Case], str] = lambda subject, case: ""
    after: tuple[str, ...] = ()
    has_entries: bool = False
    passes: int = 0
    on_request: bool = False
    optional: bool = False


CHECKS: Registry[Check] = Registry("check", "gradcheck.checks")


def is_function(case: Case) -> bool:
    """Whether the case is one function (or rule), not a list of steps."""
    return not case.steps


def needs_tape(subject: Subject, case: Case) -> str:
    """The reason to skip a check that accumulates, on an engine without leaves."""
    return "" if subject.tape else "functional engine: no gradient accumulates"


def needs_vjp(subject: Subject, case: Case) -> str:
    """The reason to skip a check of the reverse mode on an engine without it."""
    if subject.vjp:
        return ""
    return "forward mode alone is there: no gradient" if subject.jvp else "the engine offers no vjp"


def needs_jvp(subject: Subject, case: Case) -> str:
    """The reason to skip a check of the forward mode on an engine without it."""
    return "" if subject.jvp else "the engine offers no jvp"
