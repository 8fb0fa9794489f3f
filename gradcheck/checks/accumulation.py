"""Gradients add: over repeated use, repeated backward, and onto a gradient already there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.checks import CHECKS, Check, needs_tape
from gradcheck.checks.bits import same_bits
from gradcheck.checks.playback import Grads, Pass, Played, gradients_after, gradients_of, play
from gradcheck.checks.projection import (
    Gradients,
    Tangents,
    draw_cotangents,
    draw_tangents,
    movable_inputs,
    of_gradients,
    output_size,
    rule_eps,
)
from gradcheck.errors import MissingCapability
from gradcheck.vocabulary import Arrays, Case, Estimate, Evidence, Fact, Step, Subject, Tape

# What goes wrong with adding loses, doubles or keeps a whole term, so half the digits suffice;
# an engine may add the parts of one pass to the leaf one by one, and where these cancel their
# rounding is larger than that of the sums compared here.
SUM_DIGITS = 0.5
ZERO_ROUNDING = 64  # eps: where the parts of a gradient cancel, what is left of them


def check_accumulation(
    subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[Evidence | Fact]:
    """Yield whether `.grad` is the sum of what every backward pass since the last clear gave."""
    if subject.tape is None:
        return
    if case.steps:
        yield from _over_steps(subject.tape, subject, case, rng)
    else:
        yield from _over_passes(subject.tape, subject, case, rng)


# ---------------------------------------------------------------- a case of steps


def _over_steps(
    tape: Tape, subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[Evidence | Fact]:
    """Compare each leaf's `.grad` with the sum of the bounded derivatives since it was cleared."""
    moves = {i: draw_tangents(subject, (i,), rng) for i in movable_inputs(subject)}
    for played in play(tape, subject, case):
        for i, tangents in moves.items():
            yield from _of_leaf(tape, subject, played, i, tangents)


def _of_leaf(
    tape: Tape,
    subject: Subject,
    played: Played,
    position: int,
    tangents: Tangents,
) -> Iterator[Evidence | Fact]:
    name = subject.names[position]
    gradient, passes = played.gradients[name], played.passes[name]
    if not passes:
        claim = f"step {played.number}: {name} has no gradient"
        # Some engines start from zeros, to which they add.
        yield Fact.either(
            claim, gradient is None or not gradient.any(), "None, or zeros", "a gradient"
        )
        return
    found = [np.zeros_like(x) for x in subject.xs]
    if gradient is not None:
        found[position] = gradient
    parts = [_of_pass(tape, subject, step, found, tangents) for step in passes]
    yield replace(
        parts[0],
        quantity=f"step {played.number}: <{name}.grad, x_dot> over {_counted(len(passes))}",
        estimate=_sum([part.estimate for part in parts]),
        output=sum(part.output for part in parts),
    )


def _counted(passes: int) -> str:
    return "1 pass" if passes == 1 else f"{passes} passes"


def _of_pass(
    tape: Tape,
    subject: Subject,
    step: Step,
    found: Gradients,
    tangents: Tangents,
) -> Evidence:
    """Return the evidence of one backward pass of `step`, started from ones."""

    def primal(*xs: np.ndarray) -> Arrays:
        leaves = {name: tape.leaf(x) for name, x in zip(subject.names, xs, strict=True)}
        return (tape.value(tape.call(step.function, leaves)),) if step.function else ()

    at_step = replace(subject, primal=primal)
    y_bars = tuple(np.ones_like(y) for y in primal(*subject.xs))
    return of_gradients(at_step, y_bars, found, tangents)


def _sum(estimates: Sequence[Estimate]) -> Estimate:
    """Add derivatives; so do their bounds and the units of their rounding."""
    return replace(
        estimates[0],
        value=sum(e.value for e in estimates),
        error=sum(e.error for e in estimates),
        magnitude=sum(e.magnitude for e in estimates),
        evaluations=sum(e.evaluations for e in estimates),
        reason=next((e.reason for e in estimates if e.reason), ""),
        clean=all(e.clean for e in estimates),
    )


# ---------------------------------------------------------------- a case of one function


