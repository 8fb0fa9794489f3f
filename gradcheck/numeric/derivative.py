"""A numerical directional derivative that carries its own error bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.numeric.conclusion import conclude, conclude_one_sided, failure
from gradcheck.numeric.domain import Start, find_start
from gradcheck.numeric.line import Line, OutOfBudget
from gradcheck.numeric.one_sided import one_sided
from gradcheck.numeric.search import FIRST_STEP, FULL, LEAST_STEP, Precision, Search
from gradcheck.numeric.stencil import PAIRS
from gradcheck.vocabulary import Estimate


def directional_derivative(
    f: Callable[..., Any],
    primals: Sequence[NDArray[Any]],
    tangents: Sequence[NDArray[Any] | None],
    cotangents: Sequence[NDArray[Any]] | None,
    *,
    scale: float = 0.0,
    budget: int = 150,
    batched: Callable[..., Any] | None = None,
    precision: Precision = FULL,
) -> Estimate:
    """Return d/dt <y_bar, f(x + t u)> at t = 0 with a bound on its error.

    <a, b> is Re sum conj(a) b.  Usually 19 evaluations of f settle it.

    Args:
        f: takes arrays shaped as `primals`; gives an array or a tuple of them.
        primals: the point x, an array for each argument of f; each moves in its own dtype.
        tangents: the direction u, shaped as `primals`; None for an input that does not move.  The
            search begins at |t| <= 0.05, so u should be about as large as what x may change by;
            full mantissas, for directions of few bits correlate the rounding errors.
        cotangents: y_bar, shaped as the outputs; None if f gives one number.
        scale: a known size of the derivative, ||g * u||_2 of the rule under test; 0 if unknown.
        budget: evaluations of f at most.
        batched: f on several points at once: inputs and outputs have a first axis more.
        precision: the first step, and a bound that is enough.

    Returns:
        The derivative per unit of t.  `reason` is empty unless the bound exceeds 1e-3 of the
        derivative's size or cannot be trusted: kink, noise, domain edge, scale conflict,
        precision, non-determinism, budget, step or non-finite.

    Raises:
        TypeError, ValueError: an input that moves is not floating; shapes disagree.
        Exception: whatever f raises; beyond its domain (`BEYOND_DOMAIN`) it is NaN instead.

    Sources: least-squares differences with the weights of Fornberg (1988) as their limit;
    symmetric stencils after Squire and Trapp (1998); several spacings after Ridders (1982), chosen
    by Lepski's rule (1991); noise seen in differences after More and Wild (2011).

    >>> x, u = np.array(0.5), np.array(1.0)
    >>> estimate = directional_derivative(np.sin, (x,), (u,), None)
    >>> abs(estimate.value - np.cos(0.5)) <= estimate.error <= 1e-12
    True
    """
    with np.errstate(all="ignore"):
        line = Line(f, primals, tangents, cotangents, budget, batched)
        if not line.origin.finite:
            return failure(line, "non-finite")
        return _estimate(line, float(scale), precision)


def one_sided_derivatives(
    f: Callable[..., Any],
    primals: Sequence[NDArray[Any]],
    tangents: Sequence[NDArray[Any] | None],
    cotangents: Sequence[NDArray[Any]] | None,
    *,
    scale: float = 0.0,
    budget: int = 150,
) -> tuple[Estimate, Estimate]:
    """Return the derivatives of <y_bar, f(x + t u)> at t = 0 from the left and from the right.

    Where the two intervals are apart there is a kink; a rule's slope there lies between them.

    Args, errors and sources are those of `directional_derivative`; the budget is for each side.
    The left one is the slope as t grows to 0, not the derivative along -u.
    """
    with np.errstate(all="ignore"):
        lines = [Line(f, primals, tangents, cotangents, budget) for _ in range(2)]
        starts = [Start(FIRST_STEP, side) for side in (-1, 1)]
        left, right = (
            _at_edge(line, start, float(scale)) for line, start in zip(lines, starts, strict=True)
        )
    return left, right


def _estimate(line: Line, scale: float, precision: Precision) -> Estimate:
    if line.argument_rounding > FIRST_STEP:
        # x + t u is x again for most of the t's: what looks flat says nothing of f.
        return failure(line, "precision")
    search = Search(line, scale, precision)
    exhausted = False
    try:
        if search.level(precision.step) is None:
            start = find_start(line, precision.step, LEAST_STEP)
            if start is None:
                return _undefined_around(line)
            if start.side:
                return _at_edge(line, start, scale)
            search.enter_domain(start.step)
        search.descend()
        if search.finding == "noise":
            search.ask_below_noise()
        if search.accepted is None:
            search.refine()
    except OutOfBudget:
        exhausted = True
    if not search.levels:
        return failure(line, "budget" if exhausted else "non-finite")
    return conclude(search, exhausted)


def _undefined_around(line: Line) -> Estimate:
    if line.raised is not None:  # however near: its message says more than that it is not finite
        raise line.raised
    return failure(line, "non-finite")


def _at_edge(line: Line, start: Start, scale: float) -> Estimate:
    if not line.origin.finite:
        return failure(line, "non-finite")
    try:
        found = one_sided(line, start.side * 2 * start.step, scale)
    except OutOfBudget:
        return failure(line, "budget")
    return conclude_one_sided(line, found, scale, start.side * PAIRS * start.step)
