"""Workloads of two sides compared: one session for all, fresh ones for those that it suspects."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gradcheck.bench.contestant import CALL_LIMIT, Contestant
from gradcheck.bench.duel import LIMITS, CannotRun, Lacks, Limits, Session, duel
from gradcheck.bench.ratio import Ratio, pooled
from gradcheck.bench.side import Side
from gradcheck.bench.stages import (
    MOST_SESSIONS,
    SESSIONS,
    SESSIONS_UNPINNED,
    Change,
    change_of,
    is_open,
    is_suspect,
)
from gradcheck.bench.workload import Workload

PATIENCE = 30.0
"""Seconds of one workload's fresh sessions after which it gets no more than everyone gets."""

OLD, NEW, CONTROL = "old", "new", "control"

Progress = Callable[[Iterable[Workload], str], Iterable[Workload]]
"""Passes workloads on, and shows how far they are: `tqdm`, or nothing."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a workload came to: its ratio, new to old, and what that means.

    `reason` says what stands in the way of a ratio or of a verdict; `opcodes` are of one call, old
    and new; `control` is the ratio of the old revision to itself, from the same turns.
    """

    case: str
    engine: str
    phase: str
    change: Change
    ratio: Ratio | None = None
    reason: str = ""
    opcodes: tuple[int | None, int | None] = (None, None)
    control: Ratio | None = None
    sessions: int = 1


@dataclass(frozen=True, slots=True)
class Arena:
    """The sides of a comparison, and how they are to be compared.

    A side is given up that needs more than `call_limit` seconds for one answer.
    """

    sides: Mapping[str, Side]
    rng: random.Random
    limits: Limits = LIMITS
    call_limit: float = CALL_LIMIT

    @contextmanager
    def fresh(self) -> Iterator[dict[str, Contestant]]:
        """Give a worker for each side: new processes of one hash seed, ended with the block."""
        seed = self.rng.randrange(2**32)
        contestants = {
            name: Contestant(name, side, seed, call_limit=self.call_limit)
            for name, side in self.sides.items()
        }
        try:
            for name in self.rng.sample(list(contestants), len(contestants)):
                contestants[name].start()
            yield contestants
        finally:
            for contestant in contestants.values():
                contestant.stop()


@dataclass(frozen=True, slots=True)
class Compared:
    """All comparisons of a run, and whether its workers could be kept on one core."""

    rows: tuple[Comparison, ...]
    pinned: bool


def compare(arena: Arena, workloads: Sequence[Workload], progress: Progress) -> Compared:
    """Return what became of each workload between the sides `old` and `new` of `arena`."""
    with arena.fresh() as contestants:
        rows = [_screened(arena, contestants, w) for w in progress(workloads, "screen")]
        pinned = all(c.pinned for c in contestants.values())
    suspects = [
        workload
        for workload, row in zip(workloads, rows, strict=True)
        if row.ratio is not None and is_suspect(row.ratio)
    ]
    again = _again(arena, suspects, SESSIONS if pinned else SESSIONS_UNPINNED, progress)
    rows = [
        _decided(row, again[w.key]) if w.key in again else row
        for w, row in zip(workloads, rows, strict=True)
    ]
    return Compared(tuple(rows), pinned)


def _screened(
    arena: Arena, contestants: Mapping[str, Contestant], workload: Workload
) -> Comparison:
    named = (workload.case.id, workload.engine, workload.phase)
    try:
        session = duel(contestants, workload.key, arena.rng, limits=arena.limits, count=True)
    except CannotRun as stopped:
        return Comparison(*named, *_stopped(stopped))
    opcodes = (session.opcodes[OLD], session.opcodes[NEW])
    ratio, control = session.ratios[NEW], session.ratios.get(CONTROL)
    return Comparison(*named, Change.SAME, ratio, opcodes=opcodes, control=control)


def _stopped(stopped: CannotRun) -> tuple[Change, None, str]:
    """A case that the new side alone can run has no base; else there is nothing to compare."""
    if isinstance(stopped, Lacks) and stopped.side == NEW:
        return Change.SKIPPED, None, str(stopped)
    return (Change.ERROR if stopped.side == NEW else Change.NO_BASE), None, str(stopped)


def _again(
    arena: Arena, workloads: Sequence[Workload], sessions: int, progress: Progress
) -> dict[str, list[Session | CannotRun]]:
    """Return what fresh sessions find, by the workload's key; each session serves all workloads.

    Those that stay open get more of them, within their time: never because of what side of the
    threshold their estimate is on.
    """
    found: dict[str, list[Session | CannotRun]] = {w.key: [] for w in workloads}
    spent = dict.fromkeys(found, 0.0)
    for number in range(1, MOST_SESSIONS + 1):
        if number > sessions:
            workloads = [
                w for w in workloads if spent[w.key] < PATIENCE and _needs_more(found[w.key])
            ]
        if not workloads:
            break
        with arena.fresh() as contestants:
            for workload in progress(workloads, f"session {number}"):
                start = time.monotonic()
                found[workload.key].append(_session(arena, contestants, workload))
                spent[workload.key] += time.monotonic() - start
    return found


def _session(
    arena: Arena, contestants: Mapping[str, Contestant], workload: Workload
) -> Session | CannotRun:
    try:
        return duel(contestants, workload.key, arena.rng, limits=arena.limits)
    except CannotRun as stopped:
        return stopped


def _needs_more(sessions: Sequence[Session | CannotRun]) -> bool:
    ratios = _ratios(sessions)
    return len(ratios) == len(sessions) and is_open(ratios)


def _ratios(sessions: Iterable[Session | CannotRun]) -> list[Ratio]:
    return [each.ratios[NEW] for each in sessions if isinstance(each, Session)]


def _decided(row: Comparison, again: Sequence[Session | CannotRun]) -> Comparison:
    """Return the screened `row` with what the fresh sessions say of it."""
    ratios, sessions = _ratios(again), 1 + len(again)
    if stopped := [each for each in again if isinstance(each, CannotRun)]:
        reason = f"it ran in one session, and in another not: {stopped[0]}"
        return replace(row, change=Change.UNSURE, reason=reason, sessions=sessions)
    assert row.ratio is not None  # else it would not have been suspect
    change = change_of(row.ratio, ratios)
    return replace(row, change=change, ratio=pooled(ratios), sessions=sessions)
