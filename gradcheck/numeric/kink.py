"""Kinks and steps: is there a corner or a jump at the point, and do smaller steps get past it?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from math import ceil, log2

import numpy as np

from gradcheck.numeric.level import Level
from gradcheck.numeric.line import Array, Line
from gradcheck.numeric.stencil import PAIRS

KINK_POWERS = (0.75, 1.25)
"""A residual that falls as h^p with p in this range is a corner's."""

SHARE = 0.9
"""The share of what a fit leaves over that a corner or a jump must explain to be called one."""


@dataclass(frozen=True, slots=True)
class Kink:
    """A corner at the point itself: phi ~ phi(0) + slope t + size |t|."""

    slope: float
    size: float

    @property
    def slopes(self) -> tuple[float, float]:
        """The one-sided derivatives, from the left and from the right."""
        return self.slope - self.size, self.slope + self.size


def is_corner(level: Level) -> bool:
    """Is what the fit leaves over that of |t - d| for a d that is small beside the step?"""
    # Two terms take up the curvature, and leave enough residuals to make chance improbable.
    return _explained(level, 2, np.zeros(PAIRS), np.arange(1.0, PAIRS + 1))


def is_step(level: Level) -> bool:
    """Is what the fit leaves over a jump at t = 0, one value on each side?"""
    # phi(0) may lie on either side or between, so the odd and even parts are free of each other.
    return _explained(level, 1, np.ones(PAIRS), np.ones(PAIRS))


def _explained(level: Level, terms: int, odd: Array, even: Array) -> bool:
    """Do these shapes of the odd and even parts explain what a fit of so many terms leaves?"""
    stencil = level.stencil
    total = explained = 0.0
    for rows, part, shape in (
        (stencil.odd_residuals[terms - 1], level.odd, odd),
        (stencil.even_residuals[terms - 1], level.even, even),
    ):
        left, model = rows @ part, rows @ shape
        total += float(left @ left)
        if shape.any():
            along = float(left @ model)
            explained += along * along / float(model @ model)
    # Beyond 1e154 squares are infinite, and explain nothing.
    return 0.0 < total < math.inf and explained >= SHARE * total


def kink_size(level: Level) -> float:
    """The a of a |t| in the even part: what all even terms leave over, along what |t| leaves."""
    rows = level.stencil.even_residuals[-1]
    left, corner = rows @ level.even, rows @ np.arange(1.0, PAIRS + 1)
    return float(left @ corner) / (float(corner @ corner) * level.step)


def resolve_kink(line: Line, level: Level, size: float, least_step: float) -> float | None:
    """Return a t such that (-t/2, t/2) holds no corner; None if it is at the point.

    Bisects in log t, two pairs each: 4 e(t) - e(2t) cancels the quadratic term.  A corner at d
    shows from t = 0.6 d on, but for a gap around 1.5 d where its two shares cancel.
    """
    if size == 0.0:
        return level.step / 16
    clear = max(least_step, 2.0 ** ceil(log2(64.0 * level.noise / abs(size) + least_step)))
    if _corner_shows(line, clear, size):
        return None
    seen = level.step
    while seen > 8 * clear:
        middle = 2.0 ** round(0.5 * (log2(seen) + log2(clear)))
        if _corner_shows(line, middle, size):
            seen = middle
        else:
            clear = middle
    return clear


def _corner_shows(line: Line, t: float, size: float) -> bool:
    line.reserve((t, -t, 2 * t, -2 * t))
    near = line.sample(t).change + line.sample(-t).change
    far = line.sample(2 * t).change + line.sample(-2 * t).change
    return bool(abs(float(4 * near - far)) >= 0.5 * abs(size) * t)
