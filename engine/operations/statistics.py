"""Spread, middle and weighted means, and reductions that leave out NaN."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..recording import operation, record, values
from .complex_numbers import astype
from .rearrangement import sort, take_along_axis
from .reduction import Extremum, Reduction, kept, spread, sum
from .scan import cumprod, cumsum, prod
from .selection import where


class Deviation(Reduction):
    """An operation on the deviations from the mean over `axis`, of n - ddof of them."""

    def __init__(self, axis=None, keepdims=False, ddof=0):
        super().__init__(axis, keepdims)
        self.ddof = ddof

    def deviations(self, x):
        """x minus its mean, over the number of them that counts."""
        n = x.size // (np.sum(np.broadcast_to(0, x.shape), self.axis).size or 1)
        with np.errstate(divide="ignore", invalid="ignore"):  # NumPy has warned in forward
            return (x - np.mean(x, self.axis, keepdims=True)) / np.maximum(n - self.ddof, 0)


class WithoutNan(Deviation):
    """The same of the entries that are not NaN."""

    def deviations(self, x):
        nan = np.isnan(values(x))
        n = np.sum(~nan, self.axis, keepdims=True)
        mean = np.sum(np.where(nan, 0, x), self.axis, keepdims=True) / np.maximum(n, 1)
        return np.where(nan, 0, x - mean) / np.maximum(n - self.ddof, 1)


class Variance(Deviation):
    """The mean square of the deviations."""

    def rule(self, gy, y, x):
        return spread(2 * gy, x.shape, self.axis) * self.deviations(x)


class StandardDeviation(Deviation):
    """The root of the mean square of the deviations."""

    def rule(self, gy, y, x):
        scaled = np.where(y > 0, gy, 0) / np.where(y > 0, y, 1)  # equal entries: a kink
        return spread(scaled, x.shape, self.axis) * self.deviations(x)


class Var(Variance):
    """The variance over `axis`."""

    def forward(self, x):
        return np.var(x, axis=self.axis, ddof=self.ddof, keepdims=self.keepdims)


class Std(StandardDeviation):
    """The standard deviation over `axis`."""

    def forward(self, x):
        return np.std(x, axis=self.axis, ddof=self.ddof, keepdims=self.keepdims)


class NanVar(WithoutNan, Variance):
    """The variance over `axis` of the entries that are not NaN."""

    def forward(self, x):
        return np.nanvar(x, axis=self.axis, ddof=self.ddof, keepdims=self.keepdims)


class NanStd(WithoutNan, StandardDeviation):
    """The standard deviation over `axis` of the entries that are not NaN."""

    def forward(self, x):
        return np.nanstd(x, axis=self.axis, ddof=self.ddof, keepdims=self.keepdims)


class NanMean(Reduction):
    """The mean over `axis` of the entries that are not NaN."""

    def forward(self, x):
        return np.nanmean(x, axis=self.axis, keepdims=self.keepdims)

    def rule(self, gy, y, x):
        there = ~np.isnan(values(x))
        n = np.sum(there, axis=self.axis, keepdims=True)
        return spread(gy, x.shape, self.axis) * (there / np.maximum(n, 1))


class NanMax(Extremum):
    """The largest entry over `axis` that is not NaN."""

    def forward(self, x):
        return np.nanmax(x, axis=self.axis, keepdims=self.keepdims)


class NanMin(Extremum):
    """The smallest entry over `axis` that is not NaN."""

    def forward(self, x):
        return np.nanmin(x, axis=self.axis, keepdims=self.keepdims)


@operation(np.var, examples=("var(x)", "var(t, axis=(0, -1), ddof=1)", "var(x, 1, keepdims=True)"))
def var(x, axis=None, ddof=0, keepdims=False):
    """The sum of (x - mean)**2 over `axis`, over n - ddof: 2 (x - mean) / (n - ddof) dx."""
    return record(Var(axis, keepdims, ddof), x)


@operation(np.std, examples=("std(x)", "std(t, axis=(0, -1), ddof=1)", "std(x, 1, keepdims=True)"))
def std(x, axis=None, ddof=0, keepdims=False):
    """The square root of var: (x - mean) / ((n - ddof) y) dx, and 0 where all are equal."""
    return record(Std(axis, keepdims, ddof), x)


def _in_line(x, axis):
    """x with the axes of a reduction, flattened, as its last."""
    axes = sorted(normalize_axis_tuple(range(np.ndim(x)) if axis is None else axis, np.ndim(x)))
    last = tuple(range(np.ndim(x) - len(axes), np.ndim(x)))
    rest = tuple(n for i, n in enumerate(np.shape(x)) if i not in axes)
    length = int(np.prod([np.shape(x)[i] for i in axes]))
    return np.reshape(np.moveaxis(x, axes, last), (*rest, length))


def _middle(x, axis, keepdims, count):
    """The middle of the first `count` entries of each line in order, or the mean of two."""
    if x.dtype.kind in "biu":
        x = astype(x, float)
    if not np.size(x):
        return np.mean(x, axis=axis, keepdims=keepdims)  # NaN, with NumPy's warning
    line = sort(_in_line(x, axis))
    n = np.maximum(count(line._array), 1)
    low, high = (take_along_axis(line, (n - k) // 2, -1) for k in (1, 0))
    if np.ndim(x) == 0:
        return np.reshape(x, ())
    y = 0.5 * (low + high) if np.any(n % 2 == 0) else low
    y = y if np.all((n % 2 == 0) | (n == n.flat[0])) else np.where(n % 2 == 0, y, low)
    shape = kept(np.shape(x), axis)
    return np.reshape(y, shape if keepdims else np.sum(np.broadcast_to(0, np.shape(x)), axis).shape)


def _all(line):
    return np.full((*line.shape[:-1], 1), line.shape[-1])


def _numbers(line):
    return np.sum(~np.isnan(line), -1, keepdims=True)


@operation(
    np.median, examples=("median(x)", "median(t, axis=(0, 1))", "median(x, 1, keepdims=True)")
)
def median(x, axis=None, keepdims=False):
    """The middle entry over `axis`, or the mean of the middle two; NaN where there is one."""
    y = _middle(x, axis, keepdims, _all)
    nan = np.any(np.isnan(values(x)), axis=axis, keepdims=keepdims)
    return where(nan, np.nan, y) if np.any(nan) else y


@operation(np.nanmedian, examples=("nanmedian(x)", "nanmedian(x, 1)"))
def nanmedian(x, axis=None, keepdims=False):
    """The middle entry over `axis` that is not NaN, or the mean of the middle two."""
    return _middle(x, axis, keepdims, _numbers)


@operation(
    np.average,
    examples=("average(x)", "average(x, 1, [1.0, 2.0, 3.0])", "average(a, weights=b + 3)"),
)
def average(x, axis=None, weights=None, keepdims=False):
    """The mean over `axis`; with `weights`, of x's shape or a vector, sum(w x) / sum(w)."""
    if weights is None:
        return np.mean(x, axis=axis, keepdims=keepdims)
    if np.ndim(weights) == 1 and np.ndim(x) > 1:
        weights = np.reshape(
            weights, [-1 if i == axis % np.ndim(x) else 1 for i in range(np.ndim(x))]
        )
        weights = np.broadcast_to(weights, np.shape(x))
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    return np.sum(x * weights, axis=axis, keepdims=keepdims) / total


