"""Composites of several operations, and functions of several outputs."""

from functools import partial

import numpy as np

from tests.power.rules.base import away, between, normal, positive, rule, several, unary
from tests.power.rules.elementwise import normal_cdf, normal_density
from tests.power.rules.layers import softmax, softmax_pull

_rule = partial(rule, "composite")
_several = partial(several, "several outputs")
_STEPS = 6


def _mlp(x, w1, b1, w2, b2):
    return np.tanh(x @ w1 + b1) @ w2 + b2


def _mlp_pull(g, y, x, w1, b1, w2, b2, squashed=True):
    h = np.tanh(x @ w1 + b1)
    gz = g @ w2.T * ((1 - h * h) if squashed else 1)
    return gz @ w1.T, x.T @ gz, gz.sum(0), h.T @ g, g.sum(0)


def _states(h, w, u):
    states = [h]
    for x in u:
        states.append(np.tanh(w @ states[-1] + x))
    return states


def _recurrent_pull(g, y, h, w, u, through=_STEPS):
    """Backpropagation through time; fewer than all steps is a truncated one."""
    states = _states(h, w, u)
    gw, gu = np.zeros_like(w), np.zeros_like(u)
    for t in range(len(u) - 1, len(u) - 1 - through, -1):
        gu[t] = g * (1 - states[t + 1] ** 2)
        gw += np.outer(gu[t], states[t])
        g = w.T @ gu[t]
    return g, gw, gu


def _rosenbrock_pull(g, y, x):
    gx = np.zeros_like(x)
    gx[:-1] = -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    gx[1:] += 200 * (x[1:] - x[:-1] ** 2)
    return g * gx


def _rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def _polynomial_pull(g, y, c, x):
    powers = x[:, None] ** np.arange(len(c))
    slopes = (c[1:] * np.arange(1, len(c)) * powers[:, :-1]).sum(-1)
    return (g @ powers).astype(c.dtype), (g * slopes).astype(x.dtype)


def _option(s, k, v):
    d = np.log(s / k) / v + v / 2
    return s * normal_cdf(d) - k * normal_cdf(d - v)


def _option_pull(g, y, s, k, v):
    """Black and Scholes (1973) without interest: delta, the strike's, vega."""
    d = np.log(s / k) / v + v / 2
    return g * normal_cdf(d), -g * normal_cdf(d - v), g * s * normal_density(d)


def _pull_softmax_square(g, y, x):
    p = softmax(x)
    return softmax_pull(2 * p * g, p)


def _polar(x, y):
    return np.hypot(x, y), np.arctan2(y, x)


def _polar_pull(gs, ys, a, b):
    r, angle = ys[0], gs[1] / ys[0] ** 2
    return gs[0] * a / r - angle * b, gs[0] * b / r + angle * a


def _moments_pull(gs, ys, x):
    centred = x - ys[0][:, None]
    return gs[0][:, None] / x.shape[1] + 2 * gs[1][:, None] * centred / x.shape[1]


def _newton(a):
    """Three Newton steps to the square root: an unrolled iteration."""
    y = (1 + a) / 2
    for _ in range(3):
        y = (y + a / y) / 2
    return y


def _newton_slope(a, y_last):
    y, slope = (1 + a) / 2, np.full_like(a, 0.5)
    for _ in range(3):
        y, slope = (y + a / y) / 2, (slope + 1 / y - a * slope / (y * y)) / 2
    return slope


