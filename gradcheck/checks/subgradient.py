"""`kink: subgradient`: entries at a kink are tested alone, each between its own one-sided slopes.

A common interval would hide a zero rule: relu with half of its inputs at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from gradcheck.checks.projection import (
    Tangents,
    draw_cotangents,
    draw_tangents,
    evidence,
    gradients,
    movable_inputs,
    products,
    rule_eps,
    total,
    widened,
)
from gradcheck.entry import entry_name, index_of
from gradcheck.judge import RULE_ROUNDING, judge
from gradcheck.numeric import one_sided_derivatives
from gradcheck.vocabulary import Arrays, Case, Estimate, Fact, Finding, Subject, Verdict

FEW = 3  # kinks that a message names

Terms = Callable[[Subject, Arrays, Tangents], np.ndarray]
"""What a rule says of a projection, term by term."""


def in_reverse(subject: Subject, y_bars: Arrays, tangents: Tangents) -> np.ndarray:
    """Return the terms of <J^T y_bar, x_dot>."""
    return products(gradients(subject, y_bars), tangents)


def held_at_kinks(
    subject: Subject, case: Case, rng: np.random.Generator, terms: Terms = in_reverse
) -> tuple[Subject, list[Fact]]:
    """Return the subject with its entries at kinks held still, and what a rule says at each."""
    y_bars = draw_cotangents(subject, rng)
    masks: list[np.ndarray | None] = [None] * len(subject.xs)
    facts: list[Fact] = []
    for i in movable_inputs(subject):
        whole = draw_tangents(subject, (i,), rng)
        direction = np.asarray(whole[i])
        kinked = list(_kinked(subject, case, y_bars, whole, i, np.arange(direction.size), terms))
        masks[i] = np.isin(np.arange(direction.size), kinked).reshape(direction.shape)
        facts += [
            _between(subject, y_bars, _only(whole, i, entry), i, entry, terms) for entry in kinked
        ]
    return replace(subject, held=tuple(masks)), facts


def _kinked(
    subject: Subject,
    case: Case,
    y_bars: Arrays,
    whole: Tangents,
    position: int,
    entries: np.ndarray,
    terms: Terms,
) -> Iterator[int]:
    """Yield the entries whose own derivative cannot be decided, halving what cannot be together."""
    moves = _only(whole, position, entries)
    found = evidence(subject, y_bars, moves, terms(subject, y_bars, moves))
    if judge(found, case.tolerance).verdict is not Verdict.INCONCLUSIVE:
        return
    if len(entries) == 1:
        if found.estimate.reason == "kink":
            yield int(entries[0])
        return
    for half in np.array_split(entries, 2):
        yield from _kinked(subject, case, y_bars, whole, position, half, terms)


def _only(whole: Tangents, position: int, entries: np.ndarray | int) -> Tangents:
    """The direction over some entries of one input."""
    direction = np.asarray(whole[position])
    masked = np.zeros_like(direction)
    masked.flat[entries] = direction.flat[entries]
    return tuple(masked if i == position else None for i in range(len(whole)))


def kinks(subject: Subject, case: Case, position: int, rng: np.random.Generator) -> Finding | None:
    """Return the first few entries of an input that stand at a kink, with their slopes."""
    y_bars = draw_cotangents(subject, rng)
    whole = draw_tangents(subject, (position,), rng)
    everything = np.arange(subject.xs[position].size)
    found = _kinked(subject, case, y_bars, whole, position, everything, in_reverse)
    told = [
        _slopes_told(subject, y_bars, _only(whole, position, entry), position, entry)
        for entry in islice(found, FEW)
    ]
    return Finding("kink", "; ".join(told)) if told else None


def _slopes_told(
    subject: Subject, y_bars: Arrays, moves: Tangents, position: int, entry: int
) -> str:
    x, name = subject.xs[position], subject.names[position]
    value, direction = x.flat[entry].item(), _reach(moves, position, entry)
    ends = sorted(side.value / direction for side in _sides(subject, y_bars, moves))
    low, high = (f"{end + 0.0:.6g}" for end in ends)  # no -0
    return f"{entry_name(name, index_of(entry, x.shape))} = {value:.6g} (slopes {low} and {high})"


def _reach(moves: Tangents, position: int, entry: int) -> float:
    """How far an entry moves, with its sign; a complex one has none."""
    reach = np.asarray(moves[position]).flat[entry]
    return float(abs(reach) if np.iscomplexobj(reach) else reach)


def _sides(subject: Subject, y_bars: Arrays, moves: Tangents) -> tuple[Estimate, Estimate]:
    return one_sided_derivatives(
        subject.primal,
        tuple(map(widened, subject.xs)),
        moves,
        tuple(map(widened, y_bars)),
        budget=subject.budget,
    )


def _between(
    subject: Subject, y_bars: Arrays, moves: Tangents, position: int, entry: int, terms: Terms
) -> Fact:
    low, high = sorted(_sides(subject, y_bars, moves), key=lambda side: side.value)
    slope = total(terms(subject, y_bars, moves))
    rounding = RULE_ROUNDING * rule_eps(subject, y_bars) * abs(slope)
    holds = low.value - low.error - rounding <= slope <= high.value + high.error + rounding
    direction = _reach(moves, position, entry)
    name = entry_name(subject.names[position], index_of(entry, subject.xs[position].shape))
    ends = sorted(side.value / direction + 0.0 for side in (low, high))  # no -0
    return Fact(
        f"d <y_bar, y> / d {name} at its kink lies between the slopes",
        bool(holds),
        f"{ends[0]:.10g} to {ends[1]:.10g}",
        f"{slope / direction:.10g}",
    )
