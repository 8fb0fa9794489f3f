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
    products,
    rule_eps,
    sizes,
    total,
)
from gradcheck.judge import RULE_ROUNDING
from gradcheck.vocabulary import Case, Estimate, Evidence, Fact, Subject


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
    # The forward mode is known to its own rounding, as the reverse mode is.
    known = Estimate(total(forward), RULE_ROUNDING * eps * sizes(forward)[0], clean=True)
    norm, median = sizes(reverse)
    return Evidence(
        quantity="<J^T y_bar, x_dot> = <y_bar, J x_dot>",
        inputs=moved(subject, tangents),
        analytic=total(reverse),
        estimate=known,
        norm=norm,
        median=median,
        direction_norm=0.0,
        eps=eps,
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
