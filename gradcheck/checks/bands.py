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


def bands(
    subject: Subject, found: Gradients, tangents: Tangents, output: float = 0.0
) -> Iterator[tuple[str, Tangents]]:
    """Yield, with its name, the direction over each band of |g_i u_i| but the largest.

    Entries whose gradient is zero are a band of their own, if others are not.  Below a quarter of
    `output`, ||y_bar f(x)||_2, the rounding of f's values hides more than that of the gradients:
    there finer bands would show nothing more, and are one.
    """
    depths, last = _depths(found, tangents, output)
    known = (np.unique(depth) for depth in depths if depth is not None)
    for depth in sorted({int(d) for some in known for d in some} - {0}):
        yield (
            _name(depth, last),
            tuple(
                None if u is None or ds is None else np.asarray(np.where(ds == depth, u, 0.0))
                for u, ds in zip(tangents, depths, strict=True)
            ),
        )


def _depths(
    found: Gradients, tangents: Tangents, output: float
) -> tuple[list[np.ndarray | None], int]:
    """Return each entry's band, and the last of them; no bands where nothing has a size."""
    levels = [None if u is None else _level(g, u) for g, u in zip(found, tangents, strict=True)]
    there = np.concatenate([level.ravel() for level in levels if level is not None])
    top = float(there.max(initial=-np.inf, where=np.isfinite(there)))
    if not np.isfinite(top):
        return [], 0
    last = _last_depth(there, top, output)
    return [None if a is None else np.minimum(_depth(a, top), last) for a in levels], last


def _last_depth(level: np.ndarray, top: float, output: float) -> int:
    """The depth from which on all entries together are below a quarter of `output`."""
    if output == 0:
        return MOST + 1
    depth = _depth(level, top)
    sizes = 10.0 ** (np.where(np.isfinite(level), level, -np.inf) - top)
    squares = np.bincount(depth.ravel(), (sizes * sizes).ravel(), MOST + 2)
    norms = np.sqrt(np.cumsum(squares[::-1])[::-1])  # of all at a depth or below
    with np.errstate(divide="ignore"):
        negligible = np.log10(norms) + top <= np.log10(output / 4)
    return max(1, int(np.argmax(negligible))) if negligible.any() else MOST + 1


def _level(gradient: np.ndarray | None, direction: np.ndarray) -> np.ndarray:
    """log10 |g_i u_i|, minus infinity for zeros."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        product = np.abs(widened(np.asarray(gradient)) * direction)
        return np.asarray(np.log10(product), dtype=np.float64)


def _depth(level: np.ndarray, top: float) -> np.ndarray:
    """How many bands below the largest an entry is; one more than the deepest for zeros."""
    below = np.where(np.isfinite(level), top - level, 0.0) // DECADES
    below = np.minimum(below, MOST)
    return np.where(level == -np.inf, MOST + 1, below).astype(np.int8)


def _name(depth: int, last: int) -> str:
    if depth > MOST:
        return "of zero gradient"
    if depth == last:
        return f"below 1e-{DECADES * depth} of the largest"
    return f"of 1e-{DECADES * (depth + 1)} to 1e-{DECADES * depth} of the largest"
