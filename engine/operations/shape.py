"""Operations that move or repeat entries."""

import numpy as np

from ..function import Operation
from ..recording import operation, record


class Reshape(Operation):
    """The same entries in `shape`."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return x.reshape(self.shape)

    def rule(self, gy, y, x):
        return gy.reshape(x.shape)


class Transpose(Operation):
    """The axes in the order `axes`."""

    def __init__(self, axes=None):
        self.axes = axes

    def forward(self, x):
        return x.transpose(self.axes)

    def rule(self, gy, y, x):
        if self.axes is None:
            return gy.transpose()
        return gy.transpose(np.argsort([axis % x.ndim for axis in self.axes]))


class BroadcastTo(Operation):
    """Repeated along new axes and those of length 1."""

    _broadcasts = True

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return np.broadcast_to(x, self.shape)

    def rule(self, gy, y, x):
        return gy


@operation(np.reshape)
def reshape(x, shape):
    """x's entries, in C order, in `shape` (an integer or a tuple, one of them may be -1)."""
    return record(Reshape(shape), x)


@operation(np.transpose)
def transpose(x, axes=None):
    """x with its axes in the order `axes`, a permutation; None reverses them."""
    return record(Transpose(axes), x)


@operation(np.broadcast_to)
def broadcast_to(x, shape):
    """x repeated to `shape`, by NumPy's rules of broadcasting."""
    return record(BroadcastTo(shape), x)
