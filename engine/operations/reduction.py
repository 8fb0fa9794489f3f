"""Operations that sum axes away."""

import numpy as np

from ..backprop import sum_back
from ..function import Linear, Operation
from ..recording import operation, record, unary, values
from ..variable import Variable


class Reduction(Operation):
    """An operation over `axis`."""

    def __init__(self, axis=None, keepdims=False):
        self.axis = axis
        self.keepdims = keepdims


class Sum(Reduction, Linear):
    """The sum over `axis`."""

    def forward(self, x):
        return np.add.reduce(x, axis=self.axis, keepdims=self.keepdims)  # np.sum, 1 us less

    def rule(self, gy, y, x):
        return spread(gy, x.shape, self.axis)


_total = unary(Sum(), lambda x: np.add.reduce(x, axis=None))  # the usual loss, 250 ns sooner


class Mean(Reduction, Linear):
    """The mean over `axis`."""

    def forward(self, x):
        return np.mean(x, axis=self.axis, keepdims=self.keepdims)

    def rule(self, gy, y, x):
        weight = (y.size or 1) / (x.size or 1)  # 1e5 elements: a weight float16 has, no count
        return spread(gy * weight, x.shape, self.axis)


class SumTo(Linear):
    """The sum over the axes along which `shape` would be broadcast."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        if np.broadcast_shapes(self.shape, x.shape) != x.shape:
            raise ValueError(f"shape {self.shape} does not broadcast to {x.shape}: no sum_to")
        return sum_back(x, self.shape)

    def rule(self, gy, y, x):
        return np.broadcast_to(gy, x.shape)


@operation(
    np.sum, examples=("sum(x)", "sum(t, axis=(0, -1))", "sum(x, axis=1, keepdims=True)", "sum(s)")
)
def sum(x, axis=None, keepdims=False):
    """The sum of x over `axis`: an integer, a tuple of integers, or None for all axes."""
    return _total(x) if axis is None and not keepdims else record(Sum(axis, keepdims), x)


@operation(
    np.mean, examples=("mean(x)", "mean(t, axis=(0, -1))", "mean(x, 1, keepdims=True)", "mean(s)")
)
def mean(x, axis=None, keepdims=False):
    """The mean of x over `axis`: an integer, a tuple of integers, or None for all axes."""
    return record(Mean(axis, keepdims), x)


@operation(examples=("sum_to(x, (3,))", "sum_to(t, (3, 1))", "sum_to(x, ())"))
def sum_to(x, shape):
    """x summed to `shape`, which must broadcast to x's: the transpose of broadcast_to."""
    return record(SumTo(tuple(shape)), x)


class Spread(Linear):
    """x along the axes that a reduction of `shape` over `axis` took away."""

    def __init__(self, shape, axis):
        self.shape = shape
        self.axis = axis

    def forward(self, x):
        return _spread(x, self.shape, self.axis)

    def rule(self, gy, y, x):
        return np.sum(gy, self.axis).reshape(x.shape)


def spread(x, shape, axis):
    """x, which a reduction of `shape` over `axis` made, repeated along these axes."""
    return record(Spread(shape, axis), x) if isinstance(x, Variable) else _spread(x, shape, axis)


def _spread(x, shape, axis):
    y = np.empty(shape, x.dtype)
    if axis is None and not x.ndim:
        y.fill(x)
    else:
        y[...] = x.reshape(kept(shape, axis))
    return y


def kept(shape, axis):
    """`shape` with the length 1 along `axis`."""
    if axis is None:
        return (1,) * len(shape)
    axes = [i % (len(shape) or 1) for i in np.atleast_1d(axis)]
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def in_limit(x, infinite):
    """x, but where the logarithm of a sum is infinite 0 for +inf, which is all of it, and -inf."""
    return np.where(infinite, np.where(values(x) == np.inf, 0, -np.inf), x)


class LogSumExp(Reduction):
    """log(sum(exp(x))) over `axis`."""

    def forward(self, x):
        top = np.max(x, axis=self.axis, keepdims=True, initial=-np.inf)
        top = np.where(np.isfinite(top), top, 0)  # inf - inf would be NaN
        with np.errstate(divide="ignore"):
            y = np.log(np.sum(np.exp(x - top), axis=self.axis, keepdims=True)) + top
        y = y.astype(x.dtype, copy=False)
        return y if self.keepdims else np.squeeze(y, self.axis)

    def rule(self, gy, y, x):
        infinite = np.isinf(y)
        if infinite.any():
            x = in_limit(x, spread(infinite, x.shape, self.axis))
            y = np.where(infinite, np.maximum(self.forward(values(x)), 0), y)
        return spread(gy, x.shape, self.axis) * np.exp(x - spread(y, x.shape, self.axis))


@operation(examples=("logsumexp(x)", "logsumexp(t, axis=(0, -1), keepdims=True)", "logsumexp(s)"))
def logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))) over `axis`, which never overflows: the sum of exp(x - y) dx."""
    return record(LogSumExp(axis, keepdims), x)


class Extremum(Reduction):
    """The largest or smallest entry over `axis`: dx of it, the mean of dx at a tie."""

    def rule(self, gy, y, x):
        chosen = spread(values(y), x.shape, self.axis) == values(x)
        share = chosen / np.maximum(np.sum(chosen, axis=self.axis, keepdims=True), 1)  # 0: NaN
        return spread(gy, x.shape, self.axis) * share


class Max(Extremum):
    """The largest entry over `axis`."""

    def forward(self, x):
        return np.max(x, axis=self.axis, keepdims=self.keepdims)


class Min(Extremum):
    """The smallest entry over `axis`."""

    def forward(self, x):
        return np.min(x, axis=self.axis, keepdims=self.keepdims)


@operation(np.max, np.amax, examples=("max(x)", "max(t, axis=(0, -1))", "max(x, 1, keepdims=True)"))
def max(x, axis=None, keepdims=False):
    """The largest entry over `axis`: dx of it, and the mean of dx at a tie."""
    return record(Max(axis, keepdims), x)


@operation(np.min, np.amin, examples=("min(x)", "min(t, axis=(0, -1))", "min(x, 1, keepdims=True)"))
def min(x, axis=None, keepdims=False):
    """The smallest entry over `axis`: dx of it, and the mean of dx at a tie."""
    return record(Min(axis, keepdims), x)


@operation(np.ptp, examples=("ptp(x)", "ptp(x, axis=1)"))
def ptp(x, axis=None, keepdims=False):
    """The largest entry over `axis` minus the smallest."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)
