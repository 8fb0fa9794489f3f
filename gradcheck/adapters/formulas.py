"""Operations written in terms of an array namespace `xp`, for frameworks that have no such name.

Signatures are NumPy's, and torch.nn.functional's for neural operations.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.errors import MissingOperation

# ---------------------------------------------------------------- for every framework


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


def flatten(xp: Any, x: Any) -> Any:
    """x as one row of entries."""
    return xp.reshape(x, (-1,))


# ---------------------------------------------------------------- neural operations


def relu(xp: Any, x: Any) -> Any:
    """The larger of x and zero."""
    return xp.maximum(x, 0)


def leaky_relu(xp: Any, x: Any, negative_slope: float = 0.01) -> Any:
    """x where it is positive, else negative_slope x."""
    return xp.where(x > 0, x, negative_slope * x)


def elu(xp: Any, x: Any, alpha: float = 1.0) -> Any:
    """x where it is positive, else alpha (exp(x) - 1)."""
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0)))


def gelu(xp: Any, x: Any, approximate: str = "none") -> Any:
    """x times the normal distribution function of x, by the approximation with tanh."""
    if approximate != "tanh":
        raise MissingOperation("no operation 'gelu' but with approximate='tanh'")
    return 0.5 * x * (1 + xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def sigmoid(xp: Any, x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return 0.5 * (xp.tanh(0.5 * x) + 1)


def silu(xp: Any, x: Any) -> Any:
    """x sigmoid(x)."""
    return x * sigmoid(xp, x)


def softplus(xp: Any, x: Any, beta: float = 1.0) -> Any:
    """log(1 + exp(beta x)) / beta."""
    return xp.logaddexp(beta * x, 0.0) / beta


def softmax(xp: Any, x: Any, axis: int = -1) -> Any:
    """exp(x) over its own sum along `axis`."""
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def log_softmax(xp: Any, x: Any, axis: int = -1) -> Any:
    """The logarithm of softmax."""
    z = x - xp.max(x, axis=axis, keepdims=True)
    return z - xp.log(xp.sum(xp.exp(z), axis=axis, keepdims=True))


def cross_entropy(xp: Any, x: Any, target: Any, reduction: str = "mean") -> Any:
    """-log(softmax(x)) at the target class, or weighted by the target's probabilities."""
    axis = min(1, x.ndim - 1)
    if target.ndim < x.ndim:
        classes = np.arange(x.shape[axis]).reshape(-1, *(1,) * (x.ndim - axis - 1))
        target = xp.expand_dims(target, axis) == classes
    return _reduced(xp, -xp.sum(target * log_softmax(xp, x, axis), axis=axis), reduction)


def mse_loss(xp: Any, x: Any, target: Any, reduction: str = "mean") -> Any:
    """(x - target)**2, its mean or its sum."""
    return _reduced(xp, xp.square(x - target), reduction)


def _reduced(xp: Any, losses: Any, reduction: str) -> Any:
    return losses if reduction == "none" else getattr(xp, reduction)(losses)


