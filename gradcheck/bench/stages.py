"""What changed, from the sessions measured: one session suspects, fresh ones decide.

Rounds of one process are not independent: noise sits between processes and between moments, so
that no test on rounds means anything.  The rule was chosen by comparing code with itself, and with
copies made slower on purpose: `python -m tox run -e duel` measures both again.
"""

from __future__ import annotations

import enum
import math
import statistics
from collections.abc import Sequence

from gradcheck.bench.ratio import Ratio, pooled

SUSPECT = math.log1p(0.015)
"""A session whose estimate is further from zero asks for fresh sessions."""

CHANGED = math.log1p(0.025)
"""How far the median of the fresh sessions must be from zero, and ..."""

AGREED = math.log1p(0.0125)
"""... each of three quarters of them, on the same side."""

BLURRED = 0.015
"""Or one whose standard error is larger."""

PLAIN = 1.5
"""Fresh sessions say nothing whose confidence interval is wider than +-2.5 %, but for a change that
is so many times larger than that."""

SESSIONS = 4
SESSIONS_UNPINNED = 6
MOST_SESSIONS = 20
"""Processes of the same code may lie so in memory that they differ by 2 %: more of them decide."""


class Change(enum.Enum):
    """What became of a case between two sides, worst first.

    ERROR: the new side cannot run it; UNSURE: it was measured, and scatters too much; MAYBE and
    NO_VERDICT are of saved files; NO_BASE: the old side has nothing to compare with.
    """

    SLOWER = "slower"
    ERROR = "error"
    UNSURE = "unsure"
    MAYBE = "maybe"
    NO_BASE = "no base"
    NO_VERDICT = "no verdict"
    FASTER = "faster"
    SAME = "same"
    SKIPPED = "skipped"

    def __str__(self) -> str:
        return self.value


def is_suspect(screen: Ratio) -> bool:
    """Whether one session leaves it open that something changed."""
    return abs(screen.log_ratio) > SUSPECT or screen.se > BLURRED


def is_blurred(sessions: Sequence[Ratio]) -> bool:
    """Whether fresh sessions scatter too much to say anything, whatever their estimate."""
    whole = pooled(sessions)
    return whole.width > max(CHANGED, abs(whole.log_ratio) / PLAIN)


def is_open(sessions: Sequence[Ratio]) -> bool:
    """Whether more sessions may decide: these are blurred, or their interval holds the threshold.

    Which side of it the estimate lies on does not count.
    """
    whole = pooled(sessions)
    return is_blurred(sessions) or abs(abs(whole.log_ratio) - CHANGED) < whole.width


def change_of(screen: Ratio, sessions: Sequence[Ratio]) -> Change:
    """Return what fresh sessions say; the one that called for them must not contradict."""
    logs = [session.log_ratio for session in sessions]
    if is_blurred(sessions):
        return Change.UNSURE
    if screen.log_ratio > 0 and _is_above(logs):
        return Change.SLOWER
    if screen.log_ratio < 0 and _is_above([-log for log in logs]):
        return Change.FASTER
    return Change.SAME


def _is_above(logs: Sequence[float]) -> bool:
    agreeing = sum(log > AGREED for log in logs)
    return statistics.median(logs) > CHANGED and 4 * agreeing >= 3 * len(logs)
