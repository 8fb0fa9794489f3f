"""Checksums of the arrays of a call, for the blocks of `engine.debug()`."""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple

import numpy as np

_FOLDER = os.path.dirname(__file__)  # pathlib takes 5 ms to import


class Witness(NamedTuple):
    """What was seen of a call's arrays when it was recorded, and where in the user's code."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    place: str


def witness(f: Any) -> Witness:
    """Return what is to be compared with later."""
    return Witness(*_checksums(f), _place())


def compare(f: Any) -> None:
    """Raise RuntimeError where an array of the call `f` is not what it was."""
    for kind, before, after in zip(("input", "output"), f._witness, _checksums(f), strict=False):
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                x = f.inputs[i]._array if kind == "input" else f._results[i]
                raise RuntimeError(
                    f"{kind} {i} of {type(f).__name__}, {x.shape} {x.dtype}, was changed in place "
                    f"after it was used at {f._witness.place}: the gradient would be wrong. "
                    "Compute a new array, or change it after the backward pass"
                )


def _checksums(f: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    arrays = [x._array for x in f.inputs]
    return tuple(map(_checksum, arrays)), tuple(map(_checksum, f._results))


def _checksum(x: Any) -> int:
    from zlib import crc32  # what only debugging needs

    if x.dtype.itemsize == 16 and x.dtype.kind == "f":  # of 16 bytes, 6 are never written
        x = np.stack([x.astype(float), (x - x.astype(float)).astype(float)])
    return crc32(np.ascontiguousarray(x).tobytes())


def _place() -> str:
    """The innermost line of code outside of the engine."""
    frame: Any = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_FOLDER):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
