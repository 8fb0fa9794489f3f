"""From a wrong projection to the wrong entries: masked bisection over inputs and outputs.

Each question is a full bounded derivative, so that the answer carries an error like any other;
log2(n) questions find one wrong entry among n, and no Jacobian is ever built.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gradcheck.checks.projection import (
    Gradients,
    draw_cotangents,
    draw_tangents,
    gradients,
    of_gradients,
)
from gradcheck.entry import entry_name, index_of, output_name
from gradcheck.judge import judge
from gradcheck.vocabulary import Arrays, Evidence, Finding, Judgement, Subject, Tolerance, Verdict

PLACES = ("entry", "entries")  # the kinds of finding that are made here
MOST = 4  # wrong entries looked for: whoever has more of them needs a kind, not a list


def wrong_entries(
    subject: Subject,
    position: int,
    tolerance: Tolerance | None,
    rng: np.random.Generator,
) -> list[Finding]:
    """Return the entries of the input at `position` that are wrong, the worst one first.

    Nothing where a fresh cotangent and direction do not show the fault again, where it cannot be
    told from rounding in a part of the entries, or for complex inputs.
    """
    direction = draw_tangents(subject, (position,), rng)[position]
    if direction is None or direction.dtype.kind == "c":
        return []
    y_bars = draw_cotangents(subject, rng)
    found = gradients(subject, y_bars)

    def ask(y_bars: Arrays, found: Gradients, entries: np.ndarray) -> Judgement:
        masked = np.zeros_like(direction)
        masked.flat[entries] = direction.flat[entries]
        moves = tuple(masked if i == position else None for i in range(len(subject.xs)))
        return judge(of_gradients(subject, y_bars, found, moves), tolerance)

    groups = list(_narrowed(np.arange(direction.size), lambda some: ask(y_bars, found, some), MOST))
    if not groups or len(groups[0]) == direction.size > 1:
        return []
    worst, others = groups[0], groups[1:]
    if len(worst) > 1:
        return [_named_groups("entry", subject, position, groups, MOST)]
    single = _one_output(y_bars, lambda bars: ask(bars, gradients(subject, bars), worst))
    answer = ask(single, gradients(subject, single), worst)
    if answer.verdict is not Verdict.FAIL:
        return []
    finding = _entry(subject, position, int(worst[0]), single, answer, direction.flat[worst[0]])
    if not others:
        return [finding]
    return [finding, _named_groups("entries", subject, position, others, MOST - 1)]


@dataclass(frozen=True, slots=True)
class _Group:
    """Entries, how far the rule is off over them together, and what is allowed of that."""

    entries: np.ndarray
    off: float
    allowed: float

    @property
    def excess(self) -> float:
        """How far beyond what is allowed; not above zero where the group does not fail."""
        return abs(self.off) - self.allowed if math.isfinite(self.off) else math.inf


def _asked(entries: np.ndarray, judgement: Judgement) -> _Group:
    """What an answer says of a group: one that is undecided does not fail."""
    found = judgement.evidence
    if judgement.verdict is not Verdict.FAIL or not isinstance(found, Evidence):
        return _Group(entries, 0.0, math.inf)
    return _Group(entries, found.analytic - found.estimate.value, judgement.tolerance)


def _narrowed(
    candidates: np.ndarray, ask: Callable[[np.ndarray], Judgement], most: int
) -> Iterator[np.ndarray]:
    """Yield up to `most` smallest failing groups, halving what fails, the worst half first."""
    whole = _asked(candidates, ask(candidates))
    stack = [whole] if whole.excess > 0 else []
    count = 0
    while stack and count < most:
        group = stack.pop()
        failing = _failing_halves(group, ask)
        stack.extend(sorted(failing, key=lambda half: half.excess))
        if not failing:
            count += 1
            yield group.entries


def _failing_halves(group: _Group, ask: Callable[[np.ndarray], Judgement]) -> list[_Group]:
    """Ask one half; a derivative is linear, so that the other half's follows from the whole's."""
    if len(group.entries) == 1:
        return []
    first, rest = np.array_split(group.entries, 2)
    judged = ask(first)
    half = _asked(first, judged)
    other = _Group(rest, math.nan, 0.0)
    if isinstance(judged.evidence, Evidence) and judged.verdict is not Verdict.INCONCLUSIVE:
        off = judged.evidence.analytic - judged.evidence.estimate.value
        other = _Group(rest, group.off - off, group.allowed + judged.tolerance)
    if not math.isfinite(other.off) or not (half.excess > 0 or other.excess > 0):
        other = _asked(rest, ask(rest))
    return [part for part in (half, other) if part.excess > 0]


def _one_output(y_bars: Arrays, ask: Callable[[Arrays], Judgement]) -> Arrays:
    """Keep the one output entry that fails the most, or all of them where halves do not fail."""
    sizes = [y_bar.size for y_bar in y_bars]
    flat = np.concatenate([y_bar.ravel() for y_bar in y_bars])

    def masked(kept: np.ndarray) -> Arrays:
        mask = np.isin(np.arange(flat.size), kept)
        parts = np.split(np.where(mask, flat, 0), np.cumsum(sizes)[:-1])
        return tuple(
            part.reshape(y_bar.shape).astype(y_bar.dtype)
            for part, y_bar in zip(parts, y_bars, strict=True)
        )

    kept = next(_narrowed(np.flatnonzero(flat), lambda some: ask(masked(some)), 1), None)
    return y_bars if kept is None else masked(kept)


def _output(y_bars: Arrays) -> tuple[int, tuple[int, ...]] | None:
    """Return the position of the only output entry that has weight, if there is only one."""
    places = [(k, tuple(map(int, i))) for k, y in enumerate(y_bars) for i in np.argwhere(y)]
    return places[0] if len(places) == 1 else None


def _entry(
    subject: Subject,
    position: int,
    entry: int,
    y_bars: Arrays,
    answer: Judgement,
    move: float,
) -> Finding:
    """Say what one entry should be and is: a derivative that anyone can compute again."""
    assert isinstance(answer.evidence, Evidence)
    x, output = subject.xs[position], _output(y_bars)
    index = index_of(entry, x.shape)
    by = entry_name(subject.names[position], index)
    of = output_name(*output) if output else "<y_bar, y>"
    per_unit = float(move) * (float(sum(y.sum() for y in y_bars)) if output else 1.0)
    expected = answer.evidence.estimate.value / per_unit
    got = answer.evidence.analytic / per_unit
    bound = answer.evidence.estimate.error / abs(per_unit)
    ratio = f"  (ratio {got / expected:.10g})" if expected else ""
    text = (
        f"d {of} / d {by} at {by} = {float(x[index]):.10g}: "
        f"expected {expected:.10g} +- {bound:.0e}, got {got:.10g}{ratio}"
    )
    return Finding("entry", text)


def _named_groups(
    kind: str, subject: Subject, position: int, groups: list[np.ndarray], most: int
) -> Finding:
    name, shape = subject.names[position], subject.xs[position].shape
    named = [
        entry_name(name, index_of(int(group[0]), shape))
        if len(group) == 1
        else f"a group of {len(group)} entries of {name}"
        for group in groups
    ]
    more = ", and perhaps more" if len(groups) == most else ""
    return Finding(kind, f"{', '.join(named)}{more}")
