"""Operations that run more than once in a backward pass."""

from __future__ import annotations

from gradcheck.diagnosis import WALK_DIAGNOSES, Walk
from gradcheck.vocabulary import Finding


@WALK_DIAGNOSES.register("repeated")
def repeated(walk: Walk) -> Finding | None:
    """Name the operation that runs most often in one pass, on an engine whose runs can be seen."""
    operations = walk.runs().operations
    often = {n: times for n, (forward, times) in operations.items() if times > max(forward, 1)}
    if not often:
        return None
    name = max(often, key=lambda each: often[each])
    text = (
        f"a branch counted too often: {name}.backward ran {often[name]} times in one pass, before "
        "every use of its output had added its part; run each operation once, after all "
        "operations that use its output"
    )
    return Finding("repeated", text)
