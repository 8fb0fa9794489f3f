"""A workload: one case at one size, on one engine, in one phase, as a call to time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gradcheck.adapters import adapter
from gradcheck.adapters.floor import NoFloor, floor_of
from gradcheck.bench.identity import case_hash as case_hash
from gradcheck.errors import MissingOperation
from gradcheck.inputs import make
from gradcheck.runner import DEFAULT_ENGINE, Options, engines_of, run_case, why_skipped
from gradcheck.vocabulary import PHASES as PHASES
from gradcheck.vocabulary import Case, Passes, Verdict, worst

FLOOR = "numpy"
"""In the place of an engine: the arrays of our engine's two passes, computed without a tape."""


class Unmeasurable(Exception):
    """A workload cannot be timed; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One thing that is timed: `phase` of `case`, a variant at one size, on `engine`."""

    case: Case
    engine: str
    phase: str

    @property
    def key(self) -> str:
        """What it is called in every process: "cases/chains.py::chain[1000]  torch  backward"."""
        return f"{self.case.id}  {self.engine}  {self.phase}"


def workloads(
    cases: Iterable[Case], engines: Sequence[str] = (), phases: Sequence[str] = PHASES
) -> list[Workload]:
    """Return what is to be timed of `cases`: those that ask for it, at their sizes, in order.

    `engines` replace the cases' own choice where they allow it, as in `run`; `phases` and the
    cases' own limits say what is left out.
    """
    found = (each for case in cases for each in _workloads(case, engines, phases))
    return list({each.key: each for each in found}.values())


def _workloads(case: Case, engines: Sequence[str], phases: Sequence[str]) -> Iterator[Workload]:
    if case.benchmark is None:
        return
    for sized in case.sized or (case,):
        for engine in engines_of(sized, engines):
            for phase in phases:
                if phase in case.benchmark.phases and not beyond(sized, engine, phase):
                    yield Workload(sized, engine, phase)


def with_floor(found: Iterable[Workload]) -> list[Workload]:
    """Return workloads, those of one phase together, each after the floor of its case and phase."""
    groups: dict[tuple[str, str], list[Workload]] = {}
    for each in found:
        groups.setdefault((each.case.id, each.phase), []).append(each)
    return [each for group in groups.values() for each in (*_floors(group), *group)]


def _floors(group: Sequence[Workload]) -> list[Workload]:
    case, phase = group[0].case, group[0].phase
    return [] if phase == "check" or case.rule else [Workload(case, FLOOR, phase)]


def beyond(case: Case, engine: str, phase: str) -> str:
    """Return the limit of `case` that forbids this engine or phase at its size; empty if none."""
    largest = case.benchmark.largest if case.benchmark else {}
    for of in (engine, phase):
        for name, limit in largest.get(of, {}).items():
            if case.symbols[name] > limit:
                return f"{of} is timed up to {name} = {limit:g}"
    return ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A workload that has run once: the `call` to time, and the passes it belongs to, if any."""

    call: Callable[[], Any]
    passes: Passes | None = None

    def nodes(self) -> int | None:
        """Return how many operations the engine records, None where it cannot say."""
        return self.passes.nodes(self.passes.forward()) if self.passes else None


def prepared(workload: Workload, seed: int = 0) -> Callable[[], Any]:
    """Return the call to time: inputs are made, the graph is built, and it has run once.

    forward computes the outputs with their record (and drops both), backward goes back through a
    record that is kept, check is the whole gradient check. Raises Unmeasurable where there is
    nothing to time.
    """
    return ready(workload, seed).call


def ready(workload: Workload, seed: int = 0) -> Ready:
    """Return the same with what else can be asked of it."""
    engine = DEFAULT_ENGINE if workload.engine == FLOOR else workload.engine
    if reason := why_skipped(workload.case, engine):
        raise Unmeasurable(reason)
    try:
        return _ready(workload, seed)
    except MissingOperation as missing:
        raise Unmeasurable(str(missing)) from missing


def _ready(workload: Workload, seed: int) -> Ready:
    if workload.phase == "check":
        return Ready(_check(workload, seed))
    found = passes(workload, seed)
    if workload.phase == "forward":
        found.forward()
        return Ready(found.forward, found)
    call = partial(found.backward, found.forward())
    call()
    return Ready(call, found)


def _check(workload: Workload, seed: int) -> Callable[[], Any]:
    call = partial(run_case, workload.case, workload.engine, Options(seed=seed))
    outcomes = call()
    verdict = worst(outcome.verdict for outcome in outcomes)
    if verdict in (Verdict.ERROR, Verdict.SKIP):
        raise Unmeasurable(next(o.reason for o in outcomes if o.verdict is verdict))
    return call


def passes(workload: Workload, seed: int = 0) -> Passes:
    """Return the forward and backward pass of a workload's case at its inputs."""
    case, engine = workload.case, workload.engine
    if engine == FLOOR:
        return _floor(case, seed)
    make_passes = getattr(adapter(engine), "passes", None)
    if make_passes is None:
        raise Unmeasurable(f"the adapter of {engine} has no passes: time its check")
    found: Passes = make_passes(case, make(case, seed))
    return found


def _floor(case: Case, seed: int) -> Passes:
    try:
        return floor_of(case, make(case, seed))
    except NoFloor as error:
        raise Unmeasurable(str(error)) from error


def nodes(workload: Workload, found: Ready | None = None) -> int | None:
    """Return how many operations the workload's engine records, else how many ours does.

    None where neither can say: a case that our engine does not run. `found` is the workload made
    ready, if it is.
    """
    if found and (count := found.nodes()) is not None:
        return count
    engines = () if found else (workload.engine,)
    for engine in dict.fromkeys((*engines, DEFAULT_ENGINE)):
        try:
            count = Ready(_nothing, passes(Workload(workload.case, engine, "forward"))).nodes()
        except Exception:  # what is wrong with it, its own timing tells
            continue
        if count is not None:
            return count
    return None


def _nothing() -> None:
    """No call to time: what is asked for is the record."""
