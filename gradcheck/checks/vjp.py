"""The reverse mode: random projections of J^T y_bar against the numerical derivative."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_vjp
from gradcheck.checks.bands import bands
from gradcheck.checks.confirmation import confirmed
from gradcheck.checks.cotangents import suspicious
from gradcheck.checks.projection import (
    Gradients,
    draw_cotangents,
    draw_tangents,
    filled,
    gradients,
    is_defined,
    movable_inputs,
    moved_by,
    moves_of,
)
from gradcheck.checks.structure import shapes
from gradcheck.checks.subgradient import held_at_kinks
from gradcheck.judge import judge
from gradcheck.numeric import FULL, Precision
from gradcheck.vocabulary import Arrays, Case, Evidence, Fact, Judgement, Subject, Verdict

WIDER, FINER = 4.0, 1 / 16  # the step and the tolerance of a band, beside those of all entries
ELSEWHERE = 2.0**-5  # the other point is this far along a direction: inside what a level spans


def check_vjp(subject: Subject, case: Case, rng: np.random.Generator) -> Iterator[Evidence | Fact]:
    """Yield projections of the rule that together leave no kind of mistake a place to hide.

    One for each differentiable input and one over all, balanced by the gradient found, so that
    every input is seen in two directions; each has a cotangent of its own.  Then what is wrong
    only sometimes: cotangents that a rule may treat differently, entries of small gradient beside
    large ones, and another point.
    """
    if not movable_inputs(subject) or subject.vjp is None:
        return
    y_bars = draw_cotangents(subject, rng)
    found = subject.vjp(subject.xs, y_bars)
    if wrong := [fact for fact in shapes(subject, found) if not fact.holds]:
        # Broadcasting would hide them in the projections.
        yield from wrong
        return
    if case.kink == "subgradient":
        subject, at_kinks = held_at_kinks(subject, case, rng)
        yield from at_kinks
    # This very gradient is projected: a rule may be wrong in one call only.
    plain = _plain(subject, case, y_bars, filled(subject, found), rng)
    yield from plain
    finite = all(math.isfinite(evidence.analytic) for evidence in plain)
    if plain and finite and not any(_fails(evidence, case) for evidence in plain):
        yield from _sometimes(subject, case, y_bars, filled(subject, found), plain[-1], rng)


def _plain(
    subject: Subject, case: Case, y_bars: Arrays, found: Gradients, rng: np.random.Generator
) -> list[Evidence]:
    moves = moves_of(subject)
    if not moves:
        return []
    alone = [projected(subject, case, moving, rng) for moving in moves[:-1]]
    together = draw_tangents(subject, moves[-1], rng, balance=found)
    return [*alone, confirmed(subject, case, y_bars, found, together)]


def projected(
    subject: Subject, case: Case, moving: tuple[int, ...], rng: np.random.Generator
) -> Evidence:
    """Return a fresh projection of the rule that moves the inputs at positions `moving`."""
    y_bars = draw_cotangents(subject, rng)
    tangents = draw_tangents(subject, moving, rng)
    return confirmed(subject, case, y_bars, gradients(subject, y_bars), tangents)


def _sometimes(
    subject: Subject,
    case: Case,
    y_bars: Arrays,
    found: Gradients,
    usual: Evidence,
    rng: np.random.Generator,
) -> Iterator[Evidence]:
    """Look where a rule may be wrong that is right for most; keep what fails.

    These projections are beside the point that the case declares, or finer than its precision:
    that one is inconclusive says nothing of the rule, and what one detects nothing of the case.
    """
    with np.errstate(all="ignore"):  # the points and cotangents are ours, not the user's
        searched = [
            *_for_cotangents(subject, case, y_bars, found, rng),
            *_over_bands(subject, case, y_bars, found, usual, rng),
            *_nearby(subject, case, rng),
        ]
    yield from (evidence for evidence in searched if _fails(evidence, case))


def _fails(evidence: Evidence, case: Case) -> bool:
    return judge(evidence, case.tolerance).verdict is Verdict.FAIL


def _for_cotangents(
    subject: Subject, case: Case, y_bars: Arrays, found: Gradients, rng: np.random.Generator
) -> Iterator[Evidence]:
    everything = moves_of(subject)[-1]
    for name, special, gradient in suspicious(subject, y_bars, found, rng):
        tangents = draw_tangents(subject, everything, rng)
        evidence = confirmed(subject, case, special, gradient, tangents)
        yield replace(evidence, quantity=f"{evidence.quantity} for a cotangent {name}")


def _over_bands(
    subject: Subject,
    case: Case,
    y_bars: Arrays,
    found: Gradients,
    usual: Evidence,
    rng: np.random.Generator,
) -> Iterator[Evidence]:
    whole = draw_tangents(subject, moves_of(subject)[-1], rng)
    precision = _finer(judge(usual, case.tolerance))
    for name, tangents in bands(subject, found, whole, usual.output):
        evidence = confirmed(subject, case, y_bars, found, tangents, precision)
        yield replace(evidence, quantity=f"{evidence.quantity} over entries {name}")


def _nearby(subject: Subject, case: Case, rng: np.random.Generator) -> Iterator[Evidence]:
    everything = moves_of(subject)[-1]
    other = moved_by(subject, draw_tangents(subject, everything, rng), ELSEWHERE)
    if is_defined(other):
        evidence = projected(other, case, everything, rng)
        yield replace(evidence, quantity=f"{evidence.quantity} at a point nearby")


def _finer(usual: Judgement) -> Precision:
    """How a band is asked: finer than all was, in one level where that will do.

    Where little moves, wider steps do.  What then fails is asked in full.
    """
    assert isinstance(usual.evidence, Evidence)
    step = usual.evidence.estimate.step or FULL.step
    return Precision(WIDER * step, FINER * usual.tolerance)


CHECKS.register("vjp")(
    Check(
        check_vjp,
        rank=30,
        applies=is_function,
        lacks=needs_vjp,
        after=("structure",),
        has_entries=True,
        passes=1,
    )
)
