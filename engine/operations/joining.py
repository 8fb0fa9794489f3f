"""Several arrays into one, and one into several."""

import numpy as np

from ..function import Linear
from ..recording import operation
from .shape import reshape


class Concatenate(Linear):
    """The inputs one after the other along `axis`."""

    def __init__(self, axis=0):
        self.axis = axis

    def forward(self, *xs):
        return np.concatenate(xs, self.axis)

    def rule(self, gy, y, *xs):
        axis = self.axis % y.ndim
        ends = np.cumsum([x.shape[axis] for x in xs])
        starts = ends - [x.shape[axis] for x in xs]
        before = (slice(None),) * axis
        return tuple([gy[(*before, slice(i, j))] for i, j in zip(starts, ends, strict=True)])


@operation(
    np.concatenate,
    examples=(
        "concatenate([a, b])",
        "concatenate((a, col, x), axis=-1)",
        "concatenate([a, v], None)",
    ),
)
def concatenate(arrays, axis=0):
    """The arrays one after the other along `axis` (None: flattened)."""
    if axis is None:
        arrays, axis = [reshape(x, -1) for x in arrays], 0
    return Concatenate(axis)(*arrays)


class Stack(Linear):
    """The inputs, of one shape, along a new axis."""

    def __init__(self, axis=0):
        self.axis = axis

    def forward(self, *xs):
        return np.stack(xs, self.axis)

    def rule(self, gy, y, *xs):
        before = (slice(None),) * (self.axis % y.ndim)
        return tuple([gy[(*before, i)] for i in range(len(xs))])


@operation(np.stack, examples=("stack([a, b])", "stack([a, b, a], axis=-1)", "stack([s, s])"))
def stack(arrays, axis=0):
    """The arrays, of one shape, along a new axis."""
    return Stack(axis)(*arrays)


@operation(np.vstack, examples=("vstack([a, v])", "vstack([u, v])"))
def vstack(arrays):
    """The arrays, at least 2-d, one below the other."""
    return concatenate([_as_rows(x) for x in arrays], 0)


def _as_rows(x):
    return reshape(x, np.atleast_2d(_empty_like(x)).shape)


def _empty_like(x):
    """An array of x's shape that takes no memory: for what it becomes in NumPy's hands."""
    return np.broadcast_to(0, np.shape(x))


@operation(np.hstack, examples=("hstack([a, b])", "hstack([u, v])", "hstack([s, v])"))
def hstack(arrays):
    """The arrays side by side: along axis 1, of vectors along axis 0."""
    arrays = [reshape(x, np.atleast_1d(_empty_like(x)).shape) for x in arrays]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1)


@operation(np.dstack, examples=("dstack([a, b])", "dstack([u, v])"))
def dstack(arrays):
    """The arrays, at least 3-d, along axis 2."""
    return concatenate([reshape(x, np.atleast_3d(_empty_like(x)).shape) for x in arrays], 2)


@operation(np.column_stack, examples=("column_stack([u, v, m])",))
def column_stack(arrays):
    """Vectors as the columns of a matrix, beside matrices."""
    columns = [reshape(x, (-1, 1)) if np.ndim(x) < 2 else x for x in arrays]
    return concatenate(columns, 1)


@operation(np.append, examples=("append(a, b)", "append(a, col, axis=1)"))
def append(x, values, axis=None):
    """x and after it `values`, along `axis` (None: both flattened)."""
    return concatenate([x, values], axis)


@operation(np.block, examples=("block([[a, col], [b, col]])", "block([u, v])"))
def block(arrays):
    """The array put together from nested lists of blocks, the innermost along the last axis."""
    depth = _depth(arrays)
    return _block(arrays, depth, max(depth, *map(np.ndim, _leaves(arrays)), 1))


def _depth(arrays):
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) else 0


def _leaves(arrays):
    return [leaf for x in arrays for leaf in _leaves(x)] if isinstance(arrays, list) else [arrays]


def _block(arrays, depth, ndim):
    if depth == 0:
        return reshape(arrays, (1,) * (ndim - np.ndim(arrays)) + np.shape(arrays))
    return concatenate([_block(x, depth - 1, ndim) for x in arrays], -depth)


def _split(x, sections, axis, *, equal=True):
    """The parts of x between the sections that NumPy's function would cut it into."""
    cut = np.split if equal else np.array_split
    parts = [part.tolist() for part in cut(np.arange(np.shape(x)[axis]), sections)]
    before = (slice(None),) * (axis % np.ndim(x))
    return [x[(*before, slice(part[0], part[-1] + 1) if part else slice(0))] for part in parts]


@operation(np.split, examples=("split(x, 3, axis=1)[1]", "split(x, [1, 2], axis=1)[2]"))
def split(x, indices_or_sections, axis=0):
    """A list of the parts of x along `axis`: that many equal ones, or cut before the indices."""
    return _split(x, indices_or_sections, axis)


@operation(np.array_split, examples=("array_split(x, 2, axis=1)[0]",))
def array_split(x, indices_or_sections, axis=0):
    """The same, where the parts may be unequal."""
    return _split(x, indices_or_sections, axis, equal=False)


@operation(np.hsplit, examples=("hsplit(x, 3)[0]", "hsplit(v, 3)[1]"))
def hsplit(x, indices_or_sections):
    """The parts of x along axis 1, of a vector along axis 0."""
    return _split(x, indices_or_sections, 1 if np.ndim(x) > 1 else 0)


@operation(np.vsplit, examples=("vsplit(x, 2)[1]",))
def vsplit(x, indices_or_sections):
    """The parts of x along axis 0."""
    return _split(x, indices_or_sections, 0)


@operation(np.dsplit, examples=("dsplit(t, 2)[1]",))
def dsplit(x, indices_or_sections):
    """The parts of x along axis 2."""
    return _split(x, indices_or_sections, 2)


@operation(np.unstack, examples=("unstack(x, axis=1)[2]",))
def unstack(x, axis=0):
    """A tuple of the slices of x along `axis`."""
    before = (slice(None),) * (axis % np.ndim(x))
    return tuple([x[(*before, i)] for i in range(np.shape(x)[axis])])
