"""Operations that select entries."""

from types import EllipsisType

import numpy as np

from ..function import Linear
from ..recording import applied, operation, record
from ..variable import Variable


class GetItem(Linear):
    """The entries at `index`."""

    def __init__(self, index):
        self.index = index

    def forward(self, x):
        return x[self.index]

    def rule(self, gy, y, x):
        return applied(Scatter(self.index, x.shape), gy)


class Scatter(Linear):
    """Zeros of `shape` with x added at `index`, as often as an entry was selected."""

    def __init__(self, index, shape):
        self.index = index
        self.shape = shape

    def forward(self, x):
        y = np.zeros(self.shape, x.dtype)
        if all(map(_is_basic, self.index if isinstance(self.index, tuple) else (self.index,))):
            y[self.index] = x  # selects nothing twice, and 10 times as fast
        else:
            np.add.at(y, self.index, x)
        return y

    def rule(self, gy, y, x):
        return gy[self.index]


@operation(
    operators=("__getitem__",),
    examples=("getitem(x, 1)", "getitem(x, [[0, 1], [1, 1]])", "getitem(t, (..., np.newaxis, 0))"),
)
def getitem(x, index):
    """x[index], for every index NumPy knows; Variables of integers or booleans serve as well."""
    return record(GetItem(_arrays(index)), x)


_BASIC = (int, np.integer, slice, EllipsisType, type(None))


def _is_basic(index):
    return isinstance(index, _BASIC)  # which a bool is too: selects nothing twice either


def _arrays(index):
    if isinstance(index, tuple):
        return tuple(map(_arrays, index))
    return index.data if isinstance(index, Variable) else index
