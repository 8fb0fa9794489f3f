"""The forward mode: random projections of J x_dot against the numerical derivative."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_jvp
from gradcheck.checks.confirmation import Answer, thought_over
from gradcheck.checks.projection import (
    Tangents,
    draw_cotangents,
    draw_tangents,
    gradients,
    moves_of,
    products,
    sizes,
)
from gradcheck.checks.subgradient import held_at_kinks
from gradcheck.vocabulary import Arrays, Case, Evidence, Fact, Subject


def check_jvp(subject: Subject, case: Case, rng: np.random.Generator) -> Iterator[Evidence | Fact]:
    """Yield one projection for each differentiable input, and one more over all of them."""
    if case.kink == "subgradient":
        subject, at_kinks = held_at_kinks(subject, case, rng, in_forward_mode)
        yield from at_kinks
    # Once where there is one input: the check adjoint looks in further directions, exactly.
    for moving in dict.fromkeys(moves_of(subject)):
        y_bars = draw_cotangents(subject, rng)
        tangents = as_given(subject, draw_tangents(subject, moving, rng))
        y_dots = pushed(subject, tangents)
        if wrong := [fact for fact in _shapes(y_dots, y_bars) if not fact.holds]:
            yield from wrong
            return
        least = _size_in_reverse(subject, y_bars, tangents)
        rule = partial(_answer, tangents)
        yield thought_over(subject, case, y_bars, tangents, (y_dots, y_bars), rule, least=least)


def _answer(tangents: Tangents, subject: Subject, y_bars: Arrays) -> Answer:
    return pushed(subject, as_given(subject, tangents)), y_bars


def in_forward_mode(subject: Subject, y_bars: Arrays, tangents: Tangents) -> np.ndarray:
    """Return the terms of <y_bar, J x_dot>."""
    return products(*_answer(tangents, subject, y_bars))


def _size_in_reverse(subject: Subject, y_bars: Arrays, tangents: Tangents) -> float:
    """||g * x_dot||_2 where there is a reverse mode: one output may be small by chance."""
    if subject.vjp is None:
        return 0.0
    norm = sizes(products(gradients(subject, y_bars), tangents))[0]
    return norm if math.isfinite(norm) else 0.0


def as_given(subject: Subject, tangents: Tangents) -> Tangents:
    """Round tangents to their inputs' dtypes: a rule gets what the derivative is taken along."""
    pairs = zip(tangents, subject.xs, strict=True)
    return tuple(None if u is None else u.astype(x.dtype) for u, x in pairs)


def pushed(subject: Subject, tangents: Tangents) -> Arrays:
    """Return J x_dot, with zeros for inputs that do not move."""
    assert subject.jvp is not None
    pairs = zip(tangents, subject.xs, strict=True)
    return subject.jvp(subject.xs, tuple(np.zeros_like(x) if u is None else u for u, x in pairs))


def _shapes(y_dots: Arrays, y_bars: Arrays) -> Iterator[Fact]:
    count = f"{len(y_bars)} tangents"
    yield Fact("one tangent for each output", len(y_dots) == len(y_bars), count, f"{len(y_dots)}")
    for k, (y_dot, y_bar) in enumerate(zip(y_dots, y_bars, strict=False)):
        claim = f"the tangent of output {k} has its shape"
        same = y_dot.shape == y_bar.shape
        yield Fact(claim, same, f"shape {y_bar.shape}", f"shape {y_dot.shape}")


CHECKS.register("jvp")(
    Check(check_jvp, rank=32, applies=is_function, lacks=needs_jvp, optional=True)
)
