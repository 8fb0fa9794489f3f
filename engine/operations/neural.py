"""Activations, losses, normalisation and attention, by the names of torch.nn.functional."""

import numpy as np

from ..recording import applied, operation, record, values
from .elementwise import Elementwise
from .rearrangement import take_along_axis
from .reduction import Reduction, logsumexp
from .selection import where


@operation(compute=lambda x: np.maximum(x, 0))
class Relu(Elementwise):
    """max(x, 0): dx where x > 0, else 0."""

    def rule(self, gy, y, x):
        return (x > 0) * gy


@operation(examples=("leaky_relu(x)", "leaky_relu(x, 0.2)"))
def leaky_relu(x, negative_slope=0.01):
    """x where x > 0, else negative_slope x."""
    return where(values(x) > 0, x, negative_slope * x)


class Elu(Elementwise):
    """x where x > 0, else alpha (exp(x) - 1)."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def forward(self, x):
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))  # exp of no large x

    def rule(self, gy, y, x):
        right = x > 0
        return np.where(right, 1, self.alpha * np.exp(np.where(right, 0, x))) * gy


@operation(examples=("elu(x)", "elu(x, 0.5)"))
def elu(x, alpha=1.0):
    """x where x > 0, else alpha (exp(x) - 1): dx, or alpha exp(x) dx, which it is at 0."""
    return record(Elu(alpha), x)


@operation(examples=("gelu(x, approximate='tanh')",))
def gelu(x, approximate="none"):
    """x times the normal distribution function of x, by the approximation with tanh.

    0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3))). The exact one needs erf, which is not here.
    """
    if approximate != "tanh":
        raise NotImplementedError(
            "the exact gelu(x) needs the error function, which the engine does not have yet: "
            "write gelu(x, approximate='tanh')"
        )
    inner = float(np.sqrt(2 / np.pi)) * (x + 0.044715 * (x * x * x))
    return 0.5 * x * (1 + np.tanh(inner))


def _sigmoid(x):
    with np.errstate(over="ignore"):  # far on the left: 1 / inf is 0
        return 1 / (1 + np.exp(-x))


@operation(compute=_sigmoid)
class Sigmoid(Elementwise):
    """1 / (1 + exp(-x)): sigmoid(x) sigmoid(-x) dx."""

    def rule(self, gy, y, x):
        return y * applied(self, -x) * gy  # 1 - y would be rounding far on the right


@operation(examples=("silu(x)",))
def silu(x):
    """x sigmoid(x)."""
    return x * record(Sigmoid(), x)


@operation(examples=("softplus(x)", "softplus(x, beta=2.0)"))
def softplus(x, beta=1.0):
    """log(1 + exp(beta x)) / beta, which never overflows."""
    return np.logaddexp(beta * x, 0) / beta


class Softmax(Reduction):
    """exp(x) over its sum along `axis`."""

    def forward(self, x):
        e = np.exp(x - np.max(x, axis=self.axis, keepdims=True, initial=-np.inf))
        return e / np.sum(e, axis=self.axis, keepdims=True)

    def rule(self, gy, y, x):
        return y * (gy - np.sum(gy * y, axis=self.axis, keepdims=True))


@operation(examples=("softmax(x)", "softmax(t, axis=1)", "softmax(t, axis=(0, 2))"))
def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along `axis`, which never overflows: y (dx - sum(y dx))."""
    return record(Softmax(axis), x)


@operation(examples=("log_softmax(x)", "log_softmax(t, axis=1)"))
def log_softmax(x, axis=-1):
    """x - log(sum(exp(x))) along `axis`, which never overflows."""
    return x - logsumexp(x, axis, True)


@operation(
    examples=(
        "cross_entropy(x, np.array([2, 0]))",
        "cross_entropy(a, softmax(b), reduction='sum')",
        "cross_entropy(t, np.array([[0, 1, 2, 2], [1, 1, 0, 2]]), reduction='none')",
        "cross_entropy(v, np.array(1))",
    )
)
def cross_entropy(x, target, reduction="mean"):
    """-log(softmax(x)) at the target class, or weighted by the target's probabilities.

    x: logits of shape (N, C, ...) or (C,). target: class numbers, of that shape without C, or
    probabilities of x's shape. reduction: "mean" (over N and what follows C), "sum" or "none".
    """
    axis = 1 if np.ndim(x) > 1 else 0
    logs = log_softmax(x, axis)
    if np.ndim(target) == np.ndim(x):
        losses = -np.sum(target * logs, axis=axis)
    else:
        _require_classes(values(target), np.shape(x)[axis])
        chosen = take_along_axis(logs, np.expand_dims(values(target), axis), axis)
        losses = -np.squeeze(chosen, axis)
    return _reduced(losses, reduction)


