"""A gradient that went through a coarser floating type than the one it is given in."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradcheck.diagnosis import DIAGNOSES, Suspect
from gradcheck.diagnosis.scale import constant_factor
from gradcheck.vocabulary import Evidence, Finding

COARSER = {"float32": 2.0**-23, "float16": 2.0**-10}
SPAN = (1e-3, 4.0)  # rounding of n entries adds up to a part of one entry's, or a few of them
SPREAD = 100.0  # how much less wrong one half may be by chance


@DIAGNOSES.register("precision")
def precision(suspect: Suspect) -> Finding | None:
    """Name a difference of the size of a coarser type's rounding, if no factor explains it.

    Rounding is the same each time; what is not is noise.
    """
    if _size(suspect.projections) > SPAN[1] * max(COARSER.values()):
        return None
    if constant_factor(suspect.projections) is not None or not suspect.repeats():
        return None
    halves = suspect.halves()
    off = max(_size(suspect.projections), _size(halves))
    if len(halves) < 2 or not all(_is_off(e, off / SPREAD) for e in halves):
        return None
    for dtype, eps in COARSER.items():
        coarser = eps > 2 * max(e.eps for e in suspect.projections)
        if coarser and SPAN[0] * eps < off <= SPAN[1] * eps:
            name = suspect.name
            text = f"precision lost: {name}'s gradient is off by {off:.0e}, as if made in {dtype}"
            return Finding("precision", text)
    return None


def _size(projections: Sequence[Evidence]) -> float:
    """The largest difference as a share of the gradient's size."""
    return max(
        abs(e.analytic - e.estimate.value) / e.norm if e.norm else math.inf for e in projections
    )


def _is_off(found: Evidence, by: float) -> bool:
    return abs(found.analytic - found.estimate.value) > by * found.norm
