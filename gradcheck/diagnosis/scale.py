"""A gradient that is a constant times the right one."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.diagnosis import DIAGNOSES, Suspect, is_multiple
from gradcheck.vocabulary import Evidence, Finding


@DIAGNOSES.register("scale")
def scale(suspect: Suspect) -> Finding | None:
    """Name the factor, unless it is 1, 0 or -1, which have other names."""
    factor = constant_factor(suspect.projections)
    if factor is None or is_multiple(-1.0, suspect.projections):
        return None
    # A factor is off in each projection; where one agrees with the derivative, it is noise.
    if any(is_multiple(1.0, [projection]) for projection in suspect.projections):
        return None
    text = f"a constant factor of {factor:.12g} on every entry of {suspect.name}'s gradient"
    return Finding("scale", text)


def constant_factor(projections: Sequence[Evidence]) -> float | None:
    """Return the one factor by which all projections are off, or None; zero is no factor."""
    best = max(projections, key=lambda e: abs(e.estimate.value))
    if best.estimate.value == 0 or best.norm == 0:
        return None
    factor = best.analytic / best.estimate.value
    return factor if is_multiple(factor, projections) else None
