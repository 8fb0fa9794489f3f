"""Ratios of two durations: an estimate with its standard error, of one session and of several."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_EFFICIENCY = 1.2533
"""sd(median) / sd(mean) of a normal sample: sqrt(pi / 2)."""

_T = (math.inf, 12.7, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)
"""Two-sided 95 % quantiles of Student's t, by degrees of freedom."""

PROCESS_SD = 0.008
"""Between processes of the same code a ratio differs by this much more than its pairs say."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """log(new / old) as the median over `pairs` of turns, with its standard error.

    `old` and `new` are the shortest seconds of one call that were seen on each side; `sessions`
    says how many pairs of fresh processes the figure rests on.
    """

    log_ratio: float
    se: float
    pairs: int
    old: float
    new: float
    sessions: int = 1

    @property
    def width(self) -> float:
        """Half the width of the 95 % confidence interval of the logarithm.

        What differs between processes is in the scatter of several, and is added to that of one.
        """
        if self.sessions > 1:
            return _quantile(self.sessions - 1) * self.se
        return _quantile(self.pairs - 1) * math.hypot(self.se, PROCESS_SD)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of new / old."""
        width = min(self.width, 700.0)  # of which exp is still a number
        return math.exp(self.log_ratio - width), math.exp(self.log_ratio + width)


def ratio_of(old: Sequence[float], new: Sequence[float]) -> Ratio:
    """Return the ratio of one session from the turns of both sides, taken in pairs (seconds)."""
    logs = [math.log(b / a) for a, b in zip(old, new, strict=True)]
    return Ratio(statistics.median(logs), standard_error(logs), len(logs), min(old), min(new))


def pooled(sessions: Sequence[Ratio]) -> Ratio:
    """Return the ratio of several sessions: their median, its error from how far they scatter.

    The error is no less than what the sessions' own pairs leave.
    """
    if len(sessions) == 1:
        return sessions[0]
    logs = [session.log_ratio for session in sessions]
    within = statistics.median(s.se for s in sessions) / math.sqrt(len(sessions))
    return Ratio(
        statistics.median(logs),
        max(standard_error(logs), within),
        sum(s.pairs for s in sessions),
        min(s.old for s in sessions),
        min(s.new for s in sessions),
        sum(s.sessions for s in sessions),
    )


def standard_error(logs: Sequence[float]) -> float:
    """Return the standard error of the median of `logs`; infinite for a single one.

    From eight on the spread is the interquartile range, which a preempted turn leaves alone.
    """
    n = len(logs)
    if n < 2:
        return math.inf
    if n < 8:
        return _EFFICIENCY * statistics.stdev(logs) / math.sqrt(n)
    low, _, high = statistics.quantiles(logs, n=4)
    return _EFFICIENCY * (high - low) / 1.349 / math.sqrt(n)


def _quantile(free: int) -> float:
    return _T[free] if free < len(_T) else 2.0
