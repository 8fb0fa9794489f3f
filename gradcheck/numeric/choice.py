"""Lepski's choice (1991): the level of least bound that all smaller steps agree with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from gradcheck.numeric.level import Answer, Level
from gradcheck.numeric.stencil import PAIRS

RESIDUAL_GROWTH = 5.0
"""A fit that leaves over more than so many times the noise of smaller steps is not resolved."""

NOISE_SHARE = 0.7
"""No bound may count on less than this share of the noise seen at smaller steps."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The levels kept with their answers, the first one `rejected`, and the `noise` seen."""

    levels: tuple[Level, ...]
    answers: tuple[Answer, ...]
    rejected: Level | None
    noise: float

    @property
    def best(self) -> tuple[Level, Answer]:
        pairs = zip(self.levels, self.answers, strict=True)
        return min(pairs, key=lambda pair: pair[1].bound)


def choose(levels: Sequence[Level], noise: float = 0.0) -> Choice:
    """Keep levels, by increasing step, while every pair of intervals overlaps.

    `noise` is what is known of phi's: the first level may leave over less of it by chance.
    """
    first = levels[0]
    noise = max(first.residual, first.noise, noise)
    kept, answers = [first], [first.answer(NOISE_SHARE * noise)]
    rejected = None
    for level in levels[1:]:
        tolerated = RESIDUAL_GROWTH * max(noise, 2.0 * level.noise)
        answer = level.best(NOISE_SHARE * noise, tolerated)
        if answer is None or not all(overlap(answer, other) for other in answers):
            rejected = level
            break
        kept.append(level)
        answers.append(answer)
        if level.residual <= RESIDUAL_GROWTH * noise:
            noise = max(noise, level.residual)
    return Choice(tuple(kept), tuple(answers), rejected, noise)


def overlap(a: Answer, b: Answer) -> bool:
    """Do the two intervals meet?"""
    return abs(float(a.slope - b.slope)) <= a.bound + b.bound


def predicted_step(level: Level, noise: float) -> float:
    """The power of two where truncation should fall to the noise; 0 if that cannot be told."""
    most, fewest = level.fits[-1].residual, level.fits[0].residual
    if not 0.0 < most < fewest / 8 or noise == 0.0:
        return 0.0
    ratio = (2.0 * noise / most) ** (1.0 / (2 * PAIRS - 3))
    return power_of_two(level.step * ratio)


def power_of_two(x: float) -> float:
    """The power of two nearest to x > 0 in ratio."""
    return float(2.0 ** round(log2(x)))
