"""A gradient that went through a coarser floating type than the one it is given in."""

from __future__ import annotations

from gradcheck.diagnosis import DIAGNOSES, Suspect
from gradcheck.diagnosis.scale import constant_factor
from gradcheck.vocabulary import Evidence, Finding

COARSER = {"float32": 2.0**-23, "float16": 2.0**-10}
SPAN = (1e-3, 4.0)  # rounding of n entries adds up to a part of one entry's, or a few of them
SPREAD = 100.0  # how much less wrong one half may be by chance


@DIAGNOSES.register("precision")
def precision(suspect: Suspect) -> Finding | None:
    """Name a difference of the size of a coarser type's rounding, if no factor explains it."""
    projections = [*suspect.projections, *suspect.halves]
    if len(suspect.halves) < 2 or any(e.norm == 0 for e in projections):
        return None
    if constant_factor(suspect.projections) is not None:
        return None
    off = max(abs(e.analytic - e.estimate.value) / e.norm for e in projections)
    everywhere = all(_is_off(e, off / SPREAD) for e in suspect.halves)
    for dtype, eps in COARSER.items():
        coarser = eps > 2 * max(e.eps for e in projections)
        if coarser and everywhere and SPAN[0] * eps < off <= SPAN[1] * eps:
            name = suspect.name
            text = f"precision lost: {name}'s gradient is off by {off:.0e}, as if made in {dtype}"
            return Finding("precision", text)
    return None


def _is_off(found: Evidence, by: float) -> bool:
    return abs(found.analytic - found.estimate.value) > by * found.norm
