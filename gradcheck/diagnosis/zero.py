"""A gradient that is zero everywhere: a rule that is missing, or cut off."""

from __future__ import annotations

from gradcheck.diagnosis import DIAGNOSES, Suspect
from gradcheck.vocabulary import Finding


@DIAGNOSES.register("zero")
def zero(suspect: Suspect) -> Finding | None:
    """Name a gradient of zeros."""
    if any(e.norm != 0 for e in suspect.projections):
        return None
    return Finding("zero", f"zeros: no gradient reaches {suspect.name}")
