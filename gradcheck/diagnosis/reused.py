"""One object of an operation that is called for several."""

from __future__ import annotations

from gradcheck.diagnosis import WALK_DIAGNOSES, Walk
from gradcheck.vocabulary import Finding


@WALK_DIAGNOSES.register("reused")
def reused(walk: Walk) -> Finding | None:
    """Name an object that was called several times, and remembers the last call alone."""
    for name, (forward, _) in walk.runs().operations.items():
        if forward > 1:
            text = (
                f"one {name} object called {forward} times, which remembers its last inputs alone: "
                "make a new object for each call"
            )
            return Finding("reused", text)
    return None
