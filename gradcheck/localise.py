"""From a wrong projection to the wrong entries of an input, and to an output that shows the worst.

Each question is a bounded derivative along a weighted part of one direction, so that the answer
carries an error like any other, and no Jacobian is ever built.  Complex numbers are two
coordinates each, the real and the imaginary part; input and output are named by one of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.checks.bands import bands
from gradcheck.checks.projection import (
    Gradients,
    Tangents,
    draw_cotangents,
    draw_tangents,
    gradients,
    of_gradients,
    products,
    total,
    widened,
)
from gradcheck.entry import entry_name, index_of, output_name
from gradcheck.group_testing import UNKNOWN, Ask, Group, Sum, wrong_groups
from gradcheck.judge import judge
from gradcheck.numeric import FULL, Precision, output_slopes
from gradcheck.vocabulary import Arrays, Evidence, Finding, Subject, Tolerance, Verdict

PLACES = ("entry", "entries")  # the kinds of finding that are made here
MOST = 5  # wrong entries looked for: whoever has more of them needs a kind, not a list
ENOUGH = 1 / 16  # of what is wrong in all: a bound that tells which part it is in


def wrong_entries(
    subject: Subject,
    position: int,
    tolerance: Tolerance | None,
    rng: np.random.Generator,
) -> list[Finding]:
    """Return the entries of the input at `position` that are wrong, the worst one first.

    Nothing where a fresh cotangent and direction do not show the fault again, or where it cannot
    be told from rounding in a part of the entries.
    """
    tangents = draw_tangents(subject, (position,), rng)
    y_bars = draw_cotangents(subject, rng)
    found = gradients(subject, y_bars)
    for part in (tangents, *(band for _, band in bands(subject, found, tangents))):
        probe = _Probe(subject, position, tolerance, y_bars, found, part)
        groups, step = _groups(probe)
        if groups:
            return _told(probe, groups, step)
    return []


@dataclass(frozen=True, slots=True)
class _Probe:
    """One cotangent with its gradient, and one direction of one input that parts are taken of."""

    subject: Subject
    position: int
    tolerance: Tolerance | None
    y_bars: Arrays
    found: Gradients
    tangents: Tangents

    @property
    def x(self) -> np.ndarray:
        return self.subject.xs[self.position]

    @property
    def direction(self) -> np.ndarray:
        """The direction, flat."""
        return np.asarray(self.tangents[self.position]).reshape(-1)

    def along(self, members: np.ndarray, moves: np.ndarray) -> Tangents:
        """Return the direction that moves some entries only."""
        flat = np.zeros_like(self.direction)
        flat[members] = moves
        part = flat.reshape(self.x.shape)
        return tuple(part if i == self.position else None for i in range(len(self.tangents)))

    def alone(self, entry: int) -> Tangents:
        """Return the direction over one entry: of a complex one, the part that is off by more."""
        move = self.direction[entry : entry + 1]
        if move.dtype.kind != "c":
            return self.along(np.array([entry]), move)
        parts = [self.along(np.array([entry]), one) for one in (move.real, 1j * move.imag)]
        return max(parts, key=lambda part: abs(self.sum_of(self.evidence(part)).off))

    def evidence(self, tangents: Tangents, precision: Precision = FULL) -> Evidence:
        return of_gradients(self.subject, self.y_bars, self.found, tangents, precision=precision)

    def fails(self, found: Evidence) -> bool:
        return judge(found, self.tolerance).verdict is Verdict.FAIL

    def sum_of(self, found: Evidence) -> Sum:
        """What an answer says; one with a reservation says nothing."""
        estimate = found.estimate
        if estimate.reason or not math.isfinite(found.analytic + estimate.value):
            return UNKNOWN
        return Sum(found.analytic - estimate.value, judge(found, self.tolerance).tolerance)


def _coordinates(array: np.ndarray) -> np.ndarray:
    """Flat real numbers, real and imaginary parts side by side."""
    return np.ascontiguousarray(array).reshape(-1).view(array.real.dtype)


# ---------------------------------------------------------------- which entries


def _groups(probe: _Probe) -> tuple[list[Group], float]:
    """Return the groups that are wrong, single entries first, and a step that suits them."""
    members = np.flatnonzero(probe.direction)
    gradient = np.asarray(probe.found[probe.position]).reshape(-1)
    lost = members[~np.isfinite(gradient[members])][:MOST]
    if lost.size:  # no question tells more of what is not finite
        return [Group(np.array([i]), Sum(math.inf, 0.0)) for i in lost], FULL.step
    whole = probe.evidence(probe.along(members, probe.direction[members]))
    if not probe.fails(whole):
        return [], FULL.step
    everything = Group(members, probe.sum_of(whole))
    groups = list(wrong_groups(everything, _asked_by(probe, whole), MOST))
    if not groups or len(groups[0].members) == len(members) > 1:
        return [], FULL.step
    groups.sort(key=lambda group: (len(group.members) > 1, -group.total.excess))
    return groups, whole.estimate.step


def _asked_by(probe: _Probe, whole: Evidence) -> Ask:
    """Return how to ask of a part: as precisely as what is wrong with the whole is large."""
    off = abs(whole.analytic - whole.estimate.value)
    precision = Precision(whole.estimate.step, ENOUGH * off)

    def ask(members: np.ndarray, weights: np.ndarray) -> Sum:
        moves = probe.along(members, weights * probe.direction[members])
        return probe.sum_of(probe.evidence(moves, precision))

    return ask


# ---------------------------------------------------------------- which output


def _by_one_output(probe: _Probe, tangents: Tangents, allowed: float, step: float) -> _Probe:
    """Return the probe with one output that shows what is wrong, if there is one."""
    bars = np.concatenate([_coordinates(y) for y in probe.y_bars])
    members = np.flatnonzero(bars)
    slopes = _slopes(probe, tangents, step) if len(members) > 1 else np.array([math.nan])
    if not np.isfinite(slopes).all():
        return probe

    def ask(some: np.ndarray, weights: np.ndarray) -> Sum:
        masked = _masked(probe.y_bars, bars, some, weights)
        said = total(products(gradients(probe.subject, masked), tangents))
        off = said - total(weights * bars[some] * slopes[some])
        return Sum(off, allowed)

    everything = np.ones(len(members))
    whole = Group(members, ask(members, everything))
    best = next(wrong_groups(whole, ask, 1), whole)
    if len(best.members) > 1:
        return probe
    y_bars = _masked(probe.y_bars, bars, best.members, np.ones(1))
    return replace(probe, y_bars=y_bars, found=gradients(probe.subject, y_bars))


def _slopes(probe: _Probe, tangents: Tangents, step: float) -> np.ndarray:
    xs = tuple(map(widened, probe.subject.xs))
    slopes = output_slopes(probe.subject.primal, xs, tangents, step)
    return np.concatenate([_coordinates(y) for y in slopes])


def _masked(y_bars: Arrays, bars: np.ndarray, some: np.ndarray, weights: np.ndarray) -> Arrays:
    """The cotangents over some of their coordinates, weighed."""
    flat = np.zeros_like(bars)
    flat[some] = weights * bars[some]
    ends = np.cumsum([_coordinates(y).size for y in y_bars])[:-1]
    parts = zip(np.split(flat, ends), y_bars, strict=True)
    return tuple(part.astype(y.real.dtype).view(y.dtype).reshape(y.shape) for part, y in parts)


# ---------------------------------------------------------------- how it is told


def _told(probe: _Probe, groups: Sequence[Group], step: float) -> list[Finding]:
    """Measure the worst entry that is confirmed in full, and name the others."""
    for group in groups:
        if len(group.members) > 1:
            break
        finding = _entry(probe, group, step)
        if finding:
            others = [other for other in groups if other is not group]
            return [finding, *_named("entries", probe, others, MOST - 1)]
    return _named("entry", probe, [group for group in groups if len(group.members) > 1], MOST)


def _entry(probe: _Probe, group: Group, step: float) -> Finding | None:
    """Say what one entry should be and is: a derivative that anyone can compute again."""
    entry = int(group.members[0])
    tangents = probe.alone(entry)
    for one in (_by_one_output(probe, tangents, group.total.allowed, step), probe):
        found = one.evidence(tangents)
        if one.fails(found):
            return Finding("entry", _of_entry(one, tangents, found))
    return None


def _of_entry(probe: _Probe, tangents: Tangents, found: Evidence) -> str:
    """d (of an output or of <y_bar, y>) / d (an entry): expected, with its bound, and got."""
    moves = _coordinates(np.asarray(tangents[probe.position]))
    member = int(np.flatnonzero(moves)[0])
    by = _part_name(probe.subject.names[probe.position], probe.x, member)
    of, weight = _output(probe.y_bars)
    per_unit = weight * float(moves[member])
    value = float(_coordinates(probe.x)[member])
    expected, got = (value / per_unit for value in (found.estimate.value, found.analytic))
    bound = found.estimate.error / abs(per_unit)
    ratio = f"  (ratio {got / expected:.10g})" if expected else ""
    return (
        f"d {of} / d {by} at {by} = {value:.10g}: "
        f"expected {expected:.10g} +- {bound:.0e}, got {got:.10g}{ratio}"
    )


def _part_name(name: str, array: np.ndarray, member: int) -> str:
    """Name a coordinate: "x[1, 0]", and "Re x[1, 0]" where there are two of them."""
    if array.dtype.kind != "c":
        return entry_name(name, index_of(member, array.shape))
    return f"{('Re', 'Im')[member % 2]} {entry_name(name, index_of(member // 2, array.shape))}"


def _output(y_bars: Arrays) -> tuple[str, float]:
    """Return the name of the only output coordinate that has weight, with its weight."""
    places = [(k, i) for k, y in enumerate(y_bars) for i in np.flatnonzero(_coordinates(y))[:2]]
    if len(places) != 1:
        return "<y_bar, y>", 1.0
    k, member = places[0]
    name = _part_name(output_name(k, ()), y_bars[k], int(member))
    return name, float(_coordinates(y_bars[k])[member])


def _named(kind: str, probe: _Probe, groups: Sequence[Group], most: int) -> list[Finding]:
    """Name wrong groups; none is nothing to say."""
    name = probe.subject.names[probe.position]
    named = [
        entry_name(name, index_of(int(group.members[0]), probe.x.shape))
        if len(group.members) == 1
        else f"a group of {len(group.members)} entries of {name}"
        for group in groups
    ]
    more = ", and perhaps more" if len(groups) == most else ""
    return [Finding(kind, f"{', '.join(named)}{more}")] if named else []
