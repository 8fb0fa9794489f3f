"""<y_bar, J x_dot> = <J^T y_bar, x_dot>: the two modes against each other, nothing numerical."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_jvp, needs_vjp
from gradcheck.checks.jvp import as_given, pushed
from gradcheck.checks.projection import (
    Tangents,
    draw_cotangents,
    draw_tangents,
    gradients,
    moved,
    moves_of,
    output_size,
    products,
    rule_eps,
    sizes,
    total,
    underflow,
)
from gradcheck.vocabulary import Arrays, Case, Estimate, Evidence, Fact, Subject

ROUNDING = 64  # eps: what the terms of either side may have lost, in the root of their squares


def check_adjoint(
    subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[Evidence | Fact]:
    """Yield one comparison of the modes for each differentiable input, and one over all."""
    for moving in moves_of(subject):
        yield _compared(subject, moving, rng)


def _compared(subject: Subject, moving: tuple[int, ...], rng: np.random.Generator) -> Evidence:
    y_bars = draw_cotangents(subject, rng)
    tangents = as_given(subject, draw_tangents(subject, moving, rng))
    reverse = products(gradients(subject, y_bars), tangents)
    forward = products(pushed(subject, tangents), y_bars)
    quantity = "<J^T y_bar, x_dot> = <y_bar, J x_dot>"
    return identity(quantity, subject, y_bars, tangents, reverse, forward)


def identity(
    quantity: str,
    subject: Subject,
    y_bars: Arrays,
    tangents: Tangents,
    left: np.ndarray,
    right: np.ndarray,
) -> Evidence:
    """Return the sums of two sides that should be equal, terms by terms, as evidence.

    Nothing is numerical here: what may differ is what both sides, and the function before them,
    have lost to rounding.
    """
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
        direction_norm=0.0,
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
