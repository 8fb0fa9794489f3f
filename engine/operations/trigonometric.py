"""Trigonometric and hyperbolic functions and their inverses."""

import numpy as np

from ..recording import operation
from .elementwise import Elementwise


@operation(np.tan, domain=(-1.2, 1.2))
class Tan(Elementwise):
    """tan(x): (1 + tan(x)**2) dx."""

    def rule(self, gy, y, x):
        return (1 + y * y) * gy


@operation(np.arcsin, domain=(-0.9, 0.9))
class ArcSin(Elementwise):
    """The angle with the sine x: dx / sqrt(1 - x**2)."""

    def rule(self, gy, y, x):
        return gy / np.sqrt((1 - x) * (1 + x))


@operation(np.arccos, domain=(-0.9, 0.9))
class ArcCos(Elementwise):
    """The angle with the cosine x: -dx / sqrt(1 - x**2)."""

    def rule(self, gy, y, x):
        return -gy / np.sqrt((1 - x) * (1 + x))


@operation(np.arctan)
class ArcTan(Elementwise):
    """The angle with the tangent x: dx / (1 + x**2)."""

    def rule(self, gy, y, x):
        return gy / (1 + x * x)


@operation(np.arctan2, domain=(0.3, 2.0))
class ArcTan2(Elementwise):
    """The angle of the point (b, a): (b da - a db) / (a**2 + b**2)."""

    def rule(self, gy, y, a, b):
        scaled = gy / (a * a + b * b)
        return scaled * b, -scaled * a


@operation(np.sinh)
class Sinh(Elementwise):
    """sinh(x): cosh(x) dx."""

    def rule(self, gy, y, x):
        return np.cosh(x) * gy


@operation(np.cosh)
class Cosh(Elementwise):
    """cosh(x): sinh(x) dx."""

    def rule(self, gy, y, x):
        return np.sinh(x) * gy


@operation(np.arcsinh)
class ArcSinh(Elementwise):
    """The number with the hyperbolic sine x: dx / sqrt(x**2 + 1)."""

    def rule(self, gy, y, x):
        return gy / np.sqrt(x * x + 1)


@operation(np.arccosh, domain=(1.2, 3.0))
class ArcCosh(Elementwise):
    """The positive number with the hyperbolic cosine x: dx / sqrt(x**2 - 1)."""

    def rule(self, gy, y, x):
        return gy / (np.sqrt(x - 1) * np.sqrt(x + 1))


@operation(np.arctanh, domain=(-0.9, 0.9))
class ArcTanh(Elementwise):
    """The number with the hyperbolic tangent x: dx / (1 - x**2)."""

    def rule(self, gy, y, x):
        return gy / ((1 - x) * (1 + x))


@operation(np.deg2rad, np.radians)
class Deg2Rad(Elementwise):
    """Degrees in radians: pi / 180 dx."""

    def rule(self, gy, y, x):
        return np.deg2rad(gy)


@operation(np.rad2deg, np.degrees)
class Rad2Deg(Elementwise):
    """Radians in degrees: 180 / pi dx."""

    def rule(self, gy, y, x):
        return np.rad2deg(gy)


@operation(np.sinc)
class Sinc(Elementwise):
    """sin(pi x) / (pi x), 1 at 0: (cos(pi x) - sinc(x)) / x dx, and near 0 its power series."""

    def rule(self, gy, y, x):
        near = np.abs(x) < 0.3  # where the difference of two numbers close to 1 would be rounding
        far_x = np.where(near, 1, x)
        slope = (np.cos(np.pi * far_x) - np.sinc(far_x)) / far_x
        return np.where(near, _series(np.where(near, x, 0)), slope) * gy


def _series(x):
    """The derivative of sinc: the sum of (-1)**k 2 k pi**(2 k) x**(2 k - 1) / (2 k + 1)!, k > 0."""
    square = (np.pi * x) * (np.pi * x)
    total = 0.0
    for k in range(10, 0, -1):  # Horner; pi x < 1 leaves out less than 1e-20
        total = (-1) ** k * 2 * k / _factorial(2 * k + 1) + square * total
    return np.pi * np.pi * x * total


def _factorial(n):
    return float(np.prod(np.arange(1.0, n + 1)))
