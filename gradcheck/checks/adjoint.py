"""<y_bar, J x_dot> = <J^T y_bar, x_dot>: the two modes against each other, nothing numerical."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_jvp, needs_vjp
from gradcheck.checks.jvp import as_given, pushed
from gradcheck.checks.projection import (
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
from gradcheck.vocabulary import Case, Estimate, Evidence, Fact, Subject

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
    forward = products(pushed(subject, tangents), y_bars)
    reverse = products(gradients(subject, y_bars), tangents)
    eps = rule_eps(subject, y_bars)
    norm, median = sizes(reverse)
    return Evidence(
        quantity="<J^T y_bar, x_dot> = <y_bar, J x_dot>",
        inputs=moved(subject, tangents),
        analytic=total(reverse),
        estimate=Estimate(total(forward), 0.0, eps=eps, clean=True),
        norm=norm,
        median=median,
        direction_norm=0.0,
        eps=eps,
        noise=lost(eps, output_size(subject, y_bars), forward, reverse)
        + underflow(subject.xs, tangents)
        + underflow(y_bars, y_bars),
    )


def lost(eps: float, output: float, *sides: np.ndarray) -> float:
    """What both sides of an identity may have lost to rounding, and the function before them."""
    return ROUNDING * eps * (output + sum(sizes(terms)[0] for terms in sides))


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
