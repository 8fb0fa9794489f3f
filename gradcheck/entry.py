"""How entries of inputs and outputs are named in messages."""

from __future__ import annotations

import numpy as np


def entry_name(name: str, index: tuple[int, ...]) -> str:
    """Return "x[1, 0]", or the name alone for a scalar."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def output_name(output: int, index: tuple[int, ...]) -> str:
    """Return "y[1, 0]" for the first output, "y1[1, 0]" for the second."""
    return entry_name(f"y{output}" if output else "y", index)


def index_of(entry: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of an entry that was counted in C order."""
    return tuple(int(i) for i in np.unravel_index(entry, shape))
