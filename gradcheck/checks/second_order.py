"""The derivative of the derivative: vjp(x, y_bar) as a function of both its arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function
from gradcheck.checks.adjoint import identity
from gradcheck.checks.jvp import as_given
from gradcheck.checks.projection import (
    Gradients,
    Tangents,
    draw_cotangents,
    draw_tangents,
    movable_inputs,
    products,
)
from gradcheck.checks.subgradient import held_at_kinks
from gradcheck.checks.vjp import projected
from gradcheck.vocabulary import Arrays, Case, Evidence, Fact, Subject


def check_second_order(
    subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[Evidence | Fact]:
    """Yield a projection of the second derivative in x and y_bar, and the Hessian's symmetry.

    With `kink: subgradient` the entries where the first or second derivative jumps have no part.
    """
    if case.kink == "subgradient":
        subject = _smooth_part(subject, case, rng)
    if not movable_inputs(subject):
        return
    y_bars = draw_cotangents(subject, rng)
    second = derived(subject, y_bars)
    everything = tuple(movable_inputs(second))
    # Inputs and cotangents together: an engine derives them from one rule.
    yield replace(projected(second, case, everything, rng), quantity="<v, d vjp>")
    yield _symmetry(subject, case, y_bars, rng)


def _smooth_part(subject: Subject, case: Case, rng: np.random.Generator) -> Subject:
    subject, _ = held_at_kinks(subject, case, rng)
    if not movable_inputs(subject):
        return subject
    second, _ = held_at_kinks(derived(subject, draw_cotangents(subject, rng)), case, rng)
    return replace(subject, held=tuple(map(_either, subject.held, second.held)))


def _either(one: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    masks = [mask for mask in (one, other) if mask is not None]
    return np.logical_or.reduce(masks) if masks else None


def derived(subject: Subject, y_bars: Arrays) -> Subject:
    """Return vjp as a subject of its own: a function of x and y_bar with vjp_vjp as its rule.

    Inputs that are due no gradient stay inputs, without being differentiated; their gradients are
    no outputs, and those of entries that are held are zeros.
    """
    count = len(subject.xs)
    due = movable_inputs(subject)

    def primal(*arrays: np.ndarray) -> Arrays:
        assert subject.vjp is not None
        xs = arrays[:count]
        found = subject.vjp(xs, arrays[count:])
        filled = (np.zeros_like(xs[i]) if (g := found[i]) is None else g for i in due)
        return tuple(map(partial(_free, subject), due, filled))

    def rule(arrays: Arrays, v: Arrays) -> tuple[np.ndarray | None, ...]:
        free = tuple(map(partial(_free, subject), due, v))
        by_xs, by_y_bars = _vjp_vjp(subject, arrays[:count], arrays[count:], due, free)
        return (*by_xs, *by_y_bars)

    return Subject(
        names=(*subject.names, *(f"y_bar{k}" for k in range(len(y_bars)))),
        xs=(*subject.xs, *y_bars),
        differentiable=(*subject.differentiable, *(y.dtype.kind in "fc" for y in y_bars)),
        primal=primal,
        vjp=rule,
        budget=subject.budget,
        held=(*subject.held, *(None for _ in y_bars)) if subject.held else (),
    )


def _free(subject: Subject, position: int, array: np.ndarray) -> np.ndarray:
    """Zeros in the place of the entries of an input that are held."""
    held = subject.held[position] if subject.held else None
    return array if held is None else np.where(held, array.dtype.type(0), array)


def _vjp_vjp(
    subject: Subject, xs: Arrays, y_bars: Arrays, due: list[int], v: Arrays
) -> tuple[Arrays, Arrays]:
    """Call the rule with a cotangent for every gradient: zeros for those that are no outputs."""
    assert subject.vjp_vjp is not None
    weights = [np.zeros_like(x) for x in xs]
    for i, weight in zip(due, v, strict=True):
        weights[i] = weight
    return subject.vjp_vjp(xs, y_bars, tuple(weights))


def _symmetry(subject: Subject, case: Case, y_bars: Arrays, rng: np.random.Generator) -> Evidence:
    """<v, H w> = <w, H v> for the Hessian H of <y_bar, f>, to the rounding of both sides."""
    due = movable_inputs(subject)
    v, w = (_along(subject, due, rng) for _ in range(2))

    def sides(subject: Subject, y_bars: Arrays) -> tuple[np.ndarray, np.ndarray]:
        at = as_given(subject, v), as_given(subject, w)
        left, right = (products(_hessian(subject, y_bars, due, a), b) for a, b in (at, at[::-1]))
        return left, right

    return identity("<v, H w> = <w, H v>", subject, case, y_bars, v, sides)


def _along(subject: Subject, due: list[int], rng: np.random.Generator) -> Tangents:
    return as_given(subject, draw_tangents(subject, due, rng))


def _hessian(subject: Subject, y_bars: Arrays, due: list[int], v: Gradients) -> Gradients:
    weights = tuple(np.asarray(v[i]) for i in due)
    return _vjp_vjp(subject, subject.xs, y_bars, due, weights)[0]


def _lacks(subject: Subject, case: Case) -> str:
    return "" if subject.vjp_vjp and subject.vjp else "the engine offers no second derivative"


CHECKS.register("second_order")(
    Check(
        check_second_order,
        rank=36,
        applies=is_function,
        lacks=_lacks,
        after=("structure", "vjp"),
        optional=True,
    )
)
