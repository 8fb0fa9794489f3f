"""Where checkers go wrong: no axes, no entries, many entries, bad scales, kinks nearby."""

from functools import partial

import numpy as np

from tests.power.rules.base import (
    away,
    between,
    broadcast,
    decades,
    normal,
    positive,
    rule,
    unary,
)
from tests.power.rules.elementwise import sigmoid

LARGE = 10_000
MILLION = 1_000_000


def _pad_row(x):
    """Many entries that the output depends on in the same way."""
    return np.sin(x) * np.cos(x[::-1])


def _pad_row_slope(g, y, x):
    return g * np.cos(x) * np.cos(x[::-1]) - (g * np.sin(x))[::-1] * np.sin(x)


_zero_d = partial(unary, "0-d")
_zero_d_several = partial(broadcast, "0-d")
ZERO_D = [
    _zero_d("sin_0d", np.sin, lambda x, y: np.cos(x), normal()),
    _zero_d("exp_of_square_0d", lambda x: np.exp(x * x), lambda x, y: 2 * x * y,
            between(-1, 1), neighbour=lambda x, y: y),
    _zero_d("reciprocal_0d", lambda x: 1 / x, lambda x, y: -y * y, away(0.3)),
    _zero_d_several("mul_0d", lambda a, b: a * b, lambda y, a, b: (b, a), normal(), normal()),
    _zero_d_several("pow_0d", lambda a, b: a**b, lambda y, a, b: (b * a ** (b - 1), y * np.log(a)),
                    positive(), normal()),
]  # fmt: skip

_empty = partial(rule, "empty")
EMPTY = [
    unary("empty", "sin_empty", np.sin, lambda x, y: np.cos(x), normal(0)),
    _empty("sum_empty", np.sum, lambda g, y, x: np.zeros_like(x), normal(0, 3)),
    _empty("matmul_empty", np.matmul, lambda g, y, a, b: (g @ b.T, a.T @ g), normal(2, 0),
           normal(0, 3)),
    _empty("linear_no_batch", lambda x, w: x @ w, lambda g, y, x, w: (g @ w.T, x.T @ g),
           normal(0, 3), normal(3, 2)),
    _empty("sum_beside_empty", lambda x, z: (x * x).sum() + z.sum(),
           lambda g, y, x, z: (2 * g * x, np.zeros_like(z)), normal(3), normal(0)),
]  # fmt: skip

_large = partial(rule, "large")
LARGE_RULES = [
    _large("sum_of_sines", lambda x: np.sin(x).sum(), lambda g, y, x: g * np.cos(x),
           normal(LARGE)),
    unary("large", "elementwise_large", lambda x: x * np.tanh(x),
          lambda x, y: np.tanh(x) + x * (1 - np.tanh(x) ** 2), normal(100, 100),
          dropped_term=lambda x, y: np.tanh(x)),
    _large("mixed_large", _pad_row, _pad_row_slope, normal(LARGE)),
    _large("mean_large", np.mean, lambda g, y, x: np.full_like(x, g / x.size), normal(LARGE)),
    _large("matrix_vector_large", np.matmul, lambda g, y, a, x: (np.outer(g, x), a.T @ g),
           normal(80, 100), normal(100)),
]  # fmt: skip

