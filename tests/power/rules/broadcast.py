"""Elementwise functions of several inputs, most of them of different shapes."""

from functools import partial

import numpy as np

from tests.power.rules.base import (
    away,
    between,
    broadcast,
    indices,
    normal,
    positive,
    rule,
    spaced,
    unbroadcast,
)
from tests.power.rules.elementwise import sigmoid

_broadcast = partial(broadcast, "broadcast")


def _pow_slopes(y, a, b):
    return b * a ** (b - 1), y * np.log(a)


def _maximum_slopes(y, a, b):
    return (a > b).astype(a.dtype), (a <= b).astype(a.dtype)


def _where(mask, a, b):
    return np.where(mask > 0, a, b)


def _where_pull(g, y, mask, a, b):
    on = np.broadcast_to(mask > 0, g.shape)
    return None, unbroadcast(g * on, a.shape), unbroadcast(g * ~on, b.shape)


RULES = [
    _broadcast("add", np.add, lambda y, a, b: (1, 1), normal(3, 4), normal(3, 4)),
    _broadcast("add_row", np.add, lambda y, a, b: (1, 1), normal(3, 4), normal(4)),
    _broadcast("add_column", np.add, lambda y, a, b: (1, 1), normal(3, 4), normal(3, 1)),
    _broadcast("add_both", np.add, lambda y, a, b: (1, 1), normal(3, 1), normal(1, 4)),
    _broadcast("sub", np.subtract, lambda y, a, b: (1, -1), normal(2, 3), normal(3)),
    _broadcast("mul", np.multiply, lambda y, a, b: (b, a), normal(3, 4), normal(3, 4),
               neighbour=lambda y, a, b: (a, b)),
    _broadcast("mul_row", np.multiply, lambda y, a, b: (b, a), normal(2, 3, 4), normal(3, 1)),
    _broadcast("mul_scalar", np.multiply, lambda y, a, b: (b, a), normal(), normal(5)),
    _broadcast("div", np.divide, lambda y, a, b: (1 / b, -y / b), normal(3, 4), away(0.4, 4),
               neighbour=lambda y, a, b: (1 / b, -1 / (b * b))),
    _broadcast("div_column", np.divide, lambda y, a, b: (1 / b, -y / b), normal(3, 4),
               away(0.4, 3, 1), dropped_term=lambda y, a, b: (1 / b, 0 * y)),
    _broadcast("pow", np.power, _pow_slopes, positive(3, 4), normal(4),
               neighbour=lambda y, a, b: (b * a ** (b - 1), y)),
    _broadcast("maximum", np.maximum, _maximum_slopes, normal(3, 4), between(2.5, 3.5, 4)),
    _broadcast("minimum", np.minimum, lambda y, a, b: _maximum_slopes(y, b, a), spaced(6),
               between(-1, -0.9, 1)),
    _broadcast("hypot", np.hypot, lambda y, a, b: (a / y, b / y), away(0.3, 3, 4), away(0.3, 4)),
    _broadcast("arctan2", np.arctan2,
               lambda y, a, b: (b / (a * a + b * b), -a / (a * a + b * b)), away(0.3, 5),
               positive(5), neighbour=lambda y, a, b: (1 / (1 + a * a), 1 / (1 + b * b))),
    _broadcast("logaddexp", np.logaddexp, lambda y, a, b: (sigmoid(a - b), sigmoid(b - a)),
               normal(3, 4), normal(3, 1)),
    _broadcast("squared_distance", lambda a, b: (a - b) ** 2,
               lambda y, a, b: (2 * (a - b), 2 * (b - a)), normal(3, 1), normal(4)),
    _broadcast("lerp", lambda a, b, t: a + t * (b - a), lambda y, a, b, t: (1 - t, t, b - a),
               normal(3, 4), normal(4), between(0, 1, 3, 1),
               dropped_term=lambda y, a, b, t: (1 + 0 * t, t, b - a)),
    _broadcast("multiply_add", lambda a, b, c: a * b + c, lambda y, a, b, c: (b, a, 1),
               normal(2, 1, 3), normal(4, 1), normal(3)),
    _broadcast("normal_density",
               lambda x, m, s: np.exp(-(((x - m) / s) ** 2) / 2) / (s * 2.5066282746310002),
               lambda y, x, m, s: (-y * (x - m) / s**2, y * (x - m) / s**2,
                                   y * (((x - m) / s) ** 2 - 1) / s),
               normal(6), normal(1), positive(1),
               dropped_term=lambda y, x, m, s: (-y * (x - m) / s**2, y * (x - m) / s**2,
                                                y * ((x - m) / s) ** 2 / s)),
    rule("broadcast", "where", _where, _where_pull, indices(2, 3, 4), normal(4), normal(3, 1)),
]  # fmt: skip
