"""Elementwise operations: what each computes, and after the colon its differential.

A rule may return the broadcast shape: backprop.py sums it back to the input's for all of them.
"""

import functools
import operator

import numpy as np

from ..function import SCALARS, Operation
from ..recording import binary, operation, record
from ..variable import Variable


class Elementwise(Operation):
    """An operation that NumPy applies entry by entry, broadcasting its inputs."""

    _broadcasts = True

    def jvp(self, x_dots, y, *xs):
        """One entry of y depends on one of x: the rule's factors serve both modes."""
        moving = [(i, x_dot) for i, x_dot in enumerate(x_dots) if x_dot is not None]
        terms = [self.partial(i, x_dot, y, *xs) for i, x_dot in moving]
        return functools.reduce(operator.add, terms) if terms else None


@operation(np.add, compute=operator.add, operators=("__add__", "__radd__"))
class Add(Elementwise):
    """a + b, of the broadcast shape: da + db."""

    def rule(self, gy, y, a, b):
        return gy, gy


@operation(np.subtract, compute=operator.sub, operators=("__sub__", "__rsub__"))
class Sub(Elementwise):
    """a - b, of the broadcast shape: da - db."""

    def rule(self, gy, y, a, b):
        return gy, -gy

    def partial(self, i, gy, y, a, b):
        return gy if i == 0 else -gy


@operation(np.multiply, compute=operator.mul, operators=("__mul__", "__rmul__"))
class Mul(Elementwise):
    """a b, of the broadcast shape: b da + a db."""

    def rule(self, gy, y, a, b):
        return gy * b, gy * a

    def partial(self, i, gy, y, *xs):
        return gy * xs[1 - i]


@operation(
    np.divide,
    compute=operator.truediv,
    operators=("__truediv__", "__rtruediv__"),
    domain=(0.3, 2.0),
)
class Div(Elementwise):
    """a / b, of the broadcast shape: da / b - a / b**2 db."""

    def rule(self, gy, y, a, b):
        ga = gy / b
        return ga, -ga * y

    def partial(self, i, gy, y, a, b):
        return gy / b if i == 0 else -gy / b * y


@operation(np.negative, compute=operator.neg, operators=("__neg__",))
class Neg(Elementwise):
    """-x: -dx."""

    def rule(self, gy, y, x):
        return -gy


class Pow(Elementwise):
    """x to the power p; a Python scalar as p is no input but a parameter."""

    reflected = "__rpow__"

    def __init__(self, exponent=None):
        self.exponent = exponent

    def forward(self, x, p=None):
        return x ** (self.exponent if p is None else p)

    def rule(self, gy, y, x, p=None):
        if p is None:
            n = self.exponent
            return gy * (n * x ** (n - 1)) if n else 0 * gy
        with np.errstate(divide="ignore", invalid="ignore"):
            zero = x == 0
            by_x = p * x ** np.where(zero & (p == 0), 1, p - 1)  # 0 * 0**-1 is NaN
            by_p = y * np.log(np.where(zero & (p >= 0), 1, x))  # so is 0 * log(0)
            return gy * by_x, gy * by_p


# Powers of NumPy scalars and of 0-d arrays differ in the last bit: arrays, always.
_pow = binary(Pow(), lambda x, p: np.asarray(x) ** np.asarray(p))


@operation(
    np.power,
    operators=("__pow__", "__rpow__"),
    domain=(0.3, 2.0),
    examples=("pow(a, b)", "pow(a, s)", "pow(col, row)", "pow(x, 3)", "pow(x, -0.5)", "pow(2, x)"),
)
def pow(x, p):
    """y = x to the power p, of the broadcast shape: p x**(p - 1) dx + y log(x) dp.

    NumPy's bits. The second part is NaN for a real x < 0, where it does not exist, and 0 at x = 0,
    p >= 0.
    """
    return record(Pow(p), x) if type(p) in SCALARS and isinstance(x, Variable) else _pow(x, p)


@operation(np.square, compute=lambda x: x * x)
class Square(Elementwise):
    """x squared: 2 x dx."""

    def rule(self, gy, y, x):
        return (x + x) * gy


@operation(compute=lambda x: np.asarray(x) ** 3)
class Triple(Elementwise):
    """x cubed: 3 x**2 dx."""

    def rule(self, gy, y, x):
        return 3 * (x * x) * gy


@operation(np.exp)
class Exp(Elementwise):
    """exp(x): exp(x) dx."""

    def rule(self, gy, y, x):
        return y * gy


@operation(np.log, domain=(0.3, 3.0))
class Log(Elementwise):
    """The natural logarithm of x: dx / x."""

    def rule(self, gy, y, x):
        return gy / x


@operation(np.sqrt, domain=(0.3, 3.0))
class Sqrt(Elementwise):
    """The square root of x: dx / (2 sqrt(x))."""

    def rule(self, gy, y, x):
        return gy / (y + y)


@operation(np.sin)
class Sin(Elementwise):
    """sin(x): cos(x) dx."""

    def rule(self, gy, y, x):
        return np.cos(x) * gy


@operation(np.cos)
class Cos(Elementwise):
    """cos(x): -sin(x) dx."""

    def rule(self, gy, y, x):
        return -np.sin(x) * gy


@operation(np.tanh)
class Tanh(Elementwise):
    """tanh(x): (1 - tanh(x)**2) dx."""

    def rule(self, gy, y, x):
        return (1.0 - y * y) * gy


@operation(np.absolute, compute=operator.abs, operators=("__abs__",), domain=(0.3, 3.0))
class Abs(Elementwise):
    """The absolute value of x: sign(x) dx, where sign(0) is 0."""

    def rule(self, gy, y, x):
        return np.sign(x) * gy


@operation(np.maximum)
class Maximum(Elementwise):
    """The larger of a and b, of the broadcast shape: da or db, and at a tie (da + db) / 2."""

    def rule(self, gy, y, a, b):
        return shared(gy, a > b, a == b)


def shared(gy, of_a, tie):
    """The parts of gy for a and b: all to a where `of_a` holds, half at a tie, else all to b."""
    if np.any(tie):
        of_a = of_a + 0.5 * tie
        return of_a * gy, (1 - of_a) * gy
    return of_a * gy, ~of_a * gy
