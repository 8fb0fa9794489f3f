"""One level: 13 values of phi at spacing h, the fits to them, and the bound of each.

With o_k, e_k the odd and even parts of phi's change at k h, D_j = W_j . o / h for j odd terms, and
sigma_j the root mean square of what j odd and j even terms leave over, the error of D_j is at most

    B_j = max_{i>j} |D_i - D_j| + T max(sigma_j, noise) ||W_j||_2 / (sqrt(2) h) + fl ||W_j||_1 / h

where T is Student's quantile and fl the rounding of phi.  The even parts see |x| at its kink, which
no odd part can.

At small steps the rounding inside f is a sawtooth in t, which equal spacings can meet in phase: a
clean straight line of a wrong slope.  There sigma_j counts four points between the others as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log2, sqrt
from typing import Any

import numpy as np

from gradcheck.numeric.line import Array, Line, Sample
from gradcheck.numeric.stencil import BETWEEN, PAIRS, CentralStencil, central_stencil

CLEAN = 16.0
"""A fit is clean when it leaves over at most this many roundings."""

PHASED_STEP = 2.0**-16
"""Below this step points between the others are looked at."""

PROBES = (2.0**-4, 2.0**-9, 2.0**-15)
"""A clean fit is confirmed at these t / h."""


@dataclass(frozen=True, slots=True)
class Fit:
    """phi'(0) from j odd terms: `slope` = D_j, `residual` = sigma_j, and what B_j is made of."""

    terms: int
    slope: Any
    residual: float
    truncation_error: float
    noise_gain: float
    rounding_gain: float

    def bound(self, noise: float, rounding: float) -> float:
        """B_j when phi's noise is known to be at least `noise`."""
        noise_error = self.noise_gain * max(self.residual, noise)
        return self.truncation_error + noise_error + self.rounding_gain * rounding


@dataclass(frozen=True, slots=True)
class Answer:
    """A slope with its bound, and the fit that it came from."""

    slope: Any
    bound: float
    fit: Fit


@dataclass(frozen=True, slots=True)
class Level:
    """What 13 values at spacing `step` say.

    `residual` is the least of the fits'; `noise` the rounding that the values must have, `ceiling`
    the most that it can come to; `largest` bounds |phi|; `variation` is max phi - min phi;
    `repeating` the share of equal neighbours on the side that has fewer of them, 0 where one side
    only is constant; `half_constant` says that one is, or both.
    """

    step: float
    fits: tuple[Fit, ...]
    odd: Array
    even: Array
    residual: float
    rounding: float
    noise: float
    ceiling: float
    largest: float
    variation: float
    repeating: float
    half_constant: bool

    @property
    def clean(self) -> bool:
        return self.residual <= CLEAN * self.ceiling

    @property
    def stencil(self) -> CentralStencil:
        return central_stencil(self.odd.dtype == np.longdouble)

    @property
    def constant(self) -> bool:
        return self.variation == 0.0

    def best(self, noise: float = 0.0, tolerated: float = np.inf) -> Answer | None:
        """The fit of least bound among those that leave over no more than `tolerated`."""
        noise = max(noise, self.noise)
        answers = [
            Answer(fit.slope, fit.bound(noise, self.rounding), fit)
            for fit in self.fits
            if fit.residual <= tolerated
        ]
        return min(answers, key=lambda answer: answer.bound, default=None)

    def answer(self, noise: float = 0.0) -> Answer:
        """The fit of least bound."""
        best = self.best(noise)
        assert best is not None
        return best


def measure(line: Line, step: float, scale: float) -> Level | None:
    """Sample the level at `step`; None where phi is not finite at one of its points.

    `scale` is the known size of the derivative, which sets what rounding x + t u does to phi.
    """
    ts = [k * step for k in range(PAIRS, 0, -1)]
    line.reserve([*ts, *(-t for t in ts)])
    ups: list[Sample] = []
    downs: list[Sample] = []
    for t in ts:  # the far points first: they leave the domain first
        for side, samples in ((t, ups), (-t, downs)):
            sample = line.sample(side)
            if not sample.finite:
                return None
            samples.append(sample)
    between = _between(line, step) if step < PHASED_STEP else None
    return _level(line, step, scale, ups[::-1], downs[::-1], between)


def _between(line: Line, step: float) -> list[Any]:
    ts = [ratio * step for ratio in BETWEEN]
    line.reserve(ts)
    return [line.sample(t).change for t in ts]


