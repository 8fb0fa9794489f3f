"""Operations that put entries elsewhere: repeat, pad, turn, take out, sort.

Where each entry goes is asked of NumPy's own function, applied to the entries' numbers: one rule
serves them all.
"""

import numpy as np

from ..function import Linear
from ..recording import applied, operation, record, values
from .indexing import Scatter


class Rearrangement(Linear):
    """`arrange(x)`, whose entries are entries of x, or zeros."""

    def __init__(self, arrange):
        self.arrange = arrange

    def forward(self, x):
        return self.arrange(x)

    def rule(self, gy, y, x):
        number = self.arrange(np.arange(1, x.size + 1).reshape(x.shape))  # 0 is no entry of x
        gx = applied(Scatter(number, (x.size + 1,)), gy)
        return gx[1:].reshape(x.shape)


class Tile(Linear):
    """x repeated as a whole, `reps` times along each axis."""

    def __init__(self, reps):
        self.reps = tuple(np.atleast_1d(reps).tolist())

    def forward(self, x):
        return np.tile(x, self.reps)

    def rule(self, gy, y, x):
        reps = (1,) * (y.ndim - len(self.reps)) + self.reps
        shape = (1,) * (y.ndim - x.ndim) + x.shape
        pairs = [n for pair in zip(reps, shape, strict=True) for n in pair]
        return np.sum(gy.reshape(pairs), tuple(range(0, len(pairs), 2))).reshape(x.shape)


class Repeat(Linear):
    """x with each entry repeated `count` times along `axis`."""

    def __init__(self, count, axis):
        self.count = count
        self.axis = axis

    def forward(self, x):
        return np.repeat(x, self.count, self.axis)

    def rule(self, gy, y, x):
        axis = self.axis % x.ndim + 1
        return np.sum(gy.reshape((*x.shape[:axis], self.count, *x.shape[axis:])), axis)


class Roll(Linear):
    """x moved along `axis` by `shift`."""

    def __init__(self, shift, axis):
        self.shift = shift
        self.axis = axis

    def forward(self, x):
        return np.roll(x, self.shift, self.axis)

    def rule(self, gy, y, x):
        return np.roll(gy, np.negative(self.shift), self.axis)


class Pad(Linear):
    """x with a border of zeros, `widths` before and after each axis."""

    def __init__(self, widths):
        self.widths = widths

    def forward(self, x):
        return np.pad(x, self.widths) if x.ndim else x.copy()

    def rule(self, gy, y, x):
        pairs = zip(self.widths, x.shape, strict=True)
        return gy[tuple(slice(before, before + n) for (before, _), n in pairs)]


def rearranged(x, arrange):
    """x with its entries moved by `arrange`, a function of arrays."""
    return record(Rearrangement(arrange), x)


@operation(np.tile, examples=("tile(x, 2)", "tile(v, (2, 1))", "tile(s, 3)"))
def tile(x, reps):
    """x repeated as a whole, `reps` times along each axis."""
    return record(Tile(reps), x)


@operation(np.repeat, examples=("repeat(x, 2)", "repeat(x, [1, 0, 2], axis=1)"))
def repeat(x, repeats, axis=None):
    """x with each entry repeated, along `axis`, or flattened."""
    if np.ndim(repeats):
        return rearranged(x, lambda x: np.repeat(x, repeats, axis))
    if axis is None:
        x, axis = np.ravel(x), 0
    return record(Repeat(int(repeats), axis), x)


@operation(np.roll, examples=("roll(x, 1)", "roll(t, (1, -2), axis=(0, 2))"))
def roll(x, shift, axis=None):
    """x moved along `axis` by `shift`, what leaves at one end entering at the other."""
    return record(Roll(shift, axis), x)


@operation(np.rot90, examples=("rot90(x)", "rot90(t, 3, (1, 2))"))
def rot90(x, k=1, axes=(0, 1)):
    """x turned by k right angles in the plane of `axes`."""
    return rearranged(x, lambda x: np.rot90(x, k, axes))


@operation(
    np.pad,
    examples=(
        "pad(x, 1)",
        "pad(x, ((0, 1), (2, 0)), constant_values=3.0)",
        "pad(x, 2, mode='edge')",
        "pad(x, ((1, 0), (0, 4)), mode='reflect')",
        "pad(x, 1, 'symmetric')",
        "pad(x, (2, 3), 'wrap')",
    ),
)
def pad(x, pad_width, mode="constant", **options):
    """x with a border: of constants, or of its own entries (edge, reflect, symmetric, wrap).

    pad_width: as in NumPy, before and after each axis. Options are NumPy's; a border that is
    computed (mean, linear_ramp, odd reflection) is not differentiated.
    """
    if mode not in _PADDINGS or options.get("reflect_type", "even") != "even":
        raise TypeError(
            f"np.pad of a Variable knows the modes {', '.join(_PADDINGS)}, not {mode!r}"
        )
    values = options.pop("constant_values", 0)
    if mode != "constant":
        return rearranged(x, lambda x: np.pad(x, pad_width, mode, **options))
    if options:
        raise TypeError(f"np.pad with the mode 'constant' takes no {', '.join(options)}")
    if isinstance(pad_width, dict):
        pad_width = _widths_of(pad_width, np.ndim(x))
    widths = np.broadcast_to(pad_width, (np.ndim(x), 2)).tolist()
    y = record(Pad(widths), x)
    if np.any(values):
        y = y + np.pad(np.zeros(np.shape(x), y.dtype), widths, constant_values=values)
    return y


