"""The slope at the edge of a domain, from values on one side only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np

from gradcheck.numeric.level import CLEAN, PHASED_STEP, PROBES, horner
from gradcheck.numeric.line import Array, Line, Sample
from gradcheck.numeric.stencil import FORWARD_POINTS, forward_stencil

LEVELS = 8
SHRINKING = 8.0
FAR_SHRINKING = 512.0
GOAL = 1e-8
SAFETY = 3.0
"""One side has no even part to show a missed term: its truncation error counts three times."""

BETWEEN = (426085 / 2**20, 3571823 / 2**20, 8028161 / 2**20)
"""Values of t / h off the points of a level: see `gradcheck.numeric.level` for why."""

STALLED = 0.95
TAIL_SAFETY = 1.5

LOOKAHEAD = 3
"""A degree is compared with so many of the next ones."""


@dataclass(frozen=True, slots=True)
class OneSided:
    """A one-sided slope: signed spacing, value, bound, what the fit left over, and its `terms`.

    `coarse` is the slope of the lowest degree, the slowest to converge.
    """

    step: float
    slope: Any
    coarse: Any
    bound: float
    residual: float
    rounding: float
    magnitude: float
    terms: Array

    @property
    def clean(self) -> bool:
        return self.residual <= 2.0 * CLEAN * self.rounding

    def good(self, scale: float) -> bool:
        return self.clean and self.bound <= GOAL * max(abs(float(self.slope)), scale)


def one_sided(line: Line, step: float, scale: float) -> OneSided | None:
    """Return the slope from t = k h on the side of `step`'s sign; None if no level is finite."""
    found: list[OneSided] = []
    for _ in range(LEVELS):
        level = measure_side(line, step, scale)
        if level is not None:
            found.append(level)
        if level is not None and level.good(scale):
            if _holds_near_zero(line, level):
                break
            found.clear()
        # Noise, or a corner too close to the edge for these steps: look far below.
        step /= FAR_SHRINKING if _worsens(found) else SHRINKING
    return _choose(found)


def _worsens(found: Sequence[OneSided]) -> bool:
    return len(found) > 2 and found[-1].bound > 4.0 * min(level.bound for level in found)


def _choose(found: Sequence[OneSided]) -> OneSided | None:
    """Lepski's choice again: by increasing step while all intervals overlap."""
    kept: list[OneSided] = []
    if found and not found[-1].clean:
        found = _widened(found)
    for level in reversed(found):
        gaps = (abs(float(level.slope - a.slope)) - level.bound - a.bound for a in kept)
        if any(gap > 0.0 for gap in gaps):
            break
        kept.append(level)
    return min(kept, key=lambda level: level.bound, default=None)


def _widened(found: Sequence[OneSided]) -> list[OneSided]:
    """Slow convergence, as of x sqrt(x): no bound below what is still to come.

    Changes from step to step that fall by a factor q leave a geometric tail, q / (1 - q) of the
    last one; where they do not fall there is noise, which the bound has already.
    """
    changes = [abs(float(b.coarse - a.coarse)) for a, b in pairwise(found)]
    if len(changes) < 2 or not all(changes):
        return list(found)
    ratios = [after / before for before, after in pairwise(changes)]
    # The first two levels have no change before theirs: they borrow the first ratio.
    ratios = [ratios[0], ratios[0], *ratios]
    changes = [changes[0] / ratios[0], *changes]
    return [
        replace(level, bound=max(level.bound, _tail(change, ratio)))
        for level, change, ratio in zip(found, changes, ratios, strict=True)
    ]


def _tail(change: float, ratio: float) -> float:
    return TAIL_SAFETY * change * max(ratio / (1.0 - ratio), 1.0) if ratio < STALLED else 0.0


def measure_side(line: Line, step: float, scale: float) -> OneSided | None:
    """Sample one level on the side of `step`'s sign; None where phi is not finite."""
    ts = [k * step for k in range(FORWARD_POINTS, 0, -1)]
    between = [ratio * step for ratio in BETWEEN] if abs(step) < PHASED_STEP else []
    line.reserve([*ts, *between])
    samples = []
    for t in ts:  # the far points first: they leave the domain first
        samples.append(line.sample(t))
        if not samples[-1].finite:
            return None
    gaps = [line.sample(t).change for t in between]
    return _best(line, step, scale, samples[::-1], gaps)


def _best(
    line: Line, step: float, scale: float, samples: Sequence[Sample], between: Sequence[Any]
) -> OneSided:
    """The degree of least bound; at small steps the fit must hold `between` its points too."""
    stencil = forward_stencil(line.extended)
    changes = np.array([0.0, *(s.change for s in samples)], stencil.slopes.dtype)
    magnitude = max(s.magnitude for s in (line.origin, *samples))
    rounding = max(s.rounding for s in samples) or 0.5 * line.eps * magnitude
    unit = float(np.abs(changes).max()) or 1.0
    slopes = [unit * d / step for d in (stencil.slopes @ (changes / unit)).tolist()]
    left = stencil.residuals @ (changes / unit)
    noise = max(rounding, line.argument_rounding * max(scale, abs(float(slopes[-1]))))
    found = []
    for i, degree in enumerate(stencil.degrees):
        slope = slopes[degree - 1]
        residual = unit * sqrt(float(left[i] @ left[i]) / stencil.freedom[i])
        terms = stencil.terms[i] @ changes
        misfits = [
            abs(float(change - ratio * horner(terms, ratio))) / 2
            for change, ratio in zip(between, BETWEEN, strict=False)
        ]
        residual = max(residual, *misfits, 0.0)
        later = slopes[degree : degree + LOOKAHEAD]
        truncation_error = max(abs(float(d - slope)) for d in later)
        noise_gain = stencil.quantiles[i] * stencil.norms[degree - 1] / abs(step)
        bound = SAFETY * truncation_error + noise_gain * max(residual, noise)
        bound += stencil.sums[degree - 1] / abs(step) * rounding
        found.append(OneSided(step, slope, slopes[1], bound, residual, noise, magnitude, terms))
    return min(found, key=lambda level: level.bound)


def _holds_near_zero(line: Line, level: OneSided) -> bool:
    """Does the fit hold at much smaller t?"""
    ts = [ratio * level.step for ratio in PROBES]
    line.reserve(ts)
    allowed = 8.0 * max(level.residual, level.rounding) + 2.0 * level.rounding
    gaps = (
        abs(float(line.sample(t).change - ratio * horner(level.terms, ratio)))
        - level.bound * abs(t)
        for t, ratio in zip(ts, PROBES, strict=True)
    )
    return all(gap <= allowed for gap in gaps)
