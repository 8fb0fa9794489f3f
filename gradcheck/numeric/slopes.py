"""The slopes of all outputs at once, from one level: to choose an output by, never to judge one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.numeric.line import BEYOND_DOMAIN, moved
from gradcheck.numeric.stencil import PAIRS, central_stencil


def output_slopes(
    f: Callable[..., tuple[NDArray[Any], ...]],
    primals: Sequence[NDArray[Any]],
    tangents: Sequence[NDArray[Any] | None],
    step: float,
) -> tuple[NDArray[Any], ...]:
    """Return d/dt f(x + t u) at t = 0, an array for each output, without a bound.

    It takes 12 evaluations, spaced by `step`, and the order-12 stencil; whatever is not finite
    stays so, and NaN is where f raises beyond its domain.  A bounded derivative of one of the
    outputs has to confirm what is read from it.
    """
    weights = central_stencil().slopes[PAIRS - 1].tolist()

    def at(t: float) -> tuple[NDArray[Any], ...]:
        try:
            return f(*(moved(x, u, t) for x, u in zip(primals, tangents, strict=True)))
        except BEYOND_DOMAIN:
            return tuple(np.full_like(total, np.nan) for total in totals)

    with np.errstate(all="ignore"):
        totals = [np.zeros_like(y, np.result_type(y, np.float64)) for y in f(*primals)]
        for k, weight in enumerate(weights, 1):
            for total, up, down in zip(totals, at(k * step), at(-k * step), strict=True):
                total += weight / (2 * step) * np.subtract(up, down, dtype=total.dtype)
    return tuple(totals)
