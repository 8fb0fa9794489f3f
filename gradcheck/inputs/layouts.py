"""How an array lies in memory: what a rule that walks through memory by itself may get wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

Array = np.ndarray


def strided(values: Array) -> Array:
    """Return a view of every second element along the last axis of a larger array."""
    return np.repeat(values, 2, axis=-1)[..., ::2] if values.ndim else values


def scattered(values: Array) -> Array:
    """Return `values` with the last axis outermost, and gaps: neither in C's order nor dense."""
    return strided(values.T).T


def laid_out_like(values: Array, like: Array) -> Array:
    """Return a copy of `values` whose axes lie in memory as those of `like`, with gaps if it has.

    Both have one shape.  Axes run forwards, and no two elements share memory, whatever `like` does.
    """
    if like.flags.c_contiguous:
        return np.array(values, order="C")
    outermost_first = sorted(range(like.ndim), key=lambda axis: -abs(like.strides[axis]))
    turned = np.array(values.transpose(outermost_first), order="C")
    if not like.transpose(outermost_first).flags.c_contiguous:
        turned = strided(turned)
    return turned.transpose(np.argsort(outermost_first))


def copied(values: Array) -> Array:
    """Return a copy in the same layout, which `.copy()` would give up; it can be written."""
    return laid_out_like(values, values)


def _readonly(values: Array) -> Array:
    values.flags.writeable = False
    return values


LAYOUTS: Mapping[str, Callable[[Array], Array]] = {
    "contiguous": partial(np.asarray, order="C"),
    "fortran": partial(np.asarray, order="F"),
    "strided": strided,
    "readonly": _readonly,
}
"""The layouts that a case may declare."""
