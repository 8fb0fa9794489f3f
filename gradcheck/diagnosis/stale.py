"""Gradients of intermediate variables that one backward pass leaves, and the next one counts."""

from __future__ import annotations

import numpy as np

from gradcheck.checks.playback import Grads, gradients_after
from gradcheck.diagnosis import WALK_DIAGNOSES, Walk
from gradcheck.vocabulary import Finding

CLOSE = 1e-3  # what is counted again is a whole term


@WALK_DIAGNOSES.register("stale")
def stale(walk: Walk) -> Finding | None:
    """Name a second pass over one graph that does not double, where two graphs do."""
    if not walk.several:
        return None
    leaves = walk.leaves()
    once = gradients_after(walk.tape, leaves, [walk.over(leaves)])
    apart = gradients_after(walk.tape, leaves, [walk.over(leaves), walk.over(leaves)])
    same = walk.over(leaves)
    again = gradients_after(walk.tape, leaves, [same, same])
    for name in once:
        ratio = _ratio(again, once, name)
        if _is_double(_ratio(apart, once, name)) and not _is_double(ratio):
            text = (
                "what the first pass left on intermediate variables, counted again: two backward "
                f"passes over one graph give {ratio:.6g} times the gradient of one, where two over "
                "graphs of their own give 2 times; clear intermediate gradients when a pass begins"
            )
            return Finding("stale", text)
    return None


def _is_double(ratio: float) -> bool:
    return abs(ratio - 2.0) <= CLOSE


def _ratio(found: Grads, once: Grads, name: str) -> float:
    """Return found / once at the largest entry; 0 where there is none."""
    numerator, denominator = found[name], once[name]
    if numerator is None or denominator is None or not denominator.any():
        return 0.0
    largest = np.unravel_index(np.argmax(np.abs(denominator)), denominator.shape)
    return float(np.real(numerator[largest] / denominator[largest]))
