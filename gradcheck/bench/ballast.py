"""Ballast: what a worker keeps in memory so that a workload comes to lie in a place of its own.

Where objects and arrays lie follows from all that was allocated before them, down to the length of
a path.  That makes the same code some per cent faster or slower, in every fresh process alike:
Mytkowicz et al., "Producing wrong data without doing anything obviously wrong!" (ASPLOS 2009).
With ballast the place is random, and what it does to a time is scatter, which is measured:
Curtsinger and Berger, "Stabilizer" (ASPLOS 2013).
"""

from __future__ import annotations

import random

import numpy as np

SMALL = range(48, 513, 16)
"""Bytes of the blocks of Python's own allocator, class by class."""

MOST_SMALL = 64
"""Of each class at most so many: the holes between them are soon filled."""

LARGE = (10, 22)
"""Logarithms (base 2) of the fewest and most bytes of the system allocator's blocks, which arrays
are made of.  Nobody writes to them, so that they take addresses and hardly any memory."""

MANY_LARGE = 512

_HEADER = 33
"""Bytes that a `bytes` object takes beside its content."""


def ballast(rng: random.Random) -> list[object]:
    """Return blocks to be kept as long as the workload, with holes of random sizes between them."""
    blocks: list[object] = [
        bytes(size - _HEADER) for size in SMALL for _ in range(rng.randrange(MOST_SMALL))
    ]
    blocks += [np.empty(round(2 ** rng.uniform(*LARGE)), np.uint8) for _ in range(MANY_LARGE)]
    rng.shuffle(blocks)
    return blocks[: len(blocks) // 2]
