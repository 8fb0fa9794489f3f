"""Are two arrays the same, bit by bit?"""

from __future__ import annotations

import numpy as np


def same_bits(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    """Whether shape, dtype and every bit agree: the same NaN is the same, 0.0 is not -0.0."""
    if a is None or b is None:
        return a is b
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype in (np.longdouble, np.clongdouble):
        # Its 80 bits are padded with whatever was there.
        return _same_parts(a.real, b.real) and _same_parts(a.imag, b.imag)
    return a.tobytes() == b.tobytes()


def _same_parts(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a), np.signbit(b))