_scaled = partial(unary, "badly scaled")
_scaled_rule = partial(rule, "badly scaled")
BADLY_SCALED = [
    _scaled("square_decades", np.square, lambda x, y: 2 * x, decades(-2, 2, 8)),
    _scaled("sin_tiny", lambda x: np.sin(1e8 * x), lambda x, y: 1e8 * np.cos(1e8 * x),
            lambda rng: 1e-8 * rng.normal(size=6)),
    _scaled("arctan_huge", lambda x: np.arctan(1e-6 * x), lambda x, y: 1e-6 / (1 + (1e-6 * x) ** 2),
            lambda rng: 1e6 * rng.normal(size=6)),
    _scaled("exp_steep", lambda x: np.exp(8 * x), lambda x, y: 8 * y, normal(5)),
    _scaled("log_decades", lambda x: np.log(np.abs(x)), lambda x, y: 1 / x, decades(-3, 3, 8)),
    _scaled("small_gradient", lambda x: 1e-7 * np.tanh(x),
            lambda x, y: 1e-7 * (1 - np.tanh(x) ** 2), normal(6)),
    _scaled("large_gradient", lambda x: 1e7 * np.sin(x), lambda x, y: 1e7 * np.cos(x), normal(6)),
    _scaled("offset", lambda x: 100.0 + np.sin(x), lambda x, y: np.cos(x), normal(6)),
    _scaled_rule("weighted_decades", lambda x, w: (np.sin(x) * w).sum(),
                 lambda g, y, x, w: (g * np.cos(x) * w, g * np.sin(x)), normal(8),
                 decades(-3, 1, 8)),
    _scaled_rule("small_beside_large", lambda a, b: a.sum() * 1e3 + 1e-1 * np.sin(b).sum(),
                 lambda g, y, a, b: (np.full_like(a, 1e3 * g), 1e-1 * g * np.cos(b)),
                 normal(4), normal(4)),
    _scaled("saturated_sigmoid", sigmoid, lambda x, y: np.exp(-x) * y * y, between(3, 7, 5)),
    _scaled("near_zero_sqrt", np.sqrt, lambda x, y: 0.5 / y,
            lambda rng: 10 ** rng.uniform(-6, 0, 6)),
]  # fmt: skip


def _on_one_side(x):
    return (x > 0).astype(x.dtype)


_kink = partial(unary, "near a kink")
NEAR_KINKS = [
    _kink("relu_near", lambda x: np.maximum(x, 0), lambda x, y: _on_one_side(x),
          decades(-3, 0, 8)),
    _kink("absolute_near", np.abs, lambda x, y: np.sign(x), decades(-3, 0, 8)),
    _kink("shifted_relu", lambda x: np.maximum(x - 1, 0), lambda x, y: _on_one_side(x - 1),
          lambda rng: 1 + rng.choice([-1, 1], 6) * rng.uniform(0.01, 0.05, 6)),
    _kink("clip_near", lambda x: np.clip(x, -1, 1), lambda x, y: (np.abs(x) < 1).astype(x.dtype),
          lambda rng: rng.choice([-0.98, 0.97, 1.02, -1.05], 6) + rng.uniform(-0.005, 0.005, 6)),
    _kink("square_of_relu", lambda x: np.maximum(x, 0) ** 2, lambda x, y: 2 * np.maximum(x, 0),
          decades(-3, 0, 6)),
    _kink("distance_near", lambda x: np.abs(x - 0.5) + x * x,
          lambda x, y: np.sign(x - 0.5) + 2 * x,
          lambda rng: 0.5 + rng.choice([-1, 1], 6) * rng.uniform(0.01, 0.05, 6)),
    broadcast("near a kink", "maximum_near", np.maximum,
              lambda y, a, b: ((a > b).astype(a.dtype), (a <= b).astype(a.dtype)), between(1, 2, 5),
              between(2.02, 2.1, 5)),
    _kink("sqrt_near_its_end", lambda x: np.sqrt(1 - x), lambda x, y: -0.5 / y,
          between(0.9, 0.99, 5)),
    _kink("log_near_its_end", lambda x: np.log(x - 1), lambda x, y: 1 / (x - 1),
          between(1.02, 1.1, 5)),
]  # fmt: skip

# Points that lie on a kink: no verdict can be asked for, only that a right rule does not FAIL.
AT_KINKS = [
    unary("at a kink", "relu_at", lambda x: np.maximum(x, 0), lambda x, y: _on_one_side(x),
          lambda rng: np.array([0.0, *rng.normal(size=3)])),
    unary("at a kink", "absolute_at", np.abs, lambda x, y: np.sign(x),
          lambda rng: np.array([*rng.normal(size=3), 0.0])),
    rule("at a kink", "max_tie", np.max, lambda g, y, x: g * (x == y) / int((x == y).sum()),
         lambda rng: np.array([1.0, 1.0, 0.2])),
]  # fmt: skip

MILLION_RULES = [
    rule("million", "million_sines", lambda x: np.sin(x).sum(), lambda g, y, x: g * np.cos(x),
         normal(MILLION)),
    unary("million", "million_tanh", np.tanh, lambda x, y: 1 - y * y, normal(1000, 1000)),
]  # fmt: skip

RULES = [*ZERO_D, *EMPTY, *LARGE_RULES, *BADLY_SCALED, *NEAR_KINKS]
