"""A gradient that is zero everywhere: a rule that is missing, or cut off."""

from __future__ import annotations

from gradcheck.diagnosis import DIAGNOSES, Suspect, is_multiple
from gradcheck.vocabulary import Finding


@DIAGNOSES.register("zero")
def zero(suspect: Suspect) -> Finding | None:
    """Name a gradient of zeros where the derivative is none: what is wrong may be elsewhere."""
    if any(e.norm != 0 for e in suspect.projections) or is_multiple(1.0, suspect.projections):
        return None
    return Finding("zero", f"zeros: no gradient reaches {suspect.name}")
