"""The textbook central difference on Variables, as teaching code knows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def numerical_diff(f: Callable[[Any], Any], x: Any, eps: float = 1e-4) -> Any:
    """Return (f(x + eps) - f(x - eps)) / (2 eps).

    It carries no error bound and is not used for any verdict; see `directional_derivative`.

    Args:
        f: a function from a Variable to a Variable, or from an array to an array.
        x: a Variable, anything with `.data` that its own type builds from an ndarray; or an
            array or a number.
        eps: the step, in units of x (the one place where `eps` is not machine epsilon).

    Returns:
        The quotient, with the shape of f's output: an ndarray or a NumPy scalar.
    """
    if not _is_variable(x):
        values = np.asarray(x)
        return (f(values + eps) - f(values - eps)) / (2 * eps)
    variable = type(x)
    y0 = f(variable(np.asarray(x.data - eps)))
    y1 = f(variable(np.asarray(x.data + eps)))
    return (y1.data - y0.data) / (2 * eps)


def _is_variable(x: Any) -> bool:
    # NumPy's arrays and scalars have a `.data` too: their memory.
    return hasattr(x, "data") and not isinstance(x, np.ndarray | np.generic)