def _level(
    line: Line,
    step: float,
    scale: float,
    ups: Sequence[Sample],
    downs: Sequence[Sample],
    between: Sequence[Any] | None,
) -> Level:
    dtype: Any = np.longdouble if line.extended else np.float64
    up = np.array([s.change for s in ups], dtype)
    down = np.array([s.change for s in downs], dtype)
    odd, even = (up - down) / 2, (up + down) / 2
    stencil = central_stencil(line.extended)
    fits = _fits(stencil, step, odd, even)
    if between is not None:
        fits = _with_misfits(stencil, fits, odd, even, np.array(between, dtype))
    samples = [*ups, *downs]
    largest = max(s.magnitude for s in (line.origin, *samples))
    rounding = max(s.rounding for s in samples) or 0.5 * line.eps * largest
    slope = max(scale, abs(float(fits[-1].slope)))
    changes = [*down.tolist()[::-1], 0.0, *up.tolist()]
    equal = [a == b for a, b in pairwise(changes)]
    left, right = sum(equal[:PAIRS]), sum(equal[PAIRS:])
    return Level(
        step=step,
        fits=fits,
        odd=odd,
        even=even,
        residual=min(fit.residual for fit in fits),
        rounding=rounding,
        noise=max(rounding, line.argument_rounding * slope),
        ceiling=max(rounding, *(s.ceiling for s in samples)) + line.argument_rounding * slope,
        largest=largest,
        variation=float(max(changes) - min(changes)),
        repeating=0.0 if left != right and PAIRS in (left, right) else min(left, right) / PAIRS,
        half_constant=PAIRS in (left, right),
    )


def _fits(stencil: CentralStencil, step: float, odd: Array, even: Array) -> tuple[Fit, ...]:
    # In units of the largest part, so that no square overflows or vanishes.
    unit = max(float(np.abs(odd).max()), float(np.abs(even).max())) or 1.0
    slopes = [unit * d / step for d in (stencil.slopes @ (odd / unit)).tolist()]
    odd_left = stencil.odd_residuals @ (odd / unit)
    even_left = stencil.even_residuals @ (even / unit)
    squares = (odd_left * odd_left).sum(axis=1) + (even_left * even_left).sum(axis=1)
    return tuple(
        Fit(
            terms=j,
            slope=slopes[j - 1],
            residual=unit * sqrt(2.0 * float(square) / freedom),
            truncation_error=float(max(abs(d - slopes[j - 1]) for d in slopes[j:])),
            noise_gain=quantile * norm / (sqrt(2.0) * step),
            rounding_gain=total / step,
        )
        for j, square, freedom, quantile, norm, total in zip(
            stencil.terms,
            squares.tolist(),
            stencil.freedom,
            stencil.quantiles,
            stencil.norms,
            stencil.sums,
            strict=False,
        )
    )


def _with_misfits(
    stencil: CentralStencil, fits: Sequence[Fit], odd: Array, even: Array, between: Array
) -> tuple[Fit, ...]:
    """No residual below what the fit is off by between its points."""
    misfits = stencil.odd_between @ odd + stencil.even_between @ even - between
    return tuple(
        replace(fit, residual=max(fit.residual, float(np.abs(misfit).max()) / 2))
        for fit, misfit in zip(fits, misfits, strict=True)
    )


def exponent(above: Level, below: Level) -> float:
    """The power p of residual ~ h^p: 0 is noise, 1 a kink, more is smooth."""
    tiny = sys.float_info.min
    fall = log2(max(above.residual, tiny) / max(below.residual, tiny))
    return fall / log2(above.step / below.step)


def failing_probe(
    line: Line, level: Level, answer: Answer, noise: float, least_step: float
) -> float | None:
    """Compare the fit with phi at much smaller t; return the first t / h where they disagree."""
    allowed = 8.0 * max(answer.fit.residual, level.noise, noise) + 2.0 * level.rounding
    parts = _polynomial(level, answer.fit.terms)
    for ratio in PROBES:
        t = ratio * level.step
        if t < least_step:
            return None
        line.reserve((t, -t))
        up, down = line.sample(t).change, line.sample(-t).change
        odd, even = parts(ratio)
        limit = answer.bound * t + allowed
        odd_off, even_off = abs(0.5 * (up - down) - odd), abs(0.5 * (up + down) - even)
        if not (odd_off <= limit and even_off <= 1.5 * limit):
            return ratio
    return None


def _polynomial(level: Level, terms: int) -> Callable[[float], tuple[Any, Any]]:
    """The fit's odd and even parts as functions of t / h."""
    odd_terms = (level.stencil.odd_terms[terms - 1] @ level.odd).tolist()
    even_terms = (level.stencil.even_terms[terms - 1] @ level.even).tolist()

    def parts(ratio: float) -> tuple[Any, Any]:
        square = ratio * ratio
        return ratio * horner(odd_terms, square), horner(even_terms, square)

    return parts


def horner(coefficients: Sequence[Any] | Array, x: float) -> Any:
    """Evaluate the polynomial of these coefficients, constant term first."""
    total: Any = 0.0
    for coefficient in coefficients[::-1]:
        total = total * x + coefficient
    return total
