"""Checksums of the arrays of a call, for the blocks of `engine.debug()`."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from types import CellType, ModuleType
from typing import Any, NamedTuple

import numpy as np

_FOLDER = os.path.dirname(__file__)  # pathlib takes 5 ms to import

# The attributes that are the record of a call; the others are the Function's own.
OF_THE_CALL = {"inputs", "_results", "_references", "_number", "_witness"}


class Held(NamedTuple):
    """An array that a Function holds beside inputs and outputs, as it was."""

    name: str
    array: Any
    checksum: int


class Witness(NamedTuple):
    """What was seen of a call's arrays when it was recorded, and where in the user's code."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    held: list[Held]
    place: str


def held(f: Any) -> list[Held]:
    """Return what is seen of the parameters of `f`, and of what forward saved."""
    own = [(name, value) for name, value in vars(f).items() if name not in OF_THE_CALL]
    return [Held(f"self.{name}", x, _checksum(x)) for name, value in own for x in _arrays(value)]


def witness(f: Any, before: Iterable[Held]) -> Witness:
    """Return what is to be compared with later; `before` is what was held ahead of forward."""
    earlier = {id(x.array): x.checksum for x in before}
    # What forward changes itself, a running mean, is nothing that backward needs.
    saved = [x for x in held(f) if earlier.get(id(x.array), x.checksum) == x.checksum]
    return Witness(*_checksums(f), saved, _place())


def compare(f: Any) -> None:
    """Raise RuntimeError where an array of the call `f` is not what it was."""
    for kind, before, after in zip(("input", "output"), f._witness, _checksums(f), strict=False):
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                x = f.inputs[i]._array if kind == "input" else f._results[i]
                raise _changed(f, f"{kind} {i}", x)
    for name, x, checksum in f._witness.held:
        if _checksum(x) != checksum:
            raise _changed(f, name, x)


def _changed(f: Any, what: str, x: Any) -> RuntimeError:
    return RuntimeError(
        f"{what} of {type(f).__name__}, {x.shape} {x.dtype}, was changed in place "
        f"after it was used at {f._witness.place}: the gradient would be wrong. "
        "Compute a new array, or change it after the backward pass"
    )


def _checksums(f: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    arrays = [x._array for x in f.inputs]
    return tuple(map(_checksum, arrays)), tuple(map(_checksum, f._results))


def _checksum(x: Any) -> int:
    from zlib import crc32  # what only debugging needs

    if x.dtype.itemsize == 16 and x.dtype.kind == "f":  # of 16 bytes, 6 are never written
        with np.errstate(all="ignore"):  # inf - inf
            x = np.stack([x.astype(float), (x - x.astype(float)).astype(float)])
    return crc32(np.ascontiguousarray(x).tobytes())


def _arrays(value: Any) -> Iterator[Any]:
    """The arrays in a value, its entries, attributes and closure."""
    waiting, met = [value], dict[int, Any]()
    while waiting:
        value = waiting.pop()
        if id(value) not in met:
            met[id(value)] = value  # held, so that an id stays one value's
            if isinstance(value, np.ndarray):
                yield value
            else:
                waiting += _parts(value)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, tuple | list | set | deque):
        return list(value)
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, type | ModuleType):
        return []
    parts = [x for name, x in getattr(value, "__dict__", {}).items() if name not in OF_THE_CALL]
    cells = getattr(value, "__closure__", None) or ()
    return [*parts, *map(_content, cells), getattr(value, "_data", None)]


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name without a value yet
        return None


def _place() -> str:
    """The innermost line of code outside of the engine."""
    frame: Any = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_FOLDER):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
