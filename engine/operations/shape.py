"""Operations that move or repeat entries."""

import numpy as np

from ..function import Linear
from ..recording import operation, record, values
from ..variable import Variable


class Reshape(Linear):
    """The same entries in `shape`."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return x.reshape(self.shape)

    def rule(self, gy, y, x):
        return gy.reshape(x.shape)


class Transpose(Linear):
    """The axes in the order `axes`."""

    def __init__(self, axes=None):
        self.axes = axes

    def forward(self, x):
        return x.transpose(self.axes)

    def rule(self, gy, y, x):
        if self.axes is None:
            return gy.transpose()
        return gy.transpose(np.argsort(np.atleast_1d(self.axes) % x.ndim))


class BroadcastTo(Linear):
    """Repeated along new axes and those of length 1."""

    _broadcasts = True

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return np.broadcast_to(x, self.shape)

    def rule(self, gy, y, x):
        return gy


@operation(np.reshape, examples=("reshape(x, (3, -1))", "reshape(x, 6)", "reshape(s, (1, 1))"))
def reshape(x, shape):
    """x's entries, in C order, in `shape` (an integer or a tuple, one of them may be -1)."""
    return record(Reshape(shape), x)


@operation(
    np.transpose,
    examples=("transpose(x)", "transpose(t, (1, -1, 0))", "transpose(s)"),
)
def transpose(x, axes=None):
    """x with its axes in the order `axes`, a permutation; None reverses them."""
    return record(Transpose(axes), x)


@operation(
    np.broadcast_to,
    examples=("broadcast_to(v, (2, 3))", "broadcast_to(s, (2,))", "broadcast_to(col, (2, 2, 3))"),
)
def broadcast_to(x, shape):
    """x repeated to `shape`, by NumPy's rules of broadcasting."""
    return record(BroadcastTo(shape), x)


def _view(x):
    """The array of x, to ask NumPy what its shape becomes."""
    return np.asarray(values(x))


def _numbered(x, move):
    """x with its axes in the order in which `move` puts those of an array."""
    axes = tuple(range(np.ndim(x)))
    return transpose(x, move(np.empty(axes)).shape if axes else ())  # axis i has the length i


@operation(np.ravel, examples=("ravel(x)", "ravel(s)", "ravel(t)"))
def ravel(x):
    """x's entries, in C order, along one axis."""
    return reshape(x, -1)


@operation(examples=("flatten(x)",))
def flatten(x):
    """x's entries, in C order, along one axis."""
    return reshape(x, -1)


@operation(np.swapaxes, examples=("swapaxes(x, 0, 1)", "swapaxes(t, 0, -1)"))
def swapaxes(x, axis1, axis2):
    """x with two axes exchanged."""
    return _numbered(x, lambda x: np.swapaxes(x, axis1, axis2))


@operation(np.moveaxis, examples=("moveaxis(t, 0, -1)", "moveaxis(t, (0, 1), (2, 0))"))
def moveaxis(x, source, destination):
    """x with axes moved to other places, the others in their order."""
    return _numbered(x, lambda x: np.moveaxis(x, source, destination))


@operation(np.rollaxis, examples=("rollaxis(t, 2)", "rollaxis(t, 0, 2)"))
def rollaxis(x, axis, start=0):
    """x with `axis` moved before the axis `start`."""
    return _numbered(x, lambda x: np.rollaxis(x, axis, start))


@operation(np.matrix_transpose, np.linalg.matrix_transpose, examples=("matrix_transpose(t)",))
def matrix_transpose(x):
    """x with its last two axes exchanged."""
    return swapaxes(x, -1, -2)


@operation(np.expand_dims, examples=("expand_dims(x, 0)", "expand_dims(s, (0, 1))"))
def expand_dims(x, axis):
    """x with new axes of length 1 at the places `axis` of the result."""
    return reshape(x, np.expand_dims(_view(x), axis).shape)


@operation(np.squeeze, examples=("squeeze(row)", "squeeze(col, axis=-1)", "squeeze(s)"))
def squeeze(x, axis=None):
    """x without its axes of length 1, or without those named."""
    return reshape(x, np.squeeze(_view(x), axis).shape)


@operation(np.atleast_1d, examples=("atleast_1d(s)", "atleast_1d(x)"))
def atleast_1d(x):
    """x with at least one axis."""
    return reshape(x, np.atleast_1d(_view(x)).shape)


@operation(np.atleast_2d, examples=("atleast_2d(v)",))
def atleast_2d(x):
    """x with at least two axes, new ones first."""
    return reshape(x, np.atleast_2d(_view(x)).shape)


@operation(np.atleast_3d, examples=("atleast_3d(x)", "atleast_3d(v)"))
def atleast_3d(x):
    """x with at least three axes, as NumPy places them."""
    return reshape(x, np.atleast_3d(_view(x)).shape)


@operation(np.flip, examples=("flip(x)", "flip(t, axis=(0, -1))", "flip(s)"))
def flip(x, axis=None):
    """x in reverse order along `axis`, or along all axes."""
    axes = range(np.ndim(x)) if axis is None else [i % np.ndim(x) for i in np.atleast_1d(axis)]
    return x[tuple(slice(None, None, -1 if i in axes else 1) for i in range(np.ndim(x)))]


@operation(np.flipud, examples=("flipud(x)",))
def flipud(x):
    """x in reverse order along axis 0."""
    return x[::-1]


@operation(np.fliplr, examples=("fliplr(x)",))
def fliplr(x):
    """x in reverse order along axis 1."""
    return x[:, ::-1]


@operation(np.broadcast_arrays, examples=("broadcast_arrays(row, col)[0] * u",))
def broadcast_arrays(*arrays):
    """A tuple of the arrays, each repeated to the shape of all."""
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    return tuple([broadcast_to(x, shape) for x in arrays])


@operation(examples=("full((2, 3), s)", "full(3, s) * v", "full((2, 3), v)"))
def full(shape, value):
    """An array of `shape` with `value` everywhere: what np.full would be of a Variable."""
    return broadcast_to(value, shape)


@operation(np.full_like, examples=("full_like(x, s)", "x * full_like(x, 2)"))
def full_like(x, value):
    """An array of x's shape and dtype with `value` everywhere."""
    value = np.asarray(value, x.dtype) if not isinstance(value, Variable) else value
    return broadcast_to(value, np.shape(x))


@operation(examples=("x * ones_like(x)",))
def ones_like(x):
    """Ones in x's shape and dtype: a constant."""
    return Variable(np.ones(np.shape(x), x.dtype))


@operation(examples=("x + zeros_like(x)",))
def zeros_like(x):
    """Zeros in x's shape and dtype: a constant."""
    return Variable(np.zeros(np.shape(x), x.dtype))
