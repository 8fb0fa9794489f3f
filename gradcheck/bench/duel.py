"""The duel: workers of several sides take turns on one workload, in one place at one time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from gradcheck.bench.ratio import Ratio, ratio_of
from gradcheck.bench.turns import Turn, turn_for

Clock = Callable[[], float]


class CannotRun(Exception):
    """The side of that name cannot run a workload, and says why."""

    def __init__(self, side: str, reason: str) -> None:
        super().__init__(reason)
        self.side = side


class Lacks(CannotRun):
    """The engine has no such operation: nothing is wrong with that."""


class Contender(Protocol):
    """One side, as a duel sees it; all but `close` may raise CannotRun."""

    def open(self, key: str) -> float: ...
    def turn(self, turn: Turn) -> float: ...
    def rearrange(self) -> None: ...
    def opcodes(self) -> int | None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """When a session ends: never by what its estimate says, only by how sure it is, and by time.

    From `pairs` on it ends at a standard error of `se`, or after `seconds`.  Calls too long for
    that end it after `patience` seconds with `fewest` pairs or more; one call of more than
    `longest` seconds is not repeated at all.
    """

    pairs: int = 40
    se: float = 0.004
    seconds: float = 1.5
    patience: float = 4.0
    fewest: int = 2
    longest: float = 10.0

    def enough(self, ratio: Ratio, seconds: float) -> bool:
        """Whether a session that has come to `ratio` after so many seconds may end."""
        if ratio.pairs >= self.pairs:
            return ratio.se <= self.se or seconds >= self.seconds
        return ratio.pairs >= self.fewest and seconds >= self.patience


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Session:
    """What one session found, by side: the ratio to the first side, and the opcodes of a call."""

    ratios: Mapping[str, Ratio]
    opcodes: Mapping[str, int | None]


def duel(
    sides: Mapping[str, Contender],
    key: str,
    rng: random.Random,
    *,
    limits: Limits = LIMITS,
    count: bool = False,
    clock: Clock = time.monotonic,
) -> Session:
    """Let `sides` take turns on the workload `key`.

    sides: by name; the first is what the others are compared with, the last is asked first whether
        it can run the workload at all.
    count: whether opcodes are counted, too.
    Raises CannotRun with the side that cannot run it, or whose calls take too long to repeat.
    """
    last_first = list(sides.items())[::-1]
    try:
        turn = turn_for(max(_opened(side, name, key, limits) for name, side in last_first))
        ratios = _take_turns(sides, turn, rng, limits, clock)
        opcodes = {name: side.opcodes() for name, side in sides.items()} if count else {}
    finally:
        for side in sides.values():
            side.close()
    return Session(ratios, opcodes)


def _opened(side: Contender, name: str, key: str, limits: Limits) -> float:
    seconds = side.open(key)
    if seconds > limits.longest:
        raise CannotRun(
            name,
            f"one call takes {seconds:.0f} s, and what takes more than {limits.longest:g} s is not "
            "repeated: give `benchmark` smaller sizes",
        )
    return seconds


def _take_turns(
    sides: Mapping[str, Contender], turn: Turn, rng: random.Random, limits: Limits, clock: Clock
) -> dict[str, Ratio]:
    """Return the ratios of all sides but the first to it, from turns in the order ABBA.

    Where a graph lies in memory makes it faster or slower by some per cent: it moves as soon as a
    place has been used for as long as it took to get there.
    """
    base, *others = sides
    taken: dict[str, list[float]] = {name: [] for name in sides}
    order = rng.sample(list(sides), len(sides))
    start = arranged = clock()
    arranging = 0.0
    while True:
        for name in (*order, *reversed(order)):
            taken[name].append(sides[name].turn(turn))
        ratios = {name: ratio_of(taken[base], taken[name]) for name in others}
        blurred = max(ratios.values(), key=lambda ratio: ratio.se)
        now = clock()
        if limits.enough(blurred, now - start):
            return ratios
        if now - arranged >= arranging:
            for name in reversed(
                order
            ):  # whose turn comes next has its data at hand as after a turn
                sides[name].rearrange()
            arranged = clock()
            arranging = arranged - now