def _without_nan(x, instead):
    return where(np.isnan(x), instead, x)


@operation(np.nansum, examples=("nansum(x)", "nansum(where(c > 1, np.nan, x), axis=1)"))
def nansum(x, axis=None, keepdims=False):
    """The sum over `axis` of the entries that are not NaN."""
    return sum(_without_nan(x, 0), axis, keepdims)


@operation(np.nanprod, examples=("nanprod(x)", "nanprod(where(c > 1, np.nan, x), axis=1)"))
def nanprod(x, axis=None, keepdims=False):
    """The product over `axis` of the entries that are not NaN."""
    return prod(_without_nan(x, 1), axis, keepdims)


@operation(np.nanmean, examples=("nanmean(x)", "nanmean(where(c > 1, np.nan, x), axis=0)"))
def nanmean(x, axis=None, keepdims=False):
    """The mean over `axis` of the entries that are not NaN."""
    return record(NanMean(axis, keepdims), x)


@operation(np.nanvar, examples=("nanvar(x)", "nanvar(where(c > 1, np.nan, x), ddof=1)"))
def nanvar(x, axis=None, ddof=0, keepdims=False):
    """The variance over `axis` of the entries that are not NaN."""
    return record(NanVar(axis, keepdims, ddof), x)


@operation(np.nanstd, examples=("nanstd(x)", "nanstd(where(c > 1, np.nan, x), ddof=1)"))
def nanstd(x, axis=None, ddof=0, keepdims=False):
    """The standard deviation over `axis` of the entries that are not NaN."""
    return record(NanStd(axis, keepdims, ddof), x)


@operation(np.nanmax, examples=("nanmax(x)", "nanmax(where(c > 1, np.nan, x), axis=0)"))
def nanmax(x, axis=None, keepdims=False):
    """The largest entry over `axis` that is not NaN."""
    return record(NanMax(axis, keepdims), x)


@operation(np.nanmin, examples=("nanmin(x)", "nanmin(where(c > 1, np.nan, x), axis=0)"))
def nanmin(x, axis=None, keepdims=False):
    """The smallest entry over `axis` that is not NaN."""
    return record(NanMin(axis, keepdims), x)


@operation(np.nancumsum, examples=("nancumsum(where(c > 1, np.nan, x), axis=1)",))
def nancumsum(x, axis=None):
    """The sums of the entries up to each one, NaN counting as 0."""
    return cumsum(_without_nan(x, 0), axis)


@operation(np.nancumprod, examples=("nancumprod(where(c > 1, np.nan, x), axis=1)",))
def nancumprod(x, axis=None):
    """The products of the entries up to each one, NaN counting as 1."""
    return cumprod(_without_nan(x, 1), axis)