def layer_norm(
    xp: Any,
    x: Any,
    normalized_shape: Sequence[int],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    """(x - mean) / sqrt(var + eps) over the last axes, times weight, plus bias."""
    y = _normalised(xp, x, tuple(range(-len(normalized_shape), 0)), eps)
    return _scaled(y, weight, bias)


def batch_norm(
    xp: Any,
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    eps: float = 1e-5,
) -> Any:
    """(x - mean) / sqrt(var + eps) for each channel (axis 1), times weight, plus bias."""
    shape = (1, -1, *(1,) * (x.ndim - 2))
    mean, var, weight, bias = (
        None if v is None else xp.reshape(v, shape)
        for v in (running_mean, running_var, weight, bias)
    )
    if training or mean is None or var is None:
        y = _normalised(xp, x, tuple(i for i in range(x.ndim) if i != 1), eps)
    else:
        y = (x - mean) / xp.sqrt(var + eps)
    return _scaled(y, weight, bias)


def _normalised(xp: Any, x: Any, axes: tuple[int, ...], eps: float) -> Any:
    x = x - xp.mean(x, axis=axes, keepdims=True)
    return x / xp.sqrt(xp.mean(xp.square(x), axis=axes, keepdims=True) + eps)


def _scaled(y: Any, weight: Any, bias: Any) -> Any:
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def scaled_dot_product_attention(
    xp: Any, query: Any, key: Any, value: Any, is_causal: bool = False
) -> Any:
    """softmax(query key^T / sqrt(E)) value; causal: entry i of L sees the first i + 1 of S."""
    scores = xp.matmul(query, xp.swapaxes(key, -1, -2)) * query.shape[-1] ** -0.5
    if is_causal:
        scores = xp.where(np.tri(*scores.shape[-2:]) > 0, scores, -np.inf)
    return xp.matmul(softmax(xp, scores), value)


# Where a framework has no such name of its own.
FORMULAS = {
    f.__name__: f
    for f in (
        triple, transpose, sum_to, broadcast_to, flatten, relu, leaky_relu, elu, gelu, sigmoid,
        silu, softplus, softmax, log_softmax, cross_entropy, mse_loss, layer_norm, batch_norm,
        scaled_dot_product_attention,
    )
}  # fmt: skip


# ---------------------------------------------------------------- in NumPy's notation, for torch


def append(xp: Any, x: Any, values: Any, axis: int | None = None) -> Any:
    """values behind x; both flat without an axis."""
    if axis is None:
        x, values, axis = xp.reshape(x, (-1,)), xp.reshape(values, (-1,)), 0
    return xp.concat([x, values], axis=axis)


def average(xp: Any, x: Any, axis: int | None = None, weights: Any = None) -> Any:
    """The mean, or sum(weights x) / sum(weights) for weights of x's shape."""
    if weights is None:
        return xp.mean(x, axis=axis)
    return xp.sum(x * weights, axis=axis) / xp.sum(weights, axis=axis)


def block(xp: Any, arrays: Any) -> Any:
    """Nested lists of arrays put together, the innermost along the last axis."""
    if not isinstance(arrays, list | tuple):
        return arrays
    depth, first = 1, arrays[0]
    while isinstance(first, list | tuple):
        depth, first = depth + 1, first[0]
    return xp.concat([block(xp, part) for part in arrays], axis=-depth)


def array_split(xp: Any, x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """x in so many parts, or cut at these places."""
    sections = indices_or_sections
    return xp.tensor_split(x, sections if isinstance(sections, int) else tuple(sections), dim=axis)


def ptp(xp: Any, x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The largest less the smallest."""
    largest = xp.max(x, axis=axis, keepdims=keepdims)
    return largest - xp.min(x, axis=axis, keepdims=keepdims)


def var(xp: Any, x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """The variance: ddof is the array API's correction, and torch's own default is 1."""
    return xp.var(x, axis=axis, correction=ddof, keepdims=keepdims)


def std(xp: Any, x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """The standard deviation."""
    return xp.std(x, axis=axis, correction=ddof, keepdims=keepdims)


def median(xp: Any, x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The middle, or the mean of the two in it: torch's own median is the lower of the two."""
    return xp.quantile(x, 0.5, dim=axis, keepdim=keepdims)


def gradient(xp: Any, x: Any) -> Any:
    """Central differences of samples at distance 1, along one axis."""
    [found] = xp.gradient(x)
    return found


def select(xp: Any, conditions: Any, choices: Any, default: float = 0) -> Any:
    """The first choice whose condition holds."""
    found = xp.full_like(choices[0], default)
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        found = xp.where(condition, choice, found)
    return found


def pad(xp: Any, x: Any, widths: Any, mode: str = "constant") -> Any:
    """x within a border of zeros; torch counts the axes from the last."""
    flat = [n for pair in widths[::-1] for n in pair]
    return importlib.import_module("torch.nn.functional").pad(x, flat, mode)


def diag(xp: Any, x: Any, k: int = 0) -> Any:
    """The k-th diagonal of a matrix, or the matrix with it."""
    return xp.diag(x, k)


def tril(xp: Any, x: Any, k: int = 0) -> Any:
    """x with zeros above its k-th diagonal."""
    return xp.tril(x, k=k)


def triu(xp: Any, x: Any, k: int = 0) -> Any:
    """x with zeros below its k-th diagonal."""
    return xp.triu(x, k=k)


def rollaxis(xp: Any, x: Any, axis: int, start: int = 0) -> Any:
    """x with an axis moved to before `start`."""
    axis %= x.ndim
    return xp.moveaxis(x, axis, start - (start > axis))


def extract(xp: Any, condition: Any, x: Any) -> Any:
    """The entries where the condition holds."""
    return x[condition]


def compress(xp: Any, condition: Any, x: Any, axis: int = 0) -> Any:
    """The slices along `axis` where the condition holds."""
    return x[(slice(None),) * axis + (condition,)]


# ---------------------------------------------------------------- in torch's notation, for jax


def jax_gelu(xp: Any, x: Any, approximate: str = "none") -> Any:
    """jax's own, whose default is the other one."""
    return importlib.import_module("jax.nn").gelu(x, approximate=approximate == "tanh")


def jax_convolution(
    xp: Any,
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The cross-correlation of x (N, C, ...) with weight (O, C / groups, ...), plus bias."""
    n = x.ndim - 2
    y = importlib.import_module("jax.lax").conv_general_dilated(
        x,
        weight,
        _per_axis(stride, n),
        [(p, p) for p in _per_axis(padding, n)],
        rhs_dilation=_per_axis(dilation, n),
        feature_group_count=groups,
    )
    return y if bias is None else y + xp.reshape(bias, (1, -1, *(1,) * n))


def jax_max_pool(xp: Any, x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The largest of each window."""
    lax = importlib.import_module("jax.lax")
    return lax.reduce_window(x, -np.inf, lax.max, *_windows(x, kernel_size, stride, padding))


def jax_avg_pool(xp: Any, x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The mean of each window, which counts the zeros of the border."""
    lax = importlib.import_module("jax.lax")
    sums = lax.reduce_window(x, 0.0, lax.add, *_windows(x, kernel_size, stride, padding))
    return sums / math.prod(_per_axis(kernel_size, x.ndim - 2))


def _windows(x: Any, kernel_size: Any, stride: Any, padding: Any) -> tuple[Any, ...]:
    n = x.ndim - 2
    kernel = _per_axis(kernel_size, n)
    steps = kernel if stride is None else _per_axis(stride, n)
    border = [(p, p) for p in (0, 0, *_per_axis(padding, n))]
    return (1, 1, *kernel), (1, 1, *steps), border


def _per_axis(value: Any, n: int) -> tuple[int, ...]:
    return (value,) * n if isinstance(value, int) else tuple(value)
