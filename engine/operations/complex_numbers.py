"""Real and imaginary parts, conjugation, and casts: linear in the two parts together."""

import numpy as np

from ..function import Linear
from ..recording import operation, record
from .elementwise import Elementwise


@operation(np.conjugate)
class Conj(Linear):
    """The complex conjugate of x: conj(dx)."""

    def rule(self, gy, y, x):
        return np.conjugate(gy)


@operation(np.real)
class Real(Linear):
    """The real part of x: Re(dx)."""

    def rule(self, gy, y, x):
        return gy


@operation(np.imag)
class Imag(Linear):
    """The imaginary part of x: Im(dx)."""

    def rule(self, gy, y, x):
        return 1j * gy if x.dtype.kind == "c" else 0 * gy


@operation(np.angle, domain=(0.5, 2.0))
class Angle(Elementwise):
    """The argument of the complex number x: Im(dx / x)."""

    def rule(self, gy, y, x):
        return 1j * gy / np.conjugate(x) if x.dtype.kind == "c" else 0 * gy


@operation(np.copy, compute=lambda x: x.copy())
class Copy(Linear):
    """x itself, as a Variable and an array of its own: dx."""

    def rule(self, gy, y, x):
        return gy


class Astype(Linear):
    """The same numbers in another dtype."""

    def __init__(self, dtype=None):
        self.dtype = np.dtype(dtype)

    def forward(self, x):
        return x.astype(self.dtype)

    def rule(self, gy, y, x):
        return gy


@operation(np.astype, examples=("astype(x, float)", "astype(x, np.longdouble)"))
def astype(x, dtype):
    """x cast to `dtype`: dx cast; integers have no derivative."""
    return record(Astype(dtype), x)