def _widths_of(axes, ndim):
    """NumPy's dict from axes to widths, as the widths of all axes."""
    widths = np.zeros((ndim, 2), int)
    for axis, width in axes.items():
        widths[axis] = width
    return widths


_PADDINGS = ("constant", "edge", "reflect", "symmetric", "wrap")


@operation(np.diag, examples=("diag(v)", "diag(m, 1)", "diag(x, -1)"))
def diag(x, k=0):
    """The k-th diagonal of a matrix, or the matrix with the vector x as its k-th diagonal."""
    return rearranged(x, lambda x: np.diag(x, k))


@operation(np.diagflat, examples=("diagflat(x, 1)",))
def diagflat(x, k=0):
    """The matrix with x, flattened, as its k-th diagonal."""
    return rearranged(x, lambda x: np.diagflat(x, k))


@operation(np.diagonal, examples=("diagonal(m)", "diagonal(t, 1, 0, 2)"))
def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonal of the plane of two axes, as the last axis."""
    return rearranged(x, lambda x: np.diagonal(x, offset, axis1, axis2))


@operation(np.trace, examples=("trace(m)", "trace(t, 1, 0, 2)"))
def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of the diagonal of the plane of two axes."""
    return diagonal(x, offset, axis1, axis2).sum(-1)


@operation(np.tril, examples=("tril(m)", "tril(t, -1)"))
def tril(x, k=0):
    """The matrix x with zeros above its k-th diagonal."""
    return rearranged(x, lambda x: np.tril(x, k))


@operation(np.triu, examples=("triu(m)", "triu(t, 1)"))
def triu(x, k=0):
    """The matrix x with zeros below its k-th diagonal."""
    return rearranged(x, lambda x: np.triu(x, k))


@operation(
    np.take, examples=("take(x, [1, 1, 4])", "take(x, [[0, 2]], axis=1)", "take(x, 7, mode='wrap')")
)
def take(x, indices, axis=None, mode="raise"):
    """The entries of x at `indices` along `axis`, or of x flattened."""
    indices = values(indices)
    return rearranged(x, lambda x: np.take(x, indices, axis, mode=mode))


@operation(
    np.take_along_axis,
    examples=("take_along_axis(x, np.array([[0, 0, 2], [1, 0, 0]]), 1)",),
)
def take_along_axis(x, indices, axis=-1):
    """The entries of x at `indices`, an array of x's shape but for `axis`."""
    indices = values(indices)
    return rearranged(x, lambda x: np.take_along_axis(x, indices, axis))


@operation(np.compress, examples=("compress([True, False, True], x, axis=1)",))
def compress(condition, x, axis=None):
    """The slices of x along `axis` where `condition` holds."""
    condition = values(condition)
    return rearranged(x, lambda x: np.compress(condition, x, axis))


@operation(np.extract, examples=("extract([1, 0, 0, 1, 1, 0], x)",))
def extract(condition, x):
    """The entries of x, flattened, where `condition` holds."""
    condition = values(condition)
    return rearranged(x, lambda x: np.extract(condition, x))


@operation(np.delete, examples=("delete(x, 1, axis=1)", "delete(x, [0, 3])"))
def delete(x, obj, axis=None):
    """x without the slices `obj` along `axis`."""
    return rearranged(x, lambda x: np.delete(x, obj, axis))


@operation(np.sort, examples=("sort(x)", "sort(t, axis=0)", "sort(x, None)"))
def sort(x, axis=-1):
    """x in ascending order along `axis` (None: flattened); each entry takes its dx along."""
    return _ordered(x, axis, lambda x, axis: np.argsort(x, axis, kind="stable"))


@operation(np.partition, examples=("partition(x, 1)", "partition(t, (0, 2), axis=1)"))
def partition(x, kth, axis=-1):
    """x with the kth smallest entry along `axis` in its place, smaller ones before it."""
    return _ordered(x, axis, lambda x, axis: np.argpartition(x, kth, axis))


def _ordered(x, axis, places):
    if axis is None:
        x, axis = np.ravel(x), 0
    return take_along_axis(x, places(values(x), axis), axis)
