"""What a Variable refuses, and what to do instead."""

from __future__ import annotations

from collections.abc import Container, Iterable
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


_WORDS_OF_OTHERS = {
    "detach": "x.data is the array",
    "numpy": "x.data is the array",
    "zero_grad": "x.cleargrad() forgets the gradient",
    "zero_": "x.cleargrad() forgets the gradient",
    "requires_grad": "every Variable of floating-point numbers gets a gradient, an array none",
}


def way_out(name: str, operations: Container[str], attributes: Iterable[str]) -> str:
    """What to write instead of the attribute `name`, which a Variable does not have."""
    if name in _WORDS_OF_OTHERS:
        return _WORDS_OF_OTHERS[name]
    if name in operations:  # the method of an array works in place, or takes other arguments
        return f"np.{name}(x) returns a new one"
    if hasattr(np.ndarray, name):
        return f"x.data.{name} is there, for the values alone"
    from difflib import get_close_matches  # 3 ms that only an error needs

    near = get_close_matches(name, attributes, n=1)
    return f"did you mean {near[0]!r}?" if near else "x.data is the array of its values"
