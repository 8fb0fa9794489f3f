"""Where phi is finite: the step that a search starts from, or the side that it must stay on."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.numeric.line import Line
from gradcheck.numeric.stencil import PAIRS

SHRINKING = 8.0


@dataclass(frozen=True, slots=True)
class Start:
    """The first step; `side` is 0 where both sides are finite, else the sign of the one that is."""

    step: float
    side: int = 0


def find_start(line: Line, first_step: float, least_step: float) -> Start | None:
    """Shrink from `first_step` until the far point of each side is finite; None if none is."""
    right = _finite_step(line, first_step, least_step, 1)
    left = _finite_step(line, first_step, least_step, -1)
    if right and left:
        return Start(min(right, left))
    if right or left:
        return Start(right or left, 1 if right else -1)
    return None


def _finite_step(line: Line, step: float, least_step: float, side: int) -> float:
    while step >= least_step:
        if line.sample(side * PAIRS * step).finite:
            return step
        step /= SHRINKING
    return 0.0
