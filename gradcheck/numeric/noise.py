"""Noise: is a smooth function of another slope hidden below it, are there jumps, or neither?"""

from __future__ import annotations

from math import sqrt

import numpy as np

from gradcheck.numeric.choice import overlap
from gradcheck.numeric.level import Answer, Level, measure
from gradcheck.numeric.line import Line, OutOfBudget
from gradcheck.numeric.stencil import PAIRS

# Not powers of two: noise tied to the bits of t must not line up with the levels above.
TINY_STEPS = (1.625 * 2.0**-32, 1.625 * 2.0**-41)

ANOTHER = 0.6180339887498949
"""The golden ratio is as far as can be from every ratio of small integers."""

FEW = 2.0**-6
"""Where jumps are few, most second differences are below this share of the largest."""

JUMP_RATIO = 1.00001
"""A gap that opens within this ratio of t is a jump."""


def second_opinion(line: Line, scale: float, noise: float, best: Answer) -> Level | None:
    """Return a tiny level where phi is smooth with another slope than `best`, if there is one."""
    for step in TINY_STEPS:
        level = _smooth(line, step, scale, noise)
        if level and not overlap(level.answer(), best) and _is_again(line, level, scale, noise):
            return level
    return None


def _smooth(line: Line, step: float, scale: float, noise: float) -> Level | None:
    level = measure(line, step, scale)
    if level is None or level.repeating >= 0.3 or level.residual > noise / 10:
        return None
    return level


def _is_again(line: Line, level: Level, scale: float, noise: float) -> bool:
    """Is the same seen at another spacing?  One that meets a sawtooth in phase is one of many."""
    try:
        other = _smooth(line, ANOTHER * level.step, scale, noise)
    except OutOfBudget:
        return True  # nothing speaks against it
    return other is not None and overlap(other.answer(), level.answer())


def jumps(line: Line, smooth: Level, noisy: Level) -> bool:
    """Does phi leave the tangent of the `smooth` level by a jump on its way to the `noisy` one?

    Rounding inside f makes phi piecewise smooth, each piece with a wrong slope; true structure
    leaves its tangent by degrees, and a pole too when looked at closely.
    """
    slope = smooth.answer().slope

    def gap(t: float) -> float:
        return abs(float(line.sample(t).change - slope * t))

    ts = [sign * k * noisy.step for k in range(1, PAIRS + 1) for sign in (1, -1)]
    far = max(ts, key=gap)
    near = float(np.copysign(smooth.step, far))
    threshold = noisy.residual / 4
    while far / near > JUMP_RATIO:
        middle = near * sqrt(far / near)
        if gap(middle) < threshold:
            near = middle
        else:
            far = middle
    return gap(near) < gap(far) / 4


def has_few_jumps(level: Level) -> bool:
    """Is phi smooth between most of the level's points, so that its pieces are longer than h?

    Rounding breaks phi into pieces that no step of some size misses; its jumps are everywhere.
    """
    up, down = level.even + level.odd, level.even - level.odd
    values = np.concatenate([down[::-1], np.zeros(1), up]).astype(float)
    bends = np.abs(np.diff(values, 2))
    return bool(np.median(bends) <= FEW * bends.max())
