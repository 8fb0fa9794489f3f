"""From the levels of a search to an estimate: the answer, its bound, and why it is no better."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan

from gradcheck.numeric import choice
from gradcheck.numeric.level import Answer, Level, exponent, failing_probe
from gradcheck.numeric.line import Line, OutOfBudget
from gradcheck.numeric.one_sided import OneSided
from gradcheck.numeric.search import LEAST_STEP, Search
from gradcheck.numeric.stencil import FORWARD_POINTS, PAIRS
from gradcheck.vocabulary import Estimate

CRITERION = 1e-3
"""A bound above this share of the derivative's size needs a reason."""

ZERO_CRITERION = 1e4
"""A clean bound of so many roundings of sum |y_bar f| needs none: the derivative may be zero."""

KINK_MARGIN = 2.0
"""A corner widens the bound by so many times half the difference of its slopes."""


def failure(line: Line, reason: str) -> Estimate:
    """No derivative at all."""
    return Estimate(nan, inf, reason, line.origin.magnitude, line.eps, evaluations=line.evaluations)


def conclude_one_sided(line: Line, found: OneSided | None, scale: float, widest: float) -> Estimate:
    """The estimate at the edge of a domain; `widest` is a far t that was sampled."""
    if found is None:
        return failure(line, "domain edge")
    slope, error = float(found.slope), found.bound + 2.0**-53 * abs(float(found.slope))
    usable = error <= CRITERION * max(abs(slope), scale)
    return Estimate(
        value=slope,
        error=error,
        reason="" if usable else "domain edge",
        magnitude=found.magnitude,
        eps=line.eps,
        step=abs(found.step),
        points=FORWARD_POINTS + 1,
        evaluations=line.evaluations,
        clean=found.clean,
        variation=abs(float(line.sample(widest).change)) / abs(widest),
        output=line.output,
    )


def conclude(search: Search, exhausted: bool) -> Estimate:
    """The estimate from two-sided levels."""
    if search.accepted:
        return _estimate(search, *search.accepted, error=search.accepted[1].bound, reason="")
    kept = search.choose()
    level, answer = kept.best
    broken = _broken(search, kept)
    if broken:
        return _estimate(search, level, answer, error=inf, reason=broken)
    if not _usable(search, level, answer, answer.bound):
        level, answer = _zero(search) or (level, answer)
    error = answer.bound
    if search.kink:
        error += KINK_MARGIN * abs(search.kink.size)
    reason = "" if _usable(search, level, answer, error) else _reason(search, level, exhausted)
    return _estimate(search, level, answer, error=error, reason=reason)


def _estimate(
    search: Search, level: Level, answer: Answer, *, error: float, reason: str
) -> Estimate:
    value, line = float(answer.slope), search.line
    widest = max(search.levels.values(), key=lambda level: level.step)
    return Estimate(
        value=value,
        error=error + 2.0**-53 * abs(value),
        reason=reason,
        magnitude=level.largest,
        eps=line.eps,
        step=level.step,
        points=2 * PAIRS + 1,
        evaluations=line.evaluations,
        clean=level.clean,
        variation=widest.variation / (2 * PAIRS * widest.step),
        slopes=search.kink.slopes if search.kink else None,
        output=line.output,
    )


def _zero(search: Search) -> tuple[Level, Answer] | None:
    """The level that shows best that phi does not change at all, if one does.

    Far out, where intermediate values are large, their rounding may look like a kink.
    """
    clean = [(each, each.answer()) for each in search.levels.values() if each.clean]
    zeros = [pair for pair in clean if _is_zero(search, pair[0], pair[1].bound)]
    return min(zeros, key=lambda pair: pair[1].bound, default=None)


def _is_zero(search: Search, level: Level, error: float) -> bool:
    return level.clean and error <= ZERO_CRITERION * search.line.eps * level.largest


def _usable(search: Search, level: Level, answer: Answer, error: float) -> bool:
    zero = _is_zero(search, level, error)
    # Noise as large as phi may be an oscillation too fast to see, and then a small slope with a
    # small bound means nothing beside the scale: only a value that stands out by itself counts.
    blind = search.finding == "noise" and search.is_rough(level)
    size = abs(float(answer.slope)) if blind else search.size(answer)
    return zero or error <= CRITERION * size


def _broken(search: Search, kept: choice.Choice) -> str:
    """Why no bound can be trusted; empty if it can."""
    if search.conflict:
        return "scale conflict"
    if _is_stepped(search):
        return "step"
    level, answer = kept.best
    if not _usable(search, level, answer, answer.bound):
        return ""
    return "scale conflict" if _contradicted(search, level, answer) else ""


def _is_stepped(search: Search) -> bool:
    if search.is_dead:
        return False
    if search.finding == "step":
        return True
    levels = sorted(search.levels.values(), key=lambda level: level.step)
    quantised = [level for level in levels if level.repeating >= 0.5]
    varied = [level for level in levels if level.repeating < 0.5]
    if not varied:
        return search.is_rough(levels[-1])
    return bool(quantised) and search.is_rough(varied[0])


def _contradicted(search: Search, level: Level, answer: Answer) -> bool:
    noise = 0.0 if search.finding == "structure" else search.noise
    try:
        return failing_probe(search.line, level, answer, noise, LEAST_STEP) is not None
    except OutOfBudget:
        return False


def _reason(search: Search, level: Level, exhausted: bool) -> str:
    if search.kink:
        return "kink"
    if search.finding == "noise":
        return "noise" if _repeats(search.line) else "non-determinism"
    if exhausted:
        return "budget"
    if not level.clean and _rough(list(search.levels.values())):
        return "kink"
    return "precision"


def _rough(levels: Sequence[Level]) -> bool:
    """Does the residual fall with a low power of the step, as with few derivatives?"""
    ordered = sorted(levels, key=lambda level: level.step)
    return len(ordered) > 1 and exponent(ordered[1], ordered[0]) < 3.0


def _repeats(line: Line) -> bool:
    try:
        return line.repeats()
    except OutOfBudget:
        return True
