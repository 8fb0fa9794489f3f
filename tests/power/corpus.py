"""Functions at points where differencing is hard, with references from mpmath to 70 digits.

Each formula is written once, against a namespace `m` that is NumPy's (with SciPy's special
functions) or mpmath's.  Where the formula is not differentiable at the point the case gives the
one-sided slopes instead, infinite where there are none: an honest claim covers both or is wide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import mpmath as mp
import numpy as np
from scipy import special

from tests.power.disturbances import Primal
from tests.power.formulas import Function, functions

DIGITS = 70

SCIPY = ("erf", "gamma", "gammaln", "digamma", "j0")
PLAIN = ("sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "sinh", "cosh", "floor", "sign")
INVERSE = ("asin", "acos", "atan", "asinh", "acosh", "atanh")
FLOAT64 = SimpleNamespace(
    **{name: getattr(np, name) for name in (*PLAIN, *INVERSE)},
    **{name: getattr(special, name) for name in SCIPY},
    log1p=np.log1p,
    expm1=np.expm1,
    abs=np.abs,
    rint=np.rint,
    maximum=np.maximum,
    minimum=np.minimum,
    where=np.where,
)
EXACT = SimpleNamespace(
    **{name: getattr(mp, name) for name in (*PLAIN, *INVERSE, "erf", "gamma", "digamma")},
    gammaln=mp.loggamma,
    j0=lambda x: mp.besselj(0, x),
    log1p=lambda x: mp.log(1 + x),
    expm1=lambda x: mp.exp(x) - 1,
    abs=abs,
    rint=mp.nint,
    maximum=lambda a, b: a if a >= b else mp.mpf(b),
    minimum=lambda a, b: a if a <= b else mp.mpf(b),
    where=lambda condition, a, b: a if condition else b,
)


@dataclass(frozen=True, slots=True)
class CorpusCase:
    """One function at one point with its exact slope, or with two one-sided ones."""

    category: str
    name: str
    primal: Primal
    x: float
    slope: mp.mpf | None
    slopes: tuple[float, float] | None

    def __str__(self) -> str:
        return f"{self.name} @ {self.x:.12g}"


@cache
def corpus() -> tuple[CorpusCase, ...]:
    """Return all cases, about 320; the references take a third of a second."""
    return tuple(case for function in functions() for case in _cases(function))


def _cases(function: Function) -> Iterator[CorpusCase]:
    def primal(t: np.ndarray) -> np.ndarray:
        return np.asarray(function.formula(FLOAT64, t))

    wrapped = function.wrap(primal) if function.wrap else primal
    for x in map(float, function.points):
        slope = None if function.slopes else _slope(function, x)
        yield CorpusCase(function.category, function.name, wrapped, x, slope, function.slopes)


def _slope(function: Function, x: float) -> mp.mpf:
    with mp.workdps(DIGITS):
        if function.derivative:
            return mp.mpf(function.derivative(mp.mpf(x)))
        return mp.re(mp.diff(lambda t: function.formula(EXACT, t), mp.mpf(x)))
