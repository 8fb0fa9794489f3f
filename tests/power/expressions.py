"""Random expressions, written once and evaluated by NumPy and, to 50 digits, by mpmath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np

DIGITS = 50
LARGEST = 1e60

UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sin": (np.sin, mp.sin),
    "cos": (np.cos, mp.cos),
    "exp": (np.exp, mp.exp),
    "log": (np.log, mp.log),
    "sqrt": (np.sqrt, mp.sqrt),
    "tanh": (np.tanh, mp.tanh),
    "atan": (np.arctan, mp.atan),
    "asinh": (np.arcsinh, mp.asinh),
    "sinh": (np.sinh, mp.sinh),
    "expm1": (np.expm1, lambda x: mp.exp(x) - 1),
    "log1p": (np.log1p, lambda x: mp.log(1 + x)),
    "square": (np.square, lambda x: x * x),
    "cube": (lambda x: x * x * x, lambda x: x * x * x),
    "reciprocal": (lambda x: 1 / x, lambda x: 1 / x),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + mp.exp(-x))),
    "softplus": (lambda x: np.logaddexp(0, x), lambda x: mp.log(1 + mp.exp(x))),
    "negative": (lambda x: -x, lambda x: -x),
}
KINKED: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "abs": (np.abs, abs),
    "relu": (lambda x: np.maximum(x, 0), lambda x: max(x, mp.mpf(0))),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A tree: `operation` is a name of the tables, "x" (entry `index`) or "constant"."""

    operation: str
    arguments: tuple[Expression, ...] = ()
    index: int = 0
    value: float = 0.0

    def __str__(self) -> str:
        if self.operation == "x":
            return f"x[{self.index}]"
        if self.operation == "constant":
            return repr(self.value)
        if self.operation in BINARY:
            return f"({self.arguments[0]} {self.operation} {self.arguments[1]})"
        return f"{self.operation}({self.arguments[0]})"

    def __call__(self, x: Sequence[Any], *, exact: bool = False) -> Any:
        if self.operation == "x":
            return x[self.index]
        if self.operation == "constant":
            return mp.mpf(self.value) if exact else self.value
        values = [argument(x, exact=exact) for argument in self.arguments]
        if exact and any(abs(value) > LARGEST for value in values):
            raise OverflowError("mpmath would run out of memory")
        if self.operation in BINARY:
            return BINARY[self.operation](*values)
        return (UNARY | KINKED)[self.operation][exact](*values)


@dataclass(frozen=True, slots=True)
class Problem:
    """An expression at a point `x` along `u`, with the exact slope and ||g * u||_2."""

    expression: Expression
    x: np.ndarray
    u: np.ndarray
    slope: mp.mpf
    scale: float

    def primal(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.expression(x))


def problems(seed: int, count: int, *, kinked: bool = False, size: int = 3) -> list[Problem]:
    """Return `count` problems that are differentiable at their points and of sane size."""
    rng = np.random.default_rng(seed)
    found: list[Problem] = []
    while len(found) < count:
        problem = _problem(rng, kinked, size)
        if problem is not None:
            found.append(problem)
    return found


def _problem(rng: np.random.Generator, kinked: bool, size: int) -> Problem | None:
    expression = _grow(rng, int(rng.integers(2, 6)), kinked, size)
    x = rng.normal(size=size) * 10.0 ** rng.uniform(-2, 1.5)
    u = np.abs(x) * (1 + rng.random(size)) * rng.choice([-1.0, 1.0], size)
    with np.errstate(all="ignore"):
        value = expression(x)
    if not 1e-50 < abs(value) < 1e50:
        return None
    try:
        if abs(_value(expression, x) - float(value)) > 1e-6 * abs(value):
            return None  # nothing but cancellation
        terms = _terms(expression, x, u)
    except (ZeroDivisionError, TypeError, OverflowError, ValueError):
        return None
    scale = float(mp.sqrt(sum(term * term for term in terms)))
    # Saturated (tanh 40) or exploding ones have a slope that float64 cannot show.
    sane = 1e-6 * abs(value) < scale < 1e12 * abs(value)
    return Problem(expression, x, u, mp.fsum(terms), scale) if sane else None


def _value(expression: Expression, x: np.ndarray) -> mp.mpf:
    with mp.workdps(DIGITS):
        return expression([mp.mpf(float(entry)) for entry in x], exact=True)


def _terms(expression: Expression, x: np.ndarray, u: np.ndarray) -> list[mp.mpf]:
    """The derivative by each entry, times its share of the direction."""
    with mp.workdps(DIGITS):
        point = [mp.mpf(float(entry)) for entry in x]
        return [_partial(expression, point, i) * mp.mpf(float(u[i])) for i in range(len(point))]


def _partial(expression: Expression, point: Sequence[mp.mpf], i: int) -> mp.mpf:
    def along(t: mp.mpf) -> mp.mpf:
        return expression([*point[:i], t, *point[i + 1 :]], exact=True)

    slope = mp.diff(along, point[i])
    if not isinstance(slope, mp.mpf):
        raise TypeError("complex")
    return slope


def _grow(rng: np.random.Generator, depth: int, kinked: bool, size: int) -> Expression:
    if depth == 0 or rng.random() < 0.1:
        return Expression("x", index=int(rng.integers(size)))
    argument = _grow(rng, depth - 1, kinked, size)
    if rng.random() < 0.45:
        # One constant at most: functions of constants alone would only blur the reference.
        constant = Expression("constant", value=float(np.round(rng.normal() * 3, 3)))
        other = constant if rng.random() < 0.3 else _grow(rng, depth - 1, kinked, size)
        pair = (argument, other) if rng.random() < 0.5 else (other, argument)
        return Expression(str(rng.choice(list(BINARY))), pair)
    names = [*UNARY, *KINKED] if kinked else list(UNARY)
    return Expression(str(rng.choice(names)), (argument,))
