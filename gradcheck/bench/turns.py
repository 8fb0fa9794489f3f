"""Turns: as many calls as fill a few milliseconds, and the least of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat

from gradcheck.bench.measure import TURN

BATCH = 20e-6
"""Seconds between two looks at the clock, which itself costs 50 ns."""


REFILLED = 10 * TURN
"""Seconds of a call beside which it is little that its first find the caches full of another's."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How often a turn looks at the clock, and how many calls are made between two looks."""

    batches: int
    calls: int


def turn_for(seconds: float) -> Turn:
    """Return the turn for calls that take `seconds`: one call at least, and two of short ones."""
    calls = max(1, round(BATCH / max(seconds, 1e-9)))
    fewest = 2 if seconds < REFILLED else 1
    return Turn(max(fewest, round(TURN / (calls * max(seconds, 1e-9)))), calls)


def least(call: Callable[[], object], turn: Turn, clock: Callable[[], float]) -> float:
    """Take a turn and return the shortest seconds of one call."""
    shortest = math.inf
    for _ in range(turn.batches):
        start = clock()
        for _ in repeat(None, turn.calls):
            call()
        shortest = min(shortest, clock() - start)
    return shortest / turn.calls


def seconds_of(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return about how long a call takes once it is warm."""
    call()
    turn = Turn(1, 1)
    while (seconds := least(call, turn, clock)) * turn.calls < TURN / 5:
        turn = Turn(3, turn.calls * 4)
    return seconds
