"""Gradients add: over repeated use, repeated backward, and onto a gradient already there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.checks import CHECKS, Check, needs_tape
from gradcheck.checks.bits import same_bits
from gradcheck.checks.playback import Played, play
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
        yield Fact(claim, gradient is None, "None", "a gradient")
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
    first = _Pass(tape, case, leaves, y_bars)
    second = _Pass(tape, case, leaves, draw_cotangents(subject, rng))
    due = [n for n, d in zip(subject.names, subject.differentiable, strict=True) if d]

    one = _cleared(tape, leaves, [first])
    other = _cleared(tape, leaves, [second])
    held = {n: tape.grad(leaves[n]) for n in due}
    kept = {n: None if g is None else g.copy() for n, g in held.items()}
    first.backward()
    both = _gradients(tape, leaves)
    yield from _sums("onto a gradient already there", floors, both, [other, one])
    yield from _held(held, kept)
    again = _cleared(tape, leaves, [first, first])
    yield from _sums("over the same graph twice", floors, again, [one, one])
    yield from _sums("after cleargrad", floors, _cleared(tape, leaves, [first]), [one])
    rebuilt = _Pass(tape, case, leaves, second.y_bars)
    reused = _cleared(tape, leaves, [first, rebuilt])
    yield from _sums("over two uses of one input", floors, reused, [one, other])


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


class _Pass:
    """One graph over shared leaves, with the cotangents that its backward passes start from."""

    def __init__(self, tape: Tape, case: Case, leaves: Mapping[str, Any], y_bars: Arrays) -> None:
        assert case.function is not None
        ys = tape.call(case.function, leaves)
        self._tape = tape
        self._ys = tuple(ys) if isinstance(ys, tuple | list) else (ys,)
        self.y_bars = y_bars

    def backward(self) -> None:
        for y, y_bar in zip(self._ys, self.y_bars, strict=True):
            if y_bar.dtype.kind in "fc":
                self._tape.backward(y, y_bar)


_Grads = Mapping[str, "np.ndarray | None"]


def _gradients(tape: Tape, leaves: Mapping[str, Any]) -> _Grads:
    return {n: None if (g := tape.grad(x)) is None else g.copy() for n, x in leaves.items()}


def _cleared(tape: Tape, leaves: Mapping[str, Any], passes: Sequence[_Pass]) -> _Grads:
    """Return copies of the gradients after `passes`, from cleared leaves."""
    for leaf in leaves.values():
        tape.cleargrad(leaf)
    for one in passes:
        one.backward()
    return _gradients(tape, leaves)


def _sums(
    when: str, floors: Mapping[str, Any], found: _Grads, parts: Sequence[_Grads]
) -> Iterator[Fact]:
    for name, floor in floors.items():
        expected = [part[name] for part in parts]
        if any(g is None for g in expected) or found[name] is None:
            claim = f"the gradient of {name} adds {when}"
            missing = all(g is None for g in expected) and found[name] is None
            yield Fact(claim, missing, "None in all passes or in none", "None in some")
        else:
            yield _is_sum(f"the gradient of {name} adds {when}", found[name], expected, floor)


def _is_sum(claim: str, found: Any, parts: Sequence[Any], floor: Any) -> Fact:
    """Whether `found` is the sum of `parts` in half of its dtype's digits, or to `floor`."""
    total, size = sum(parts), sum(np.abs(part) for part in parts)
    share = np.finfo(found.dtype).eps ** SUM_DIGITS
    with np.errstate(invalid="ignore"):
        same = (np.abs(found - total) <= share * size + floor) | (found == total)
    # A NaN of the rule itself is for the check vjp to find, not a fault of the adding.
    wrong = np.argwhere(~(same | np.isnan(total)))
    if not len(wrong):
        return Fact(claim, True)
    place = tuple(int(i) for i in wrong[0])
    where = f" at {list(place)}" if place else ""
    return Fact(claim, False, f"{total[place]}{where}", f"{found[place]}")


def _held(held: _Grads, kept: _Grads) -> Iterator[Fact]:
    for name, gradient in held.items():
        before = kept[name]
        if gradient is not None and before is not None:
            claim = f"the gradient of {name} that someone holds is not changed by a later pass"
            same = same_bits(gradient, before)
            yield Fact(claim, same, "the array as it was", "other values in it")


CHECKS.register("accumulation")(
    Check(check_accumulation, rank=40, lacks=needs_tape, after=("structure",))
)
