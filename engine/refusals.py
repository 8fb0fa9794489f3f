"""What a Variable refuses, and what to do instead."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np


def checked_data(data: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """Return `data`, an ndarray; TypeError naming the type of anything else."""
    if not isinstance(data, np.ndarray) or isinstance(data, np.ma.MaskedArray):
        raise TypeError(
            f"Variable data must be a numpy.ndarray, not {type(data).__name__}: "
            "wrap it, Variable(np.array(...))"
        )
    return data if type(data) is np.ndarray else data.view(np.ndarray)


def require_derivatives(data: Any) -> None:
    """Raise TypeError where `data` are no floating-point or complex numbers."""
    if data.dtype.kind not in "fc":
        raise TypeError(
            f"a Variable of {data.dtype} has no derivatives: compute with floating-point "
            "numbers, 3.0 instead of 3"
        )


class Refused:
    """An attribute that a Variable does not have, for a message of its own.

    A `__getattr__` would serve all of them, and make every other attribute slow to read: Python
    then takes no short cut to any, which costs half as much again in the backward pass.
    """

    __slots__ = ("_message",)

    def __init__(self, message: str) -> None:
        self._message = message

    def __get__(self, x: Any, owner: type) -> Any:
        raise AttributeError(self._message)


_WORDS_OF_OTHERS = {
    "detach": "x.data is the array",
    "numpy": "x.data is the array",
    "zero_grad": "x.cleargrad() forgets the gradient",
    "requires_grad": "every Variable of floating-point numbers gets a gradient, an array none",
}


def refuse_the_rest(cls: type, operations: Container[str]) -> None:
    """Give `cls` a message for what arrays, and the tensors of others, have and it has not."""
    for name in [*_WORDS_OF_OTHERS, *dir(np.ndarray)]:
        if not name.startswith("_") and not hasattr(cls, name):
            instead = _WORDS_OF_OTHERS.get(name, f"x.data.{name} is there, for the values alone")
            if name in operations:  # the array's method works in place, or has other arguments
                instead = f"np.{name}(x) returns a new one"
            setattr(cls, name, Refused(f"a Variable has no {name!r}: {instead}"))
