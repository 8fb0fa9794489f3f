"""Convolutions and pooling over windows, by the names of torch.nn.functional.

Channels first: (N, C, length) in one dimension, (N, C, height, width) in two.
"""

from typing import Any

import numpy as np

from ..recording import operation
from .einsum import einsum
from .rearrangement import pad, rearranged


def _windows(x, kernel, stride, dilation=None):
    """The windows of the last axes of x: (..., *places, *kernel), all of them entries of x."""
    d = len(kernel)
    dilation = dilation or (1,) * d
    span = [(k - 1) * step + 1 for k, step in zip(kernel, dilation, strict=True)]
    if any(n < k for n, k in zip(np.shape(x)[-d:], span, strict=True)):
        raise ValueError(f"a window of {tuple(span)} does not fit into {np.shape(x)[-d:]}")
    taken: Any = (..., *(slice(None, None, step) for step in (*stride, *dilation)))
    axes = tuple(range(-d, 0))
    return rearranged(x, lambda x: np.lib.stride_tricks.sliding_window_view(x, span, axes)[taken])


def _padded(x, padding, value=0.0):
    border = [(0, 0)] * (np.ndim(x) - len(padding)) + [(n, n) for n in padding]
    return pad(x, border, constant_values=value) if any(padding) else x


def _each(value, d):
    """`value` for each of d axes."""
    return tuple(value) if np.ndim(value) else (value,) * d


def _convolution(d, x, weight, bias, stride, padding, dilation, groups):
    """The sum over channels and window of x times weight, for each place and output channel."""
    outputs, channels, *kernel = np.shape(weight)
    if np.ndim(x) != d + 2 or np.shape(x)[1] != channels * groups:
        raise ValueError(
            f"a weight of shape {np.shape(weight)} in {groups} groups takes "
            f"(N, {channels * groups}, ...) with {d} axes more, not {np.shape(x)}"
        )
    x = _windows(_padded(x, _each(padding, d)), kernel, _each(stride, d), _each(dilation, d))
    places, window = "wxyz"[:d], "ijkl"[:d]
    if groups == 1:
        y = einsum(f"nc{places}{window},oc{window}->no{places}", x, weight)
    else:
        x = np.reshape(x, (np.shape(x)[0], groups, channels, *np.shape(x)[2:]))
        weight = np.reshape(weight, (groups, outputs // groups, channels, *kernel))
        y = einsum(f"ngc{places}{window},goc{window}->ngo{places}", x, weight)
        y = np.reshape(y, (np.shape(y)[0], outputs, *np.shape(y)[3:]))
    return y if bias is None else y + np.reshape(bias, (-1,) + (1,) * d)


@operation(
    examples=(
        "conv1d(signal[:, :2], taps)",
        "conv1d(signal, taps, np.ones(2), stride=2, padding=1, groups=2)",
    )
)
def conv1d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The cross-correlation of (N, C, L) with (O, C / groups, K), as torch's conv1d."""
    return _convolution(1, x, weight, bias, stride, padding, dilation, groups)


@operation(
    examples=(
        "conv2d(image, kernel)",
        "conv2d(image, kernel, q[0], stride=(2, 1), padding=(1, 0), dilation=(1, 2))",
        "conv2d(image, kernel[:, :1], groups=2)",
    )
)
def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The cross-correlation of (N, C, H, W) with (O, C / groups, K, L), as torch's conv2d."""
    return _convolution(2, x, weight, bias, stride, padding, dilation, groups)


@operation(examples=("max_pool(image, 2)", "max_pool(signal, 3, stride=2, padding=1)"))
def max_pool(x, kernel_size, stride=None, padding=0):
    """The largest entry of each window over the axes after (N, C); equal ones share the derivative.

    kernel_size, stride, padding: an integer, or one for each of these axes; a stride None is the
    kernel's size. Padding never wins.
    """
    return np.max(_pools(x, kernel_size, stride, padding, -np.inf), axis=_window_axes(x))


@operation(examples=("avg_pool(image, 2)", "avg_pool(signal, 3, stride=2, padding=1)"))
def avg_pool(x, kernel_size, stride=None, padding=0):
    """The mean of each window over the axes after (N, C), the zeros of padding counted.

    The arguments are those of `max_pool`.
    """
    return np.mean(_pools(x, kernel_size, stride, padding, 0.0), axis=_window_axes(x))


def _pools(x, kernel_size, stride, padding, value):
    d = np.ndim(x) - 2
    kernel = _each(kernel_size, d)
    stride = kernel if stride is None else _each(stride, d)
    return _windows(_padded(x, _each(padding, d), value), kernel, stride)


def _window_axes(x):
    return tuple(range(-(np.ndim(x) - 2), 0))


@operation(examples=("max_pool1d(signal, 2)",))
def max_pool1d(x, kernel_size, stride=None, padding=0):
    """`max_pool` of (N, C, L)."""
    return max_pool(x, kernel_size, stride, padding)


@operation(examples=("max_pool2d(image, 2)",))
def max_pool2d(x, kernel_size, stride=None, padding=0):
    """`max_pool` of (N, C, H, W)."""
    return max_pool(x, kernel_size, stride, padding)


@operation(examples=("avg_pool1d(signal, 2)",))
def avg_pool1d(x, kernel_size, stride=None, padding=0):
    """`avg_pool` of (N, C, L)."""
    return avg_pool(x, kernel_size, stride, padding)


@operation(examples=("avg_pool2d(image, (2, 3), 1)",))
def avg_pool2d(x, kernel_size, stride=None, padding=0):
    """`avg_pool` of (N, C, H, W)."""
    return avg_pool(x, kernel_size, stride, padding)