def _require_classes(target, count):
    ends = (np.min(target), np.max(target)) if np.size(target) else ()
    for end in ends:
        if not 0 <= end < count:
            raise IndexError(f"target class {end}: the {count} classes are 0 to {count - 1}")


@operation(examples=("mse_loss(a, b)", "mse_loss(a, b, 'sum')", "mse_loss(a, v, 'none')"))
def mse_loss(x, target, reduction="mean"):
    """(x - target)**2, of the broadcast shape: its "mean", its "sum", or "none" of both."""
    return _reduced(np.square(x - target), reduction)


def _reduced(losses, reduction):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction={reduction!r}: expected 'mean', 'sum' or 'none'")
    if reduction == "none":
        return losses
    return np.mean(losses) if reduction == "mean" else np.sum(losses)


@operation(examples=("layer_norm(x, 3)", "layer_norm(t, (3, 4))", "layer_norm(a, (3,), u, v)"))
def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    """(x - mean) / sqrt(var + eps) over the last axes, times weight, plus bias.

    normalized_shape: the lengths of these axes, and the shape of weight and bias.
    """
    axes = tuple(range(-np.size(normalized_shape), 0))
    if tuple(np.atleast_1d(normalized_shape)) != np.shape(x)[axes[0] :]:
        raise ValueError(f"normalized_shape {normalized_shape} does not end {np.shape(x)}")
    return _scaled(_normalised(x, axes, eps), weight, bias)


@operation(
    examples=(
        "batch_norm(image, training=True)",
        "batch_norm(t, None, None, u, v, True)",
        "batch_norm(x, np.zeros(3), np.ones(3), u)",
    )
)
def batch_norm(
    x, running_mean=None, running_var=None, weight=None, bias=None, training=False, eps=1e-5
):
    """(x - mean) / sqrt(var + eps) for each channel (axis 1), times weight, plus bias.

    training: whether mean and variance are the batch's, as they are without running ones; these,
    of shape (C,), are never changed.
    """
    shape = (1, -1) + (1,) * (np.ndim(x) - 2)
    if training or running_mean is None or running_var is None:
        y = _normalised(x, tuple(i for i in range(np.ndim(x)) if i != 1), eps)
    else:
        mean, var = (np.reshape(v, shape) for v in (running_mean, running_var))
        y = (x - mean) / np.sqrt(var + eps)
    parts = (None if v is None else np.reshape(v, shape) for v in (weight, bias))
    return _scaled(y, *parts)


def _normalised(x, axes, eps):
    x = x - np.mean(x, axis=axes, keepdims=True)
    return x / np.sqrt(np.mean(np.square(x), axis=axes, keepdims=True) + eps)


def _scaled(y, weight, bias):
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


@operation(
    examples=(
        "scaled_dot_product_attention(queries, keys, values)",
        "scaled_dot_product_attention(queries, keys, values, scale=0.3, is_causal=True)",
        "scaled_dot_product_attention(queries, keys, values, np.tri(3, 5, 1, bool))",
    )
)
def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    """softmax(query key^T scale + mask) value.

    query: (..., L, E); key: (..., S, E); value: (..., S, V). Returns (..., L, V).
    attn_mask: broadcasts to (..., L, S); booleans say what takes part, numbers are added.
    is_causal: whether entry i of L sees the first i + 1 of S only. scale: default 1 / sqrt(E).
    """
    scale = np.shape(query)[-1] ** -0.5 if scale is None else scale
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * scale
    if is_causal:
        scores = where(np.tri(*np.shape(scores)[-2:], dtype=bool), scores, -np.inf)
    if attn_mask is not None and attn_mask.dtype == bool:
        scores = where(attn_mask, scores, -np.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return np.matmul(softmax(scores), value)
