"""Exponentials, logarithms, roots and what is made of them."""

import numpy as np

from ..recording import operation, values
from .elementwise import Elementwise
from .reduction import in_limit

_LOGARITHMS = {base: np.log(np.longdouble(base)) for base in (2, 10)}


def _log_of(base, x):
    """log(base), in the precision of x."""
    return _LOGARITHMS[base] if x.dtype.char in "gG" else float(_LOGARITHMS[base])


@operation(np.exp2)
class Exp2(Elementwise):
    """2 to the power x: log(2) 2**x dx."""

    def rule(self, gy, y, x):
        return _log_of(2, x) * y * gy


@operation(np.expm1)
class Expm1(Elementwise):
    """exp(x) - 1, exact near 0: exp(x) dx."""

    def rule(self, gy, y, x):
        return np.exp(x) * gy


@operation(np.log1p, domain=(-0.5, 2.0))
class Log1p(Elementwise):
    """log(1 + x), exact near 0: dx / (1 + x)."""

    def rule(self, gy, y, x):
        return gy / (1 + x)


@operation(np.log2, domain=(0.3, 3.0))
class Log2(Elementwise):
    """The logarithm to the base 2: dx / (log(2) x)."""

    def rule(self, gy, y, x):
        return gy / (_log_of(2, x) * x)


@operation(np.log10, domain=(0.3, 3.0))
class Log10(Elementwise):
    """The logarithm to the base 10: dx / (log(10) x)."""

    def rule(self, gy, y, x):
        return gy / (_log_of(10, x) * x)


def _finite(total, y, a, b):
    """y = total(a, b), and both, with finite shares of an infinite y: inf - inf would be NaN."""
    infinite = np.isinf(y)
    if infinite.any():
        a, b = in_limit(a, infinite), in_limit(b, infinite)
        y = np.where(infinite, np.maximum(total(values(a), values(b)), 0), y)
    return y, a, b


@operation(np.logaddexp)
class LogAddExp(Elementwise):
    """log(exp(a) + exp(b)), which never overflows: exp(a - y) da + exp(b - y) db."""

    def rule(self, gy, y, a, b):
        y, a, b = _finite(np.logaddexp, y, a, b)
        return np.exp(a - y) * gy, np.exp(b - y) * gy


@operation(np.logaddexp2)
class LogAddExp2(Elementwise):
    """log2(2**a + 2**b), which never overflows: 2**(a - y) da + 2**(b - y) db."""

    def rule(self, gy, y, a, b):
        y, a, b = _finite(np.logaddexp2, y, a, b)
        return np.exp2(a - y) * gy, np.exp2(b - y) * gy


@operation(np.cbrt, domain=(0.3, 3.0))
class Cbrt(Elementwise):
    """The cube root of x: dx / (3 cbrt(x)**2)."""

    def rule(self, gy, y, x):
        return gy / (3 * (y * y))


@operation(np.reciprocal, domain=(0.3, 3.0))
class Reciprocal(Elementwise):
    """1 / x: -dx / x**2."""

    def rule(self, gy, y, x):
        return -gy * (y * y)


@operation(np.positive)
class Positive(Elementwise):
    """+x: dx."""

    def rule(self, gy, y, x):
        return gy


@operation(np.float_power, domain=(0.3, 2.0))
class FloatPower(Elementwise):
    """a to the power b, at least in double precision: b a**(b - 1) da + y log(a) db."""

    def rule(self, gy, y, a, b):
        with np.errstate(divide="ignore", invalid="ignore"):
            by_a = b * a ** np.where((b == 0) & (a == 0), 1, b - 1)
            by_b = y * np.log(np.where(a == 0, 1, a))
            return by_a * gy, by_b * gy


@operation(np.hypot, domain=(0.3, 2.0))
class Hypot(Elementwise):
    """sqrt(a**2 + b**2), which never overflows: (a da + b db) / y, and 0 at the origin."""

    def rule(self, gy, y, a, b):
        scaled = gy / np.where(y == 0, 1, y)
        return scaled * a, scaled * b


@operation(
    np.remainder,
    operators=("__mod__", "__rmod__"),
    domain=(1.12, 1.28),
    examples=(
        "remainder(a + 3, b)",
        "remainder(a + 3, v)",
        "remainder(s + 3, s)",
        "remainder(col + 3, row)",
    ),
)
class Remainder(Elementwise):
    """a - floor(a / b) b, with the sign of b: da - floor(a / b) db."""

    def rule(self, gy, y, a, b):
        return gy, -np.floor(a / b) * gy


@operation(
    np.fmod,
    domain=(1.12, 1.28),
    examples=("fmod(a + 3, b)", "fmod(a + 3, v)", "fmod(s + 3, s)", "fmod(col + 3, row)"),
)
class Fmod(Elementwise):
    """a - trunc(a / b) b, with the sign of a: da - trunc(a / b) db."""

    def rule(self, gy, y, a, b):
        return gy, -np.trunc(a / b) * gy


@operation(np.copysign, domain=(0.5, 2.0))
class CopySign(Elementwise):
    """|a| with the sign of b: da, turned as a was."""

    def rule(self, gy, y, a, b):
        return np.sign(a) * np.copysign(1.0, values(b)) * gy, 0 * gy
