"""NumPy's own functions on Variables: np.exp(x) and np.sum(x) find their operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .variable import OPERATIONS, Variable

# np.exp -> exp, np.sum -> sum: entered with each operation (see `operation` in recording.py).
RULES: dict[Any, Callable[..., Any]] = {}

# Functions whose result has no derivative: they see the values alone.
_OF_VALUES: set[Any] = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isfinite, np.isinf, np.isnan, np.logical_and, np.logical_or, np.logical_not,
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like,
    np.argmax, np.argmin, np.argsort, np.argpartition, np.nanargmax, np.nanargmin,
    np.nonzero, np.flatnonzero, np.count_nonzero, np.argwhere, np.all, np.any, np.signbit,
    np.isreal, np.iscomplex, np.allclose, np.isclose, np.array_equal, np.result_type,
    np.iscomplexobj, np.isrealobj, np.shares_memory, np.may_share_memory,
}  # fmt: skip


# np.add.reduce(x) and its like, whose axis is 0 if it is not said.
_OF_METHODS: dict[tuple[Any, str], str] = {
    (np.add, "reduce"): "sum",
    (np.multiply, "reduce"): "prod",
    (np.maximum, "reduce"): "max",
    (np.minimum, "reduce"): "min",
    (np.logaddexp, "reduce"): "logsumexp",
    (np.add, "accumulate"): "cumsum",
    (np.multiply, "accumulate"): "cumprod",
}


def _ufunc(self: Variable, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`__array_ufunc__` of a Variable."""
    name = f"np.{ufunc.__name__}"
    if (ufunc, method) in _OF_METHODS:
        return OPERATIONS[_OF_METHODS[ufunc, method]](*inputs, **{"axis": 0, **kwargs})
    if method != "__call__":
        raise _no_rule(f"{name}.{method}")
    if ufunc in _OF_VALUES:  # of numbers too an array, as from the operators
        return np.asarray(_call(ufunc, name, inputs, kwargs))
    if kwargs.get("out") is not None:
        raise TypeError(
            f"{name}(..., out=...) would write into an array that the graph does not know: "
            "use the result that the function returns"
        )
    return _call(ufunc, name, inputs, kwargs)


def _function(self: Variable, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """`__array_function__` of a Variable."""
    return _call(func, _name_of(func), args, kwargs)


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


def _as_method(func: Any) -> Callable[..., Any]:
    """x.argmax(), for np.argmax."""

    def method(self: Variable, *args: Any, **kwargs: Any) -> Any:
        return func(self._array, *map(_values, args), **kwargs)

    method.__name__ = method.__qualname__ = func.__name__
    method.__doc__ = f"np.{func.__name__} of the values: a plain result, without a derivative."
    return method


def _values(x: Any) -> Any:
    return x._array if isinstance(x, Variable) else x


def _name_of(func: Any) -> str:
    """np.exp, np.linalg.solve"""
    module = getattr(func, "__module__", None) or "numpy"  # a ufunc of old has none
    return f"{module}.{func.__name__}".replace("numpy", "np", 1).replace("np._core", "np")


def _no_rule(name: str) -> TypeError:
    from difflib import get_close_matches  # 3 ms that only an error needs

    near = get_close_matches(name, map(_name_of, RULES), n=1, cutoff=0.5)
    nearest = f" (the nearest that has one is {near[0]})" if near else ""
    return TypeError(
        f"{name} of a Variable: the engine has no derivative rule for it{nearest}. Use x.data for "
        "the values alone, or write a Function with a backward"
    )


for _func in _OF_VALUES:
    if hasattr(np.ndarray, _func.__name__) and not hasattr(Variable, _func.__name__):
        setattr(Variable, _func.__name__, _as_method(_func))
Variable.__array_ufunc__ = _ufunc
Variable.__array_function__ = _function
