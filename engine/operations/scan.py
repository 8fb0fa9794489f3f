"""Running sums and products, differences, and the product that they make."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..function import Linear
from ..recording import operation, record, values
from .reduction import Reduction, kept, spread


class CumSum(Linear):
    """The sums along `axis` of the entries up to each one."""

    def __init__(self, axis=None):
        self.axis = axis

    def forward(self, x):
        return np.cumsum(x, self.axis)

    def rule(self, gy, y, x):
        return _sums_from(gy, self.axis).reshape(x.shape)


def _sums_from(g, axis):
    """The sums along `axis` (of a vector, if None) of the entries from each one to the end."""
    axis = 0 if axis is None else axis
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


class CumProd(Reduction):
    """The products along `axis` of the entries up to each one."""

    def forward(self, x):
        return np.cumprod(x, self.axis)

    def rule(self, gy, y, x):
        """Entry i: the product before i times s[i] = gy[i] + x[i + 1] s[i + 1]."""
        line, axis = (x.reshape(-1), 0) if self.axis is None else (x, self.axis % x.ndim)
        if np.all(values(x) != 0):
            return (_sums_from(gy * y, axis) / line).reshape(x.shape)
        line, y, gy = (np.moveaxis(v, axis, 0) for v in (line, y, gy))
        sums = [gy[-1]]
        for i in range(line.shape[0] - 2, -1, -1):
            sums.append(gy[i] + line[i + 1] * sums[-1])
        before = np.concatenate([np.ones(line[:1].shape), y[:-1]])
        return np.moveaxis(before * np.stack(sums[::-1]), 0, axis).reshape(x.shape)


class Prod(Reduction):
    """The product over `axis`."""

    def forward(self, x):
        return np.prod(x, axis=self.axis, keepdims=self.keepdims)

    def rule(self, gy, y, x):
        if np.all(values(x) != 0):
            return spread(gy * y, x.shape, self.axis) / x
        return spread(gy, x.shape, self.axis) * _products_of_others(x, self.axis)


def _products_of_others(x, axis):
    """For each entry the product of all others over `axis`: of those before and of those behind."""
    axes = np.atleast_1d(range(x.ndim) if axis is None else axis) % max(x.ndim, 1)
    order = [*(i for i in range(x.ndim) if i not in axes), *axes]
    moved = np.transpose(x, order)
    line = moved.reshape((*moved.shape[: x.ndim - len(axes)], -1))
    one = np.ones(line[..., :1].shape)
    before = np.concatenate([one, np.cumprod(line[..., :-1], -1)], -1)
    behind = np.flip(np.cumprod(np.flip(line[..., 1:], -1), -1), -1)
    others = before * np.concatenate([behind, one], -1)
    return np.transpose(others.reshape(moved.shape), np.argsort(order))


@operation(
    np.prod,
    examples=("prod(x)", "prod(t, axis=(0, -1))", "prod(x, 1, keepdims=True)", "prod(x * 0)"),
)
def prod(x, axis=None, keepdims=False):
    """The product over `axis`: the sum of the product of the others dx, right at zeros too."""
    return record(Prod(axis, keepdims), x)


@operation(np.cumsum, examples=("cumsum(x)", "cumsum(t, 1)"))
def cumsum(x, axis=None):
    """The sums along `axis` (None: of x flattened) of the entries up to each one."""
    return record(CumSum(axis), x)


@operation(np.cumprod, examples=("cumprod(x)", "cumprod(t, 1)", "cumprod(x * [1, 0, 1], 1)"))
def cumprod(x, axis=None):
    """The products along `axis` (None: of x flattened) of the entries up to each one."""
    return record(CumProd(axis), x)


@operation(
    np.diff,
    examples=("diff(x)", "diff(t, 2, axis=0)", "diff(x, axis=0)", "diff(v, append=[1.0, 2.0])"),
)
def diff(x, n=1, axis=-1, prepend=None, append=None):
    """The differences of neighbours along `axis`, n times over."""
    ends = [end for end in (prepend, x, append) if end is not None]
    if len(ends) > 1:
        x = np.concatenate([_as_slice(end, x, axis) for end in ends], axis)
    before = (slice(None),) * normalize_axis_index(axis, np.ndim(x))
    for _ in range(n):
        x = x[(*before, slice(1, None))] - x[(*before, slice(-1))]
    return x


def _as_slice(end, x, axis):
    return np.broadcast_to(end, kept(np.shape(x), axis)) if np.ndim(end) == 0 else end


@operation(
    np.gradient,
    domain=(0.5, 2.0),
    examples=(
        "gradient(v)",
        "gradient(t, axis=1, edge_order=1)",
        "gradient(m, 0.5, axis=0, edge_order=2)",
        "gradient(m, [0.0, 1.0, 3.0], axis=1)",
        "gradient(m, [0.0, 1.0, 3.0], axis=1, edge_order=2)",
        "gradient(x)[1]",
    ),
)
def gradient(f, *spacing, axis=None, edge_order=1):
    """Central differences inside, one-sided at both ends: NumPy's gradient, linear in f.

    spacing: a number, or coordinates, one for all axes or one for each; they are constants.
    Returns one array, or a tuple with one for each axis.
    """
    axes = range(np.ndim(f)) if axis is None else [int(i) for i in np.atleast_1d(axis)]
    spacing = spacing or (1.0,)
    spacing = spacing * len(axes) if len(spacing) == 1 else spacing
    parts = [_gradient(f, h, i, edge_order) for h, i in zip(spacing, axes, strict=True)]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _gradient(f, spacing, axis, edge_order):
    """The sum of three neighbours times the weights that NumPy's function gives them.

    Every third entry of a comb is 1: its gradient shows the weight of that entry for each place.
    """
    n = np.shape(f)[axis]
    near = np.minimum(n, 3)
    first = np.clip(np.arange(n) - 1, 0, n - near)  # the first neighbour of each place
    combs = (np.arange(n) % 3 == np.arange(3)[:, None]).astype(float)
    found = np.stack([np.gradient(comb, values(spacing), edge_order=edge_order) for comb in combs])
    places = first[:, None] + np.arange(near)
    dtype = f.dtype if f.dtype.kind in "fc" else float
    weights = found[places % 3, np.arange(n)[:, None]].astype(dtype)
    line = np.where(weights == 0, 0, np.moveaxis(f, axis, -1)[..., places])  # 0 * NaN is NaN
    return np.moveaxis(np.sum(line * weights, -1), -1, axis)
