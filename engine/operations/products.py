"""Products of matrices."""

import operator

import numpy as np

from ..function import Operation
from ..recording import operation


@operation(np.matmul, compute=operator.matmul, operators=("__matmul__", "__rmatmul__"))
class Matmul(Operation):
    """a b, the product of matrices, with NumPy's rules for vectors and stacks of matrices."""

    _broadcasts = True

    def rule(self, gy, y, a, b):
        if a.ndim == b.ndim == 2:
            return gy @ b.T, a.T @ gy
        matrix_a = a if a.ndim > 1 else a[None, :]
        matrix_b = b if b.ndim > 1 else b[:, None]
        stack = y.shape[: y.ndim - (a.ndim > 1) - (b.ndim > 1)]
        gy = gy.reshape(*stack, matrix_a.shape[-2], matrix_b.shape[-1])
        ga = gy @ matrix_b.swapaxes(-1, -2)
        gb = matrix_a.swapaxes(-1, -2) @ gy
        return ga if a.ndim > 1 else ga[..., 0, :], gb if b.ndim > 1 else gb[..., 0]
