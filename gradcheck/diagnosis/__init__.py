"""Which kind of mistake a wrong gradient is: one file a kind, a hypothesis about projections."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.checks.bits import same_bits
from gradcheck.checks.projection import draw_cotangents, draw_tangents, gradients, of_gradients
from gradcheck.judge import RULE_ROUNDING
from gradcheck.registry import Registry
from gradcheck.vocabulary import Evidence, Finding, Subject


@dataclass(frozen=True, slots=True)
class Suspect:
    """What is known of an input whose gradient is wrong.

    `projections` are random ones over all of its entries; `halves()` measures two over the halves
    of a random split: what is wrong everywhere shows in both, a few wrong entries in one.
    `repeats()` tells whether the rule gives the same gradient again.
    """

    name: str
    projections: Sequence[Evidence]
    halves: Callable[[], Sequence[Evidence]]
    repeats: Callable[[], bool]


Diagnosis = Callable[[Suspect], "Finding | None"]

DIAGNOSES: Registry[Diagnosis] = Registry("diagnosis", "gradcheck.diagnosis")
PROJECTIONS = 3  # a ratio that three random projections share is no accident


def diagnose(subject: Subject, position: int, rng: np.random.Generator) -> list[Finding]:
    """Return every hypothesis that fits the gradient of the input at `position`."""
    suspect = Suspect(
        name=subject.names[position],
        projections=[_projected(subject, position, rng) for _ in range(PROJECTIONS)],
        halves=lambda: _halves(subject, position, rng),
        repeats=lambda: _repeats(subject, position, rng),
    )
    findings = (DIAGNOSES[kind](suspect) for kind in DIAGNOSES)
    return [finding for finding in findings if finding is not None]


def _halves(subject: Subject, position: int, rng: np.random.Generator) -> list[Evidence]:
    half = np.asarray(rng.integers(0, 2, subject.xs[position].shape), dtype=bool)
    masks = [mask for mask in (half, ~half) if not mask.all()]
    return [_projected(_holding(subject, position, mask), position, rng) for mask in masks]


def _repeats(subject: Subject, position: int, rng: np.random.Generator) -> bool:
    y_bars = draw_cotangents(subject, rng)
    first, second = (gradients(subject, y_bars)[position] for _ in range(2))
    return same_bits(first, second)


def _projected(subject: Subject, position: int, rng: np.random.Generator) -> Evidence:
    y_bars = draw_cotangents(subject, rng)
    tangents = draw_tangents(subject, (position,), rng)
    return of_gradients(subject, y_bars, gradients(subject, y_bars), tangents)


def _holding(subject: Subject, position: int, mask: np.ndarray) -> Subject:
    held = tuple(mask if i == position else None for i in range(len(subject.xs)))
    return replace(subject, held=held)


def is_multiple(factor: float, projections: Sequence[Evidence]) -> bool:
    """Whether every projection is `factor` times the true one, within its bound and rounding."""
    return all(
        math.isfinite(e.analytic)
        and abs(e.analytic - factor * e.estimate.value)
        <= (abs(factor) + 1) * (e.estimate.error + RULE_ROUNDING * e.eps * e.norm)
        for e in projections
    )
