"""A variable that is used again and keeps the last gradient alone."""

from __future__ import annotations

import numpy as np

from gradcheck.checks.playback import gradients_after
from gradcheck.diagnosis import WALK_DIAGNOSES, Walk
from gradcheck.vocabulary import Finding


@WALK_DIAGNOSES.register("replaced")
def replaced(walk: Walk) -> Finding | None:
    """Name gradients that are set where they should be added: two graphs over the same leaves.

    In one pass that loses something only where a variable is used twice.
    """
    if not walk.several and walk.runs().sets < 2:
        return None
    leaves = walk.leaves()
    once = gradients_after(walk.tape, leaves, [walk.over(leaves)])
    twice = gradients_after(walk.tape, leaves, [walk.over(leaves), walk.over(leaves)])
    for name, gradient in once.items():
        found = twice[name]
        if gradient is None or found is None or not gradient.any():
            continue
        if np.array_equal(gradient, found):
            text = (
                "the last gradient alone: backward sets the .grad of a variable where it should "
                "add to what is there, so that of two uses one is lost"
            )
            return Finding("replaced", text)
    return None
