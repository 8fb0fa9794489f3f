"""NumPy's own functions on Variables: np.exp(x) and np.sum(x) find their operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .variable import Variable

# np.exp -> exp, np.sum -> sum: entered with each operation (see `operation` in recording.py).
RULES: dict[Any, Callable[..., Any]] = {}

# Functions whose result has no derivative: they see the values alone.
_OF_VALUES = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isfinite, np.isinf, np.isnan, np.logical_and, np.logical_or, np.logical_not,
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like,
    np.argmax, np.argmin, np.allclose, np.isclose, np.array_equal, np.result_type,
    np.iscomplexobj, np.isrealobj, np.shares_memory, np.may_share_memory,
}  # fmt: skip


def _ufunc(self: Variable, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`__array_ufunc__` of a Variable."""
    name = f"np.{ufunc.__name__}"
    if method != "__call__":
        raise _no_rule(f"{name}.{method}")
    if kwargs.get("out") is not None:
        raise TypeError(
            f"{name}(..., out=...) would write into an array that the graph does not know: "
            "use the result that the function returns"
        )
    return _call(ufunc, name, inputs, kwargs)


def _function(self: Variable, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """`__array_function__` of a Variable."""
    name = f"{func.__module__}.{func.__name__}".replace("numpy", "np", 1)
    return _call(func, name, args, kwargs)


def _call(func: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if func in _OF_VALUES:
        return func(*map(_values, args), **{key: _values(arg) for key, arg in kwargs.items()})
    rule = RULES.get(func)
    if rule is None:
        raise _no_rule(name)
    try:
        return rule(*args, **kwargs)
    except TypeError as error:
        error.add_note(f"in {name} of a Variable, which is engine.{rule.__name__}")
        raise


def _values(x: Any) -> Any:
    return x.data if isinstance(x, Variable) else x


def _no_rule(name: str) -> TypeError:
    return TypeError(
        f"{name} of a Variable: the engine has no derivative rule for it. Use x.data for the "
        "values alone, or write a Function with a backward"
    )


Variable.__array_ufunc__ = _ufunc
Variable.__array_function__ = _function
