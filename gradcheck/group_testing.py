"""Group testing: the few wrong ones among many coordinates, from answers about weighted sums.

What a rule is off by is linear: coordinates weighed by w are off by sum_i w_i e_i together.  Where
one alone is wrong, the sums for w = 1 and for w = position tell which, for their ratio is its
position.  What they point at is asked by itself; where it is not all that is wrong, the rest of its
group follows by subtraction and is halved (Dorfman 1943 tested groups; the centre of gravity is
what numbers add to yes and no).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

TYPICAL = 0.125  # what errors come to as a share of what is allowed for them, or less


@dataclass(frozen=True, slots=True)
class Sum:
    """sum_i w_i e_i, and how much of it may be error: infinitely much where nothing is known."""

    off: float
    allowed: float

    @property
    def excess(self) -> float:
        """How far beyond what is allowed; not above zero where nothing is shown to be wrong."""
        return abs(self.off) - self.allowed

    def without(self, part: Sum) -> Sum:
        return Sum(self.off - part.off, self.allowed + part.allowed)


UNKNOWN = Sum(0.0, math.inf)

Ask = Callable[[np.ndarray, np.ndarray], Sum]
"""What the coordinates in the first array are off by, with the weights in the second."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Coordinates in order, what they are off by, and whether pointing at one has failed."""

    members: np.ndarray
    total: Sum
    missed: bool = False


def wrong_groups(whole: Group, ask: Ask, most: int) -> Iterator[Group]:
    """Yield up to `most` of the smallest groups in `whole` that are wrong: of one coordinate each,
    unless more cannot be told apart.

    Groups that are off by more come first, as far as their sums tell.
    """
    stack = _failing(whole)
    count = 0
    while stack and count < most:
        group = stack.pop()
        parts = _parts(group, ask) if len(group.members) > 1 else []
        # What cannot be divided is found: nothing that is left is worth waiting for.
        stack.extend(sorted(parts, key=lambda part: (len(part.members) == 1, part.total.excess)))
        if not parts:
            count += 1
            yield group


def _asked(members: np.ndarray, ask: Ask) -> Group:
    return Group(members, ask(members, np.ones(len(members))))


def _failing(*groups: Group) -> list[Group]:
    return [group for group in groups if group.total.excess > 0]


def _parts(group: Group, ask: Ask) -> list[Group]:
    """Return the failing ones of two parts of a group."""
    pointed = None if group.missed else _pointed_at(group, ask)
    chosen = np.arange(len(group.members) // 2) if pointed is None else pointed
    part = _asked(group.members[chosen], ask)
    others = np.delete(group.members, chosen)
    rest = Group(others, group.total.without(part.total))
    found = _failing(part, rest) or _failing(_asked(others, ask))
    if pointed is None or part in found:
        return found
    return [replace(found[0] if found else group, missed=True)]


def _pointed_at(group: Group, ask: Ask) -> np.ndarray | None:
    """Return where in the group a single wrong coordinate stands; None if that says nothing."""
    last = len(group.members) - 1
    positions = np.linspace(-1.0, 1.0, last + 1)
    moment = ask(group.members, positions)
    if not math.isfinite(moment.allowed + moment.off + group.total.off):
        return None
    centre = moment.off / group.total.off
    error = (moment.allowed + abs(centre) * group.total.allowed) / abs(group.total.off)
    if abs(centre) > 1 + error:
        return None  # faults of both signs: no single one stands out there
    place, reach = last * (np.clip(centre, -1, 1) + 1) / 2, TYPICAL * last * error / 2
    first, stop = round(max(place - reach, 0)), round(min(place + reach, last)) + 1
    return np.arange(first, stop) if 2 * (stop - first) <= last + 1 else None