def _over_passes(
    tape: Tape, subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[Fact]:
    """Run the function's own backward pass in every order that people use it in."""
    if not any(subject.differentiable) or case.function is None:
        return
    leaves = {n: tape.leaf(x) for n, x in zip(subject.names, subject.xs, strict=True)}
    y_bars = draw_cotangents(subject, rng)
    floors = _floors(subject, y_bars, rng)
    first = Pass(tape, case.function, leaves, y_bars)
    second = Pass(tape, case.function, leaves, draw_cotangents(subject, rng))
    due = [n for n, d in zip(subject.names, subject.differentiable, strict=True) if d]

    one = gradients_after(tape, leaves, [first])
    other = gradients_after(tape, leaves, [second])
    held = {n: tape.grad(leaves[n]) for n in due}
    kept = {n: None if g is None else g.copy() for n, g in held.items()}
    first.backward()
    both = gradients_of(tape, leaves)
    untouched = tuple(_held(held, kept))
    again = gradients_after(tape, leaves, [first, first])
    cleared = gradients_after(tape, leaves, [first])
    rebuilt = Pass(tape, case.function, leaves, second.y_bars)
    reused = gradients_after(tape, leaves, [first, rebuilt])
    sums: list[_Sum] = [
        ("onto a gradient already there", both, [other, one]),
        ("over the same graph twice", again, [one, one]),
        ("after cleargrad", cleared, [one]),
        ("over two uses of one input", reused, [one, other]),
    ]
    facts = [fact for each in sums for fact in _sums(floors, *each)]
    _require_sums(tape, due, facts, sums)
    yield from facts
    yield from untouched


_Sum = tuple[str, Grads, list[Grads]]


def _require_sums(
    tape: Tape, due: Sequence[str], facts: Sequence[Fact], sums: Sequence[_Sum]
) -> None:
    """Raise MissingCapability on an engine that may replace gradients, and always does."""
    if not getattr(tape, "may_replace", False) or all(fact.holds for fact in facts):
        return
    last = [(found[name], parts[-1][name]) for _, found, parts in sums for name in due]
    if all(g is not None and part is not None and same_bits(g, part) for g, part in last):
        raise MissingCapability("no gradient accumulates: each backward pass replaces the last")


def _floors(
    subject: Subject, y_bars: Arrays, rng: np.random.Generator
) -> dict[str, np.ndarray | float]:
    """By input that is due a gradient, what is left of it where its parts cancel to nothing.

    That is some rounding of <y_bar, f>, over the distance that the entry can move.
    """
    due = [i for i, is_due in enumerate(subject.differentiable) if is_due]
    size = ZERO_ROUNDING * rule_eps(subject, y_bars) * output_size(subject, y_bars)
    moves = draw_tangents(subject, due, rng)
    return {subject.names[i]: size / np.abs(np.asarray(moves[i])) for i in due}


def _sums(
    floors: Mapping[str, Any], when: str, found: Grads, parts: Sequence[Grads]
) -> Iterator[Fact]:
    for name, floor in floors.items():
        expected = [part[name] for part in parts]
        if any(g is None for g in expected) or found[name] is None:
            claim = f"the gradient of {name} adds {when}"
            missing = all(g is None for g in expected) and found[name] is None
            yield Fact.either(claim, missing, "None in all passes or in none", "None in some")
        else:
            yield _is_sum(f"the gradient of {name} adds {when}", found[name], expected, floor)


def _is_sum(claim: str, found: Any, parts: Sequence[Any], floor: Any) -> Fact:
    """Whether `found` is the sum of `parts` in half of its dtype's digits, or to `floor`."""
    share = np.finfo(found.dtype).eps ** SUM_DIGITS
    with np.errstate(invalid="ignore", over="ignore"):
        total, size = sum(parts), sum(np.abs(part) for part in parts)
        same = (np.abs(found - total) <= share * size + floor) | (found == total)
    # A NaN of the rule itself is for the check vjp to find, not a fault of the adding.
    wrong = np.argwhere(~(same | np.isnan(total)))
    if not len(wrong):
        return Fact(claim, True)
    place = tuple(int(i) for i in wrong[0])
    where = f" at {list(place)}" if place else ""
    return Fact(claim, False, f"{total[place]}{where}", f"{found[place]}")


def _held(held: Grads, kept: Grads) -> Iterator[Fact]:
    for name, gradient in held.items():
        before = kept[name]
        if gradient is not None and before is not None:
            claim = f"the gradient of {name} that someone holds is not changed by a later pass"
            same = same_bits(gradient, before)
            yield Fact.either(claim, same, "the array as it was", "other values in it")


CHECKS.register("accumulation")(
    Check(check_accumulation, rank=40, lacks=needs_tape, after=("structure",), passes=2)
)
