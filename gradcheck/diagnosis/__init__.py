"""Which kind of mistake a wrong gradient is: one file a kind, a hypothesis about projections."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.checks.bits import same_bits
from gradcheck.checks.playback import Pass
from gradcheck.checks.projection import draw_cotangents, draw_tangents, gradients, of_gradients
from gradcheck.judge import RULE_ROUNDING
from gradcheck.registry import Registry
from gradcheck.vocabulary import Arrays, Case, Evidence, Finding, Runs, Subject, Tape


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


# ---------------------------------------------------------------- how an engine walks its graph


@dataclass(frozen=True, slots=True)
class Walk:
    """A function on an engine's tape, to be taken backward in any order of passes.

    `several` says that what failed took several passes, and not one.
    """

    tape: Tape
    function: Callable[..., Any]
    names: tuple[str, ...]
    xs: Arrays
    y_bars: Arrays
    several: bool = False

    def leaves(self) -> dict[str, Any]:
        """Return fresh leaves."""
        return {n: self.tape.leaf(x) for n, x in zip(self.names, self.xs, strict=True)}

    def over(self, leaves: Mapping[str, Any]) -> Pass:
        """Return a pass over a graph of its own from `leaves`."""
        return Pass(self.tape, self.function, leaves, self.y_bars)

    def runs(self) -> Runs:
        """Return what ran how often in one pass; nothing on an engine that does not show it."""
        play = getattr(self.tape, "runs", None)
        return play(self.function, self.leaves()) if play else Runs()


WalkDiagnosis = Callable[[Walk], "Finding | None"]

WALK_DIAGNOSES: Registry[WalkDiagnosis] = Registry("walk diagnosis", "gradcheck.diagnosis")


def diagnose_walk(
    subject: Subject, case: Case, rng: np.random.Generator, *, several: bool
) -> list[Finding]:
    """Return the first hypothesis that fits the way in which an engine with a tape goes backward.

    `several` says that what failed took several passes.  Further ones would be consequences.
    """
    functions = [case.function, *(step.function for step in case.steps)]
    function = next(filter(None, functions), None)
    if subject.tape is None or function is None:
        return []
    # What it plays is users' code, which may raise: that is no explanation of the failure.
    with contextlib.suppress(Exception):
        walk = Walk(subject.tape, function, subject.names, subject.xs, ())
        ys = walk.over(walk.leaves()).values()
        y_bars = tuple(_cotangent(y, rng) for y in ys)
        walk = replace(walk, y_bars=y_bars, several=several or bool(case.steps))
        findings = (WALK_DIAGNOSES[kind](walk) for kind in WALK_DIAGNOSES)
        return [finding for finding in findings if finding is not None][:1]
    return []


def _cotangent(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.uniform(1.0, 2.0, y.shape) if y.dtype.kind in "fc" else y, y.dtype)
