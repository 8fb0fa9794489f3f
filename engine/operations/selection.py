"""Elementwise operations that choose, compare or round: kinks, steps, and what is in between."""

import numpy as np

from ..function import SCALARS
from ..recording import operation, record, values
from .elementwise import Elementwise, shared


@operation(np.minimum)
class Minimum(Elementwise):
    """The smaller of a and b, of the broadcast shape: da or db, and at a tie (da + db) / 2."""

    def rule(self, gy, y, a, b):
        return shared(gy, a < b, a == b)


@operation(np.fmax)
class Fmax(Elementwise):
    """The larger of a and b, or the one that is not NaN: da or db, and at a tie (da + db) / 2."""

    def rule(self, gy, y, a, b):
        return shared(gy, (a > b) | np.isnan(b), a == b)


@operation(np.fmin)
class Fmin(Elementwise):
    """The smaller of a and b, or the one that is not NaN: da or db, and at a tie (da + db) / 2."""

    def rule(self, gy, y, a, b):
        return shared(gy, (a < b) | np.isnan(b), a == b)


class Where(Elementwise):
    """a where `condition` holds, b elsewhere."""

    def __init__(self, condition):
        self.condition = condition

    def forward(self, a, b):
        return np.where(self.condition, a, b)

    def rule(self, gy, y, a, b):
        return np.where(self.condition, gy, 0), np.where(self.condition, 0, gy)


@operation(np.where, examples=("where(c > 0, a, b)", "where(col > 0, v, s)", "where(c > 0, a, 1)"))
def where(condition, a, b):
    """a where `condition` holds, b elsewhere, of the broadcast shape: da or db.

    Only the condition's truth counts, so that it gets no gradient; an entry not chosen gets zero.
    """
    return record(Where(values(condition)), a, b)


@operation(
    np.select, examples=("select([c > 1, c > 0], [a, b])", "select([c > 0, c > 1], [a, b], v)")
)
def select(condlist, choicelist, default=0):
    """The entry of the first of `choicelist` whose condition holds, else of `default`."""
    y = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        y = where(condition, choice, y)
    return y


class Clip(Elementwise):
    """x moved into the interval from `low` to `high`."""

    def __init__(self, low, high):
        self.low = low
        self.high = high

    def forward(self, x):
        return np.clip(x, self.low, self.high)

    def rule(self, gy, y, x):
        inside, apart = x == y, self.apart()
        return (inside if apart is True else inside & apart) * gy

    def apart(self):
        """Whether the bounds leave room; if not, there is but the upper one."""
        if self.low is None or self.high is None:
            return True
        if type(self.low) in SCALARS and type(self.high) in SCALARS:  # 1 us sooner
            return self.low < self.high
        return np.less(self.low, self.high)


@operation(
    np.clip,
    examples=("clip(x, -1, 1)", "clip(x, None, 0.5)", "clip(x, -np.ones(3), 1)", "clip(a, b, 5.0)"),
)
def clip(x, min=None, max=None, *, a_min=None, a_max=None):
    """x moved into [min, max]: dx inside, ends included; the derivative by a bound is outside's.

    min, max: numbers, arrays that broadcast with x, Variables, or None for no bound; a_min and
        a_max are their other names.
    """
    min, max = (a_min if min is None else min), (a_max if max is None else max)
    if any(hasattr(bound, "_data") for bound in (min, max)):
        y = x if min is None else np.maximum(x, min)
        return y if max is None else np.minimum(y, max)
    return record(Clip(min, max), x)


class Step(Elementwise):
    """A function that is constant between its jumps: 0 dx."""

    def rule(self, gy, y, x):
        return 0 * gy


@operation(np.floor, domain=(0.45, 0.55))
class Floor(Step):
    """The largest whole number not above x: 0 dx."""


@operation(np.ceil, domain=(0.45, 0.55))
class Ceil(Step):
    """The smallest whole number not below x: 0 dx."""


@operation(np.trunc, getattr(np, "fix", np.trunc), domain=(0.45, 0.55))  # fix is on its way out
class Trunc(Step):
    """x without its fraction: 0 dx."""


@operation(np.rint, domain=(-0.1, 0.1))
class Rint(Step):
    """The whole number nearest to x: 0 dx."""


@operation(
    np.floor_divide,
    operators=("__floordiv__", "__rfloordiv__"),
    examples=("floor_divide(0.001 * a + 0.5, 1 + 0.001 * v)",),
)
class FloorDivide(Elementwise):
    """The whole number floor(a / b): 0 da + 0 db."""

    def rule(self, gy, y, a, b):
        return 0 * gy, 0 * gy


class Round(Step):
    """x rounded to `decimals`."""

    def __init__(self, decimals=0):
        self.decimals = decimals

    def forward(self, x):
        return np.round(x, self.decimals)


@operation(np.round, np.around, domain=(-0.1, 0.1), examples=("round(x)", "round(0.001 * x, 1)"))
def round(x, decimals=0):
    """x rounded to `decimals` digits: 0 dx."""
    return record(Round(decimals), x)


@operation(np.sign, domain=(0.5, 2.0))
class Sign(Elementwise):
    """-1, 0 or 1: 0 dx. Of a complex x, x / |x|."""

    def rule(self, gy, y, x):
        if x.dtype.kind != "c":
            return 0 * gy
        size = np.absolute(np.where(x == 0, 1, x))  # only the part of dx across x turns y
        return -1j * np.conjugate(y) * np.imag(np.conjugate(y * gy)) / size


@operation(np.nan_to_num, examples=("nan_to_num(x)",))
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """x with NaN and infinities replaced by numbers: dx, and 0 where x was replaced."""
    x = record(Replaced(nan, posinf, neginf), x)
    return x


class Replaced(Elementwise):
    """x with numbers in place of NaN and infinities."""

    def __init__(self, nan, posinf, neginf):
        self.numbers = {"nan": nan, "posinf": posinf, "neginf": neginf}

    def forward(self, x):
        return np.nan_to_num(x, **self.numbers)

    def rule(self, gy, y, x):
        return np.where(np.isfinite(x), gy, 0)
