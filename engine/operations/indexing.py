"""Operations that select entries."""

from types import EllipsisType

import numpy as np

from ..function import Operation
from ..recording import operation, record
from ..variable import Variable


class GetItem(Operation):
    """The entries at `index`."""

    def __init__(self, index):
        self.index = index

    def forward(self, x):
        return x[self.index]

    def rule(self, gy, y, x):
        return _scatter(gy, self.index, x.shape)


@operation(operators=("__getitem__",))
def getitem(x, index):
    """x[index], for every index NumPy knows; Variables of integers or booleans serve as well."""
    return record(GetItem(_arrays(index)), x)


def _scatter(g, index, shape):
    """Zeros of `shape` with g added at `index`, as often as an entry was selected."""
    gx = np.zeros(shape, g.dtype)
    if all(isinstance(i, _BASIC) for i in (index if isinstance(index, tuple) else (index,))):
        gx[index] = g  # selects nothing twice, and 10 times as fast
    else:
        np.add.at(gx, index, g)
    return gx


_BASIC = (int, np.integer, slice, EllipsisType, type(None))


def _arrays(index):
    if isinstance(index, tuple):
        return tuple(map(_arrays, index))
    return index.data if isinstance(index, Variable) else index
