"""A gradient with the wrong sign."""

from __future__ import annotations

from gradcheck.diagnosis import DIAGNOSES, Suspect, is_multiple
from gradcheck.vocabulary import Finding


@DIAGNOSES.register("sign")
def sign(suspect: Suspect) -> Finding | None:
    """Name a gradient that is minus the right one."""
    if any(e.norm == 0 for e in suspect.projections) or not is_multiple(-1.0, suspect.projections):
        return None
    return Finding("sign", f"the wrong sign on every entry of {suspect.name}'s gradient")
