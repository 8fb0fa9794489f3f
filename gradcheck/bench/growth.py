"""How cost grows with size: the exponent of a power law, with its standard error."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

LEAST_SIZE = 1_000
"""Sizes from here on are fitted, if there are three: below, what every call costs counts too."""


def fitted(sizes: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """Return p of seconds = c sizes**p, by least squares on logarithms, and its standard error.

    The error is what the scatter around the line says, nan for two points.
    """
    x, y = np.log(sizes), np.log(seconds)
    x = x - x.mean()
    spread = float(x @ x)
    p = float(x @ y) / spread
    if len(sizes) < 3:
        return p, math.nan
    residuals = y - y.mean() - p * x
    return p, math.sqrt(float(residuals @ residuals) / (len(sizes) - 2) / spread)


def large(sizes: Sequence[float]) -> list[float]:
    """Return the sizes that say how cost grows."""
    beyond = [size for size in sizes if size >= LEAST_SIZE]
    return beyond if len(beyond) >= 3 else list(sizes)
