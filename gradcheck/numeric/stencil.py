"""Weights of least-squares differences, exact in rationals, and the Student quantiles they need.

Fornberg (1988) gives the weights of interpolation.  Here fewer terms than points are fitted too,
for what such a fit leaves over measures the noise, as differences do for Moré and Wild (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import sqrt
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Real: TypeAlias = NDArray[Any]
Rationals: TypeAlias = list[list[Fraction]]

PAIRS = 6
"""A central level samples t = k h for k = -PAIRS..PAIRS."""

FORWARD_POINTS = 12
"""A one-sided level samples t = k h for k = 0..FORWARD_POINTS."""

FORWARD_DEGREES = range(2, 10)

BETWEEN = (426085 / 2**20, -1802117 / 2**20, 3571823 / 2**20, -5341181 / 2**20)
"""Values of t / h off the points of a central level: no coarse multiple of h, which a sawtooth
that meets the points in phase could meet as well."""

# Two-sided 1e-4 quantiles of Student's t by degrees of freedom.
STUDENT = {
    3: 28.000130010950002,
    4: 15.544100581546113,
    5: 11.17771007027887,
    6: 9.08234632729417,
    7: 7.884584262416738,
    8: 7.1200038827346495,
    9: 6.593682583944882,
    10: 6.211050891290746,
}


@dataclass(frozen=True, slots=True)
class CentralStencil:
    """Fits of 1..PAIRS odd and even terms to odd parts o_k and even parts e_k, k = 1..PAIRS.

    `slopes[j - 1]` are the weights W_j of phi'(0) h = W_j . o from t, t^3, .., t^(2j-1), all
    PAIRS of them.  For the `terms` j = 1..PAIRS-2 that leave something over, in the same order:
    `odd_residuals` and `even_residuals` (fits x rows x PAIRS) map the parts to what is left over,
    weighted so that every row has the variance sigma^2 / 2 under noise sigma of phi;
    `odd_terms` and `even_terms` give the coefficients of k^1, k^3, .. and of k^0, k^2, ..;
    `odd_between` and `even_between` the fit's values at BETWEEN;
    `norms` and `sums` are the 2-norms and the 1-norms of W_j; `quantiles` Student's.
    """

    terms: tuple[int, ...]
    slopes: Real
    odd_residuals: Real
    even_residuals: Real
    odd_terms: tuple[Real, ...]
    even_terms: tuple[Real, ...]
    odd_between: Real
    even_between: Real
    norms: tuple[float, ...]
    sums: tuple[float, ...]
    freedom: tuple[int, ...]
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ForwardStencil:
    """Polynomials of degree 1..FORWARD_POINTS through phi(k h) - phi(0), k = 0..FORWARD_POINTS.

    `slopes[j - 1]` are the weights of phi'(0) h at degree j; for each of FORWARD_DEGREES
    `residuals` (degrees x points x points) maps the values to what the fit leaves over, and
    `terms` to the coefficients of k, k^2, ..
    """

    degrees: tuple[int, ...]
    slopes: Real
    residuals: Real
    terms: tuple[Real, ...]
    norms: tuple[float, ...]
    sums: tuple[float, ...]
    freedom: tuple[int, ...]
    quantiles: tuple[float, ...]


@cache
def central_stencil(extended: bool = False) -> CentralStencil:
    """Return the central tables in float64, or in longdouble when `extended`."""
    dtype = np.longdouble if extended else np.float64
    odd_nodes, even_nodes = range(1, PAIRS + 1), range(PAIRS + 1)
    terms = tuple(range(1, PAIRS - 1))
    odd = [_fit(odd_nodes, range(1, 2 * j, 2)) for j in range(1, PAIRS + 1)]
    # phi(0) alone has twice the variance of the mean of a pair.
    halved = [Fraction(1, 2)] + [Fraction(1)] * PAIRS
    even = [_fit(even_nodes, range(0, 2 * j + 1, 2), halved) for j in terms]
    odd_left = [_left_over(odd_nodes, range(1, 2 * j, 2), odd[j - 1]) for j in terms]
    even_left = [_left_over(even_nodes, range(0, 2 * j + 1, 2), even[j - 1]) for j in terms]
    odd_values = [_values(range(1, 2 * j, 2), odd[j - 1]) for j in terms]
    even_values = [_values(range(0, 2 * j + 1, 2), even[j - 1]) for j in terms]
    slopes = _array([fit[0] for fit in odd], dtype)
    even_rows = np.stack([_array(rows, dtype)[:, 1:] for rows in even_left])
    even_rows[:, 0] *= np.sqrt(dtype(0.5))
    freedom = tuple(2 * (PAIRS - j) for j in terms)
    return CentralStencil(
        terms=terms,
        slopes=slopes,
        odd_residuals=np.stack([_array(rows, dtype) for rows in odd_left]),
        even_residuals=even_rows,
        odd_terms=tuple(_array(odd[j - 1], dtype) for j in terms),
        even_terms=tuple(_array(fit, dtype)[:, 1:] for fit in even),
        odd_between=np.stack([_array(rows, dtype) for rows in odd_values]),
        even_between=np.stack([_array(rows, dtype)[:, 1:] for rows in even_values]),
        norms=_norms(slopes),
        sums=_sums(slopes),
        freedom=freedom,
        quantiles=tuple(STUDENT[n] for n in freedom),
    )


@cache
def forward_stencil(extended: bool = False) -> ForwardStencil:
    """Return the one-sided tables in float64, or in longdouble when `extended`."""
    dtype = np.longdouble if extended else np.float64
    nodes = range(FORWARD_POINTS + 1)
    fits = [_fit(nodes, range(j + 1)) for j in range(1, FORWARD_POINTS + 1)]
    left = [_left_over(nodes, range(j + 1), fits[j - 1]) for j in FORWARD_DEGREES]
    slopes = _array([fit[1] for fit in fits], dtype)
    freedom = tuple(FORWARD_POINTS - j for j in FORWARD_DEGREES)
    return ForwardStencil(
        degrees=tuple(FORWARD_DEGREES),
        slopes=slopes,
        residuals=np.stack([_array(rows, dtype) for rows in left]),
        terms=tuple(_array(fits[j - 1][1:], dtype) for j in FORWARD_DEGREES),
        norms=_norms(slopes),
        sums=_sums(slopes),
        freedom=freedom,
        quantiles=tuple(STUDENT[n] for n in freedom),
    )


def _fit(
    nodes: Sequence[int], powers: Sequence[int], weights: Sequence[Fraction] | None = None
) -> Rationals:
    """Return (A^T W A)^-1 A^T W for A[i][p] = nodes[i]^powers[p]."""
    weights = weights or [Fraction(1)] * len(nodes)
    columns = [[Fraction(node) ** power for node in nodes] for power in powers]
    weighted = [[a * w for a, w in zip(column, weights, strict=True)] for column in columns]
    normal = [[_dot(row, column) for column in columns] for row in weighted]
    return _solve(normal, weighted)


def _left_over(nodes: Sequence[int], powers: Sequence[int], fit: Rationals) -> Rationals:
    """Return 1 - A fit: the map from values to what the fit leaves over."""
    columns = list(zip(*fit, strict=True))
    rows = [[Fraction(node) ** power for power in powers] for node in nodes]
    return [
        [Fraction(i == k) - _dot(row, column) for k, column in enumerate(columns)]
        for i, row in enumerate(rows)
    ]


def _values(powers: Sequence[int], fit: Rationals) -> Rationals:
    """Return the map from values at the nodes to the fit's values at BETWEEN."""
    columns = list(zip(*fit, strict=True))
    rows = [[Fraction(ratio) ** power for power in powers] for ratio in BETWEEN]
    return [[_dot(row, column) for column in columns] for row in rows]


def _solve(matrix: Rationals, right: Rationals) -> Rationals:
    """Gauss and Jordan; the normal matrix is positive definite, so no pivot is zero."""
    rows = [[*a, *b] for a, b in zip(matrix, right, strict=True)]
    for i, row in enumerate(rows):
        pivot = row[i]
        row[:] = [value / pivot for value in row]
        for k, other in enumerate(rows):
            if k != i:
                other[:] = [b - other[i] * a for a, b in zip(row, other, strict=True)]
    return [row[len(matrix) :] for row in rows]


def _dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return sum((p * q for p, q in zip(a, b, strict=True)), Fraction(0))


def _array(rationals: Rationals, dtype: type[np.floating[Any]]) -> Real:
    """Round each rational once: float64 alone would lose longdouble's last bits."""
    high = np.array([[float(r) for r in row] for row in rationals])
    low = [[float(r - Fraction(float(r))) for r in row] for row in rationals]
    return high.astype(dtype) + np.array(low).astype(dtype)


def _norms(slopes: Real) -> tuple[float, ...]:
    return tuple(sqrt(float(row @ row)) for row in slopes)


def _sums(slopes: Real) -> tuple[float, ...]:
    return tuple(float(np.abs(row).sum()) for row in slopes)
