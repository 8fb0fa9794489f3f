"""Tangents to probe along and cotangents to project on.

Entries carry a full mantissa: directions of few bits correlate the rounding errors of a stencil's
points and make its bound too small.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcheck.numeric import length

Array = np.ndarray[Any, np.dtype[Any]]

SMALLEST = 1e-3
"""Entries smaller than this fraction of the root mean square move as if they were that large."""

REBALANCE = (2.0**-6, 8.0)
"""How far `rebalanced` may shrink or stretch a step."""


def direction(x: Array, rng: np.random.Generator) -> Array:
    """Return a random direction in the proportions of `x`, in float64 or complex128.

    Each entry is sign * scale * r with r uniform in [1, 2): a step t along it changes every entry
    of `x` by about the same fraction, so t has no unit.  Complex inputs move independently in
    their real and imaginary parts.
    """
    return np.asarray(_signed(x, rng) * _scale(x))


def rebalanced(x: Array, gradient: Array, rng: np.random.Generator) -> Array:
    """Return a direction that steps further where `gradient` is small, so that it is seen there.

    The scale of entry i is multiplied by median|g| / |g_i|, held within `REBALANCE`; an entry of
    gradient zero is stretched as far as allowed, one that is not finite is left alone.
    """
    size = np.abs(_wide(gradient))
    usable = np.isfinite(size) & (size > 0)
    median = np.median(size[usable]) if usable.any() else 1.0
    with np.errstate(over="ignore", under="ignore"):
        stretch = median / np.where(usable, size, median)
    stretch = np.where(size == 0, REBALANCE[1], np.clip(stretch, *REBALANCE))
    return np.asarray(direction(x, rng) * stretch)


def cotangent(y: Array, rng: np.random.Generator) -> Array:
    """Return a random cotangent for `y`: signed, magnitudes in [1, 2), in float64 or complex128."""
    return _signed(y, rng)


def _signed(like: Array, rng: np.random.Generator) -> Array:
    """Return random signs times uniforms in [1, 2), complex where `like` is."""
    values = _signed_real(np.shape(like), rng)
    if np.iscomplexobj(like):
        values = np.asarray(values + 1j * _signed_real(np.shape(like), rng))
    return values


def _signed_real(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    signs = 1.0 - 2.0 * rng.integers(0, 2, shape)
    return np.asarray(signs * rng.uniform(1.0, 2.0, shape))


def _scale(x: Array) -> Array:
    """Return s_i = max(|x_i|, 1e-3 rms(x)), rms(x) for zero entries, 1 if all are zero."""
    size = np.abs(_wide(x))
    finite = np.isfinite(size)
    known = size if finite.all() else size[finite]
    rms = length(known) / math.sqrt(max(known.size, 1))
    if rms == 0.0:
        return np.ones(size.shape)
    return np.asarray(np.where(size == 0, rms, np.maximum(size, SMALLEST * rms)))


def _wide(x: Array) -> Array:
    """Return `x` in float64 or complex128."""
    return np.asarray(x, dtype=np.complex128 if np.iscomplexobj(x) else np.float64)