RULES = [
    unary("composite", "triple_exp_square", lambda x: np.exp(x * x) ** 3,
          lambda x, y: 6 * x * y, between(-0.8, 0.8, 4), neighbour=lambda x, y: 6 * x * x * y),
    unary("composite", "sin_of_exp", lambda x: np.sin(np.exp(x)),
          lambda x, y: np.cos(np.exp(x)) * np.exp(x), normal(6),
          dropped_term=lambda x, y: np.cos(np.exp(x))),
    unary("composite", "newton", _newton, _newton_slope, positive(5),
          neighbour=lambda x, y: 0.5 / y),
    unary("composite", "damped_wave", lambda x: np.exp(-x) * np.sin(3 * x),
          lambda x, y: np.exp(-x) * (3 * np.cos(3 * x) - np.sin(3 * x)), normal(6),
          dropped_term=lambda x, y: 3 * np.exp(-x) * np.cos(3 * x)),
    _rule("network", _mlp, _mlp_pull, normal(4, 3), normal(3, 5), normal(5), normal(5, 2),
          normal(2), dropped_term=partial(_mlp_pull, squashed=False)),
    _rule("recurrent", lambda h, w, u: _states(h, w, u)[-1], _recurrent_pull, normal(3),
          normal(3, 3), normal(_STEPS, 3), dropped_term=partial(_recurrent_pull, through=4)),
    _rule("rosenbrock", _rosenbrock, _rosenbrock_pull, normal(5)),
    _rule("polynomial", lambda c, x: (c * x[:, None] ** np.arange(len(c))).sum(-1, dtype=c.dtype),
          _polynomial_pull, normal(5), away(0.2, 4)),
    _rule("option_price", _option, _option_pull, between(0.7, 1.5, 5), between(0.7, 1.5, 5),
          between(0.2, 0.6, 5), neighbour=lambda g, y, s, k, v: (
              g * normal_cdf(np.log(s / k) / v), *_option_pull(g, y, s, k, v)[1:])),
    _rule("squared_softmax", lambda x: softmax(x) ** 2, _pull_softmax_square, normal(3, 4)),
    _rule("ridge_loss", lambda x, w, t: ((x @ w - t) ** 2).mean() + 0.1 * (w * w).sum(),
          lambda g, y, x, w, t: (
              2 * g * np.outer(x @ w - t, w) / len(t),
              g * (2 * x.T @ (x @ w - t) / len(t) + 0.2 * w),
              2 * g * (t - x @ w) / len(t)),
          normal(6, 3), normal(3), normal(6), dropped_term=lambda g, y, x, w, t: (
              2 * g * np.outer(x @ w - t, w) / len(t),
              2 * g * x.T @ (x @ w - t) / len(t),
              2 * g * (t - x @ w) / len(t))),
    _rule("shared_input", lambda x: x * np.sin(x) + x.sum() * x,
          lambda g, y, x: g * (np.sin(x) + x * np.cos(x) + x.sum()) + (g * x).sum(), normal(5),
          dropped_term=lambda g, y, x: g * (np.sin(x) + x * np.cos(x) + x.sum())),
    _several("sine_and_cosine", lambda x: (np.sin(x), np.cos(x)),
             lambda gs, ys, x: gs[0] * ys[1] - gs[1] * ys[0], normal(3, 4),
             dropped_term=lambda gs, ys, x: gs[0] * ys[1]),
    _several("polar", _polar, _polar_pull, away(0.3, 4), away(0.3, 4)),
    _several("mean_and_variance", lambda x: (x.mean(1), x.var(1)), _moments_pull, normal(3, 5),
             dropped_term=lambda gs, ys, x: 2 * gs[1][:, None] * (x - ys[0][:, None]) / 5),
    _several("sum_and_product", lambda a, b: (a + b, a * b),
             lambda gs, ys, a, b: (gs[0] + gs[1] * b, gs[0] + gs[1] * a), normal(5), normal(5),
             dropped_term=lambda gs, ys, a, b: (gs[1] * b, gs[0] + gs[1] * a)),
    _several("value_and_penalty", lambda x: (np.tanh(x), 1e-3 * (x * x).sum()),
             lambda gs, ys, x: gs[0] * (1 - ys[0] ** 2) + 2e-3 * gs[1] * x, normal(6),
             dropped_term=lambda gs, ys, x: gs[0] * (1 - ys[0] ** 2)),
    _several("three_powers", lambda x: (x, x * x, x**3),
             lambda gs, ys, x: gs[0] + 2 * gs[1] * x + 3 * gs[2] * x * x, normal(4),
             dropped_term=lambda gs, ys, x: gs[0] + 3 * gs[2] * x * x),
]  # fmt: skip
