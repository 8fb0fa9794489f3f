"""Engines on the same projections: is it one function, and one gradient?

The same seed gives the same y_bar and x_dot on every engine, so that what engines say of one
projection can be compared as it stands; the numerical derivative says who is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gradcheck.checks.confirmation import AGAIN
from gradcheck.vocabulary import Evidence, Judgement, Outcome, Verdict

ROUNDING = 1e4  # eps: what two right ways to compute one value may differ by
SAME_LENGTH = 1e-9  # two directions are one, or one shrunk by AGAIN for a second measurement


@dataclass(frozen=True, slots=True)
class Side:
    """What one engine says of a projection, per unit of the direction."""

    engine: str
    verdict: Verdict
    size: float
    """||y_bar * f(x)||_2: the function's values, with what rounding may have cost them."""
    size_error: float
    derivative: float
    gradient: float
    error: float


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The first projection on which engines differ in `kind`: values, derivatives or gradients."""

    kind: str
    check: str
    quantity: str
    inputs: tuple[str, ...]
    groups: tuple[tuple[Side, ...], ...]


def disagreements(outcomes: Mapping[str, Sequence[Outcome]]) -> list[Disagreement]:
    """Return how the engines (the keys) differ on one case: at most one of each kind.

    Where values or derivatives differ the engines have different functions, and their gradients
    are not held against each other.
    """
    found: dict[str, Disagreement] = {}
    for (check, quantity, inputs), sides in _shared(outcomes):
        for kind, same in _KINDS.items():
            groups = _grouped(sides, same)
            if len(groups) > 1:
                found.setdefault(kind, Disagreement(kind, check, quantity, inputs, groups))
                break
    return list(found.values())


_Key = tuple[str, str, tuple[str, ...]]


def _shared(outcomes: Mapping[str, Sequence[Outcome]]) -> Iterator[tuple[_Key, list[Side]]]:
    """Yield each projection with the engines that looked at it along the same direction."""
    projections = {engine: dict(_projections(several)) for engine, several in outcomes.items()}
    for key in dict.fromkeys(key for several in projections.values() for key in several):
        there = {engine: found[key] for engine, found in projections.items() if key in found}
        # A joint direction is balanced by the gradient found, and moves with a wrong one.
        length = next(iter(there.values()))[0].direction_norm
        sides = [
            _side(engine, evidence, judgement, length)
            for engine, (evidence, judgement) in there.items()
            if _is_along(evidence, length)
        ]
        if len(sides) > 1:
            yield key, sides


def _projections(
    outcomes: Sequence[Outcome],
) -> Iterator[tuple[_Key, tuple[Evidence, Judgement]]]:
    """Yield what was measured along a direction; of several that share a key the first counts."""
    seen = set()
    for outcome in outcomes:
        for judgement in outcome.judgements:
            evidence = judgement.evidence
            if not isinstance(evidence, Evidence) or not evidence.direction_norm > 0:
                continue
            if not evidence.estimate.evaluations:  # two modes of one engine, nothing numerical
                continue
            key = (outcome.check, evidence.quantity, evidence.inputs)
            if key not in seen:
                seen.add(key)
                yield key, (evidence, judgement)


def _is_along(evidence: Evidence, length: float) -> bool:
    ratio = evidence.direction_norm / length
    return any(abs(ratio - r) <= SAME_LENGTH * r for r in (1.0, AGAIN, 1 / AGAIN))


def _side(engine: str, evidence: Evidence, judgement: Judgement, length: float) -> Side:
    unit = length / evidence.direction_norm
    decided = judgement.verdict is not Verdict.INCONCLUSIVE
    return Side(
        engine=engine,
        verdict=judgement.verdict,
        size=evidence.output,
        size_error=ROUNDING * evidence.eps * (evidence.output + unit * evidence.norm),
        derivative=unit * evidence.estimate.value if decided else math.nan,
        gradient=unit * evidence.analytic,
        error=unit * judgement.tolerance,
    )


def _same_values(a: Side, b: Side) -> bool:
    return not abs(a.size - b.size) > a.size_error + b.size_error


def _same_derivative(a: Side, b: Side) -> bool:
    # Where one is undecided it is NaN, and says nothing against the other.
    return not abs(a.derivative - b.derivative) > a.error + b.error


def _same_gradient(a: Side, b: Side) -> bool:
    if a.verdict is b.verdict is Verdict.PASS:
        return True  # both are within their bounds of one derivative
    return abs(a.gradient - b.gradient) <= a.error + b.error


_KINDS: dict[str, Callable[[Side, Side], bool]] = {
    "values": _same_values,
    "derivatives": _same_derivative,
    "gradients": _same_gradient,
}


def _grouped(
    sides: Sequence[Side], same: Callable[[Side, Side], bool]
) -> tuple[tuple[Side, ...], ...]:
    """Put each engine beside the first that it agrees with."""
    groups: list[list[Side]] = []
    for side in sides:
        for group in groups:
            if same(group[0], side):
                group.append(side)
                break
        else:
            groups.append([side])
    return tuple(map(tuple, groups))
