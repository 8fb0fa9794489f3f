"""The operations' names across frameworks: one table, and formulas for what has no name there.

Names that are the array API's own come from its namespaces as they are; a framework's own rule is
preferred to a formula, for it is the rule that is to be checked.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

# The array API's names, with the array API's arguments.
STANDARD = frozenset(
    [
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "square",
        "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh",
        "cosh", "tanh", "abs", "sign", "maximum", "minimum", "clip", "where",
        "sum", "mean", "prod", "max", "min", "var", "std", "cumulative_sum",
        "reshape", "squeeze", "expand_dims", "flip", "roll", "concat", "stack", "matmul",
        "tensordot",
    ]
)  # fmt: skip

# Python's operators, which every framework has on its arrays.
OPERATORS: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "pow": operator.pow,
    "getitem": operator.getitem,
}

# Where a framework has the operation under a name of its own.
OWN_NAMES: Mapping[str, Mapping[str, str]] = {
    #                  torch                              jax
    # autograd's own rule knows no new leading axes.
    "broadcast_to": {"torch": "broadcast_to", "jax": "numpy.broadcast_to"},
    "relu": {"torch": "relu", "jax": "nn.relu"},
    "sigmoid": {"torch": "sigmoid", "jax": "nn.sigmoid"},
    "silu": {"torch": "nn.functional.silu", "jax": "nn.silu"},
    "softplus": {"torch": "nn.functional.softplus", "jax": "nn.softplus"},
    "softmax": {"torch": "softmax", "jax": "nn.softmax"},
    "log_softmax": {"torch": "log_softmax", "jax": "nn.log_softmax"},
    "einsum": {"torch": "einsum", "jax": "numpy.einsum", "autograd": "numpy.einsum"},
    "erf": {"torch": "erf", "jax": "scipy.special.erf", "autograd": "scipy.special.erf"},
    "asin": {"autograd": "numpy.arcsin"},
    "acos": {"autograd": "numpy.arccos"},
    "atan": {"autograd": "numpy.arctan"},
    "atan2": {"autograd": "numpy.arctan2"},
    "concat": {"autograd": "numpy.concatenate"},
    "cumulative_sum": {"autograd": "numpy.cumsum"},
}  # fmt: skip


def triple(xp: Any, x: Any) -> Any:
    """x cubed."""
    return x**3


def transpose(xp: Any, x: Any, axes: tuple[int, ...] | None = None) -> Any:
    """x with its axes in the order `axes`; None reverses them."""
    permute = getattr(xp, "permute_dims", xp.transpose)
    return permute(x, tuple(range(x.ndim))[::-1] if axes is None else tuple(axes))


def sum_to(xp: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """x summed over the axes along which `shape` would be broadcast."""
    new = x.ndim - len(shape)
    stretched = (new + i for i, n in enumerate(shape) if n == 1 != x.shape[new + i])
    axes = (*range(new), *stretched)
    return xp.reshape(xp.sum(x, axis=axes), tuple(shape)) if axes else x


def broadcast_to(xp: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """x repeated to `shape`."""
    return x * xp.ones(shape, dtype=x.dtype)


def relu(xp: Any, x: Any) -> Any:
    """The larger of x and zero."""
    return xp.maximum(x, 0)


def sigmoid(xp: Any, x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return 0.5 * (xp.tanh(0.5 * x) + 1)


def softmax(xp: Any, x: Any, axis: int = -1) -> Any:
    """exp(x) over its own sum along `axis`."""
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def log_softmax(xp: Any, x: Any, axis: int = -1) -> Any:
    """The logarithm of softmax."""
    z = x - xp.max(x, axis=axis, keepdims=True)
    return z - xp.log(xp.sum(xp.exp(z), axis=axis, keepdims=True))


# Where a framework has no such name: what it is in terms of the framework's array namespace.
FORMULAS: Mapping[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (triple, transpose, broadcast_to, sum_to, relu, sigmoid, softmax, log_softmax)
}

NAMES = frozenset([*STANDARD, *OPERATORS, *FORMULAS, *OWN_NAMES])
