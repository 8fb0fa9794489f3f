"""Entries of small gradient beside large ones: each band of sizes is projected by itself.

A wrong entry of 1e-8 of the norm is invisible in one projection over everything, whatever its
relative fault.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.checks.projection import Gradients, Tangents, widened
from gradcheck.vocabulary import Subject

DECADES = 3  # the width of a band
MOST = 8  # bands below the largest: further down nothing is resolved in double precision


def bands(subject: Subject, found: Gradients, tangents: Tangents) -> Iterator[tuple[str, Tangents]]:
    """Yield, with its name, the direction over each band of |g_i u_i| but the largest.

    Entries whose gradient is zero are a band of their own, if others are not.
    """
    levels = [None if u is None else _level(g, u) for g, u in zip(found, tangents, strict=True)]
    there = [level[np.isfinite(level)] for level in levels if level is not None]
    if not sum(level.size for level in there):
        return
    top = max(float(level.max()) for level in there if level.size)
    depths = [None if level is None else _depth(level, top) for level in levels]
    for depth in sorted({int(d) for ds in depths if ds is not None for d in np.unique(ds)} - {0}):
        name = "of zero gradient" if depth > MOST else f"of {_size(top, depth)} of the gradient"
        yield (
            name,
            tuple(
                None if u is None or ds is None else np.asarray(np.where(ds == depth, u, 0.0))
                for u, ds in zip(tangents, depths, strict=True)
            ),
        )


def _level(gradient: np.ndarray | None, direction: np.ndarray) -> np.ndarray:
    """log10 |g_i u_i|, minus infinity for zeros."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return np.asarray(np.log10(np.abs(widened(np.asarray(gradient)) * direction)))


def _depth(level: np.ndarray, top: float) -> np.ndarray:
    """How many bands below the largest an entry is; one more than the deepest for zeros."""
    below = np.where(np.isfinite(level), top - level, 0.0) // DECADES
    below = np.minimum(below, MOST)
    return np.where(level == -np.inf, MOST + 1, below).astype(int)


def _size(top: float, depth: int) -> str:
    return f"1e-{DECADES * (depth + 1)} to 1e-{DECADES * depth}"
