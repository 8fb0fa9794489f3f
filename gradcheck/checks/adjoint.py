"""<y_bar, J x_dot> = <J^T y_bar, x_dot>: the two modes against each other, nothing numerical."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_jvp, needs_vjp
from gradcheck.checks.confirmation import SHRINKING, in_wider, undecided
from gradcheck.checks.jvp import as_given, pushed
from gradcheck.checks.projection import (
    Tangents,
    draw_cotangents,
    draw_tangents,
    gradients,
    length_of,
    moved,
    moves_of,
    output_size,
    products,
    rule_eps,
    sizes,
    total,
    underflow,
)
from gradcheck.checks.scatter import with_scatter
from gradcheck.judge import DECIDABLE, judge
from gradcheck.vocabulary import Arrays, Case, Estimate, Evidence, Fact, Subject, Verdict

ROUNDING = 64  # eps: what the terms of either side may have lost, in the root of their squares

Sides = Callable[[Subject, Arrays], tuple[np.ndarray, np.ndarray]]
"""The terms of either side, for a point and cotangents in some precision."""


def check_adjoint(
    subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[Evidence | Fact]:
    """Yield one comparison of the modes for each differentiable input, and one over all."""
    for moving in moves_of(subject):
        yield _of_modes(subject, case, moving, rng)


def _of_modes(
    subject: Subject, case: Case, moving: tuple[int, ...], rng: np.random.Generator
) -> Evidence:
    y_bars = draw_cotangents(subject, rng)
    tangents = as_given(subject, draw_tangents(subject, moving, rng))

    def sides(subject: Subject, y_bars: Arrays) -> tuple[np.ndarray, np.ndarray]:
        reverse = products(gradients(subject, y_bars), tangents)
        return reverse, products(pushed(subject, as_given(subject, tangents)), y_bars)

    return identity("<J^T y_bar, x_dot> = <y_bar, J x_dot>", subject, case, y_bars, tangents, sides)


def identity(
    quantity: str, subject: Subject, case: Case, y_bars: Arrays, tangents: Tangents, sides: Sides
) -> Evidence:
    """Return the sums of two sides that should be equal as evidence, after second thoughts.

    Rules may cancel, and then lose more than their terms say.  Such a difference goes away with
    more digits, and one that comes from a mistake does not.
    """
    found = _equal(quantity, subject, y_bars, tangents, sides)
    if judge(found, case.tolerance).verdict is not Verdict.FAIL:
        return found
    wide = in_wider(subject, y_bars, lambda s, bars: (gradients(s, bars), tangents))
    difference = abs(found.analytic - found.estimate.value)
    if wide is None:
        return _with_scatter(found, subject, y_bars, sides)
    if not SHRINKING * _difference(wide, sides) <= difference:
        return found
    if _difference((subject, y_bars), sides) != difference:  # what is wrong now and then
        return found
    size = max(abs(found.estimate.value), found.norm)
    return replace(found, noise=difference) if difference <= DECIDABLE * size else undecided(found)


def _with_scatter(found: Evidence, subject: Subject, y_bars: Arrays, sides: Sides) -> Evidence:
    """Add what the two sides may differ by where their arguments have no more digits."""

    def off(subject: Subject, y_bars: Arrays) -> float:
        left, right = map(total, sides(subject, y_bars))
        return left - right

    return with_scatter(found, off, subject, y_bars)


def _difference(at: tuple[Subject, Arrays], sides: Sides) -> float:
    left, right = map(total, sides(*at))
    return abs(left - right)


def _equal(
    quantity: str, subject: Subject, y_bars: Arrays, tangents: Tangents, sides: Sides
) -> Evidence:
    """Return what both sides are off by as evidence.

    Nothing is numerical here: what may differ is what both sides, and the function before them,
    have lost to rounding.
    """
    left, right = sides(subject, y_bars)
    eps = rule_eps(subject, y_bars)
    norm, median = sizes(left)
    rounding = ROUNDING * eps * (output_size(subject, y_bars) + norm + sizes(right)[0])
    return Evidence(
        quantity=quantity,
        inputs=moved(subject, tangents),
        analytic=total(left),
        estimate=Estimate(total(right), 0.0, eps=eps, clean=True),
        norm=norm,
        median=median,
        direction_norm=length_of(tangents),
        eps=eps,
        noise=rounding,
        lost=underflow(subject.xs, tangents) + underflow(y_bars, y_bars),
    )


def _lacks(subject: Subject, case: Case) -> str:
    return needs_jvp(subject, case) or needs_vjp(subject, case)


CHECKS.register("adjoint")(
    Check(
        check_adjoint,
        rank=34,
        applies=is_function,
        lacks=_lacks,
        after=("structure", "vjp", "jvp"),
        optional=True,
    )
)
