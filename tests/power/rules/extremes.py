"""Where numbers are hard on a right rule: iterations, far arguments, wraps, and lost digits."""

from functools import partial

import numpy as np

from tests.power.rules.base import between, broadcast, normal, rule, unary

PERIOD = 3.3
STEPS, TIME = 50, 0.02
_COUPLING = np.random.default_rng(5).normal(size=(6, 6)) * 0.15


# ---------------------------------------------------------------- iterations


def _newton_root(a):
    y = np.ones_like(a)
    for _ in range(40):
        y = 0.5 * (y + a / y)
    return y


def _settled(x):
    y = np.zeros_like(x)
    for _ in range(100):
        y = np.tanh(_COUPLING.astype(x.dtype) @ y + x)
    return y


def _settled_pull(g, y, x):
    slope = 1 - y * y
    inner = np.eye(len(y)) - slope[:, None] * _COUPLING
    return (slope * np.linalg.solve(inner.T, g)).astype(x.dtype)


def _swing(angle, speed):
    """A pendulum by the leapfrog method."""
    for _ in range(STEPS):
        speed = speed - TIME / 2 * np.sin(angle)
        angle = angle + TIME * speed
        speed = speed - TIME / 2 * np.sin(angle)
    return angle


def _swing_pull(g, y, angle, speed):
    before = []
    for _ in range(STEPS):
        start = angle
        speed = speed - TIME / 2 * np.sin(angle)
        angle = angle + TIME * speed
        speed = speed - TIME / 2 * np.sin(angle)
        before.append((start, angle))
    g_angle, g_speed = g, np.zeros_like(g)
    for start, end in reversed(before):
        g_angle = g_angle - TIME / 2 * np.cos(end) * g_speed
        g_speed = g_speed + TIME * g_angle
        g_angle = g_angle - TIME / 2 * np.cos(start) * g_speed
    return g_angle, g_speed


_iteration = partial(rule, "iteration")
ITERATIONS = [
    unary("iteration", "newton_root", _newton_root, lambda x, y: 0.5 / y, between(0.5, 50, 10)),
    _iteration("fixed_point", _settled, _settled_pull, normal(6)),
    _iteration("leapfrog", _swing, _swing_pull, normal(5), normal(5)),
]


# ---------------------------------------------------------------- far arguments and wraps


def _log_sum_exp(x):
    top = x.max()
    return top + np.log(np.exp(x - top).sum())


def _running_most_pull(g, y, x):
    found, best = np.zeros_like(x), 0
    for i in range(len(x)):
        best = i if x[i] >= x[best] else best
        found[best] += g[i]
    return found


def _nearest_image(x):
    """The square of a distance in a periodic box, which jumps in its slope halfway."""
    return (x - PERIOD * np.round(x / PERIOD)) ** 2


_far = partial(unary, "extreme")
FAR = [
    rule("extreme", "log_sum_exp_far", _log_sum_exp, lambda g, y, x: g * np.exp(x - y),
         lambda rng: 30 * rng.normal(size=20)),
    _far("log_sigmoid_far", lambda x: -np.logaddexp(0, -x),
         lambda x, y: np.exp(-np.logaddexp(0, x)), lambda rng: 20 * rng.normal(size=20)),
    _far("log_of_1_minus_exp", lambda x: np.log(-np.expm1(x)),
         lambda x, y: np.exp(x) / np.expm1(x), between(-10, -0.01, 20)),
    _far("lennard_jones", lambda r: 4 * (r**-12 - r**-6),
         lambda r, y: 4 * (6 * r**-7 - 12 * r**-13), between(0.9, 2.5, 12)),
    _far("x_log_x_near_0", lambda x: x * np.log(x), lambda x, y: np.log(x) + 1,
         lambda rng: 10 ** rng.uniform(-8, 0, 12)),
    _far("wrapped", lambda x: np.mod(x, PERIOD) ** 2, lambda x, y: 2 * np.mod(x, PERIOD),
         lambda rng: PERIOD * (rng.integers(0, 6, 9) + rng.uniform(0.01, 0.99, 9))),
    _far("nearest_image", _nearest_image, lambda x, y: 2 * (x - PERIOD * np.round(x / PERIOD)),
         lambda rng: PERIOD * (rng.integers(0, 6, 9) + rng.uniform(0.01, 0.49, 9))),
    rule("extreme", "running_product", np.cumprod,
         lambda g, y, x: np.cumsum((g * y)[::-1])[::-1] / x, between(0.5, 1.5, 9)),
    rule("extreme", "running_most", np.maximum.accumulate, _running_most_pull, normal(12)),
    broadcast("extreme", "ratio_of_small", lambda a, b: a / b, lambda y, a, b: (1 / b, -y / b),
              normal(7), lambda rng: 1e-6 * rng.uniform(1, 3, 7)),
]  # fmt: skip


# ---------------------------------------------------------------- digits that are lost


def _normed(x):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def _normed_pull(g, y, x):
    scale = np.sqrt(x.var(0) + 1e-5)
    return ((g - g.mean(0) - y * (g * y).mean(0)) / scale).astype(x.dtype)


_lost = partial(unary, "digits lost")
UNSTABLE = [
    _lost("cancelling_cosine", lambda x: 1 - np.cos(x),
          lambda x, y: np.sign(x) * np.sqrt(1 - np.cos(x) ** 2),
          lambda rng: 1e-3 * rng.normal(size=9)),
    _lost("cancelling_cube", lambda x: x**3, lambda x, y: 3 * ((1 + x) ** 2 - 1 - 2 * x),
          lambda rng: 1e-4 * rng.normal(size=9)),
    _lost("fast", lambda x: np.sin(1e4 * x), lambda x, y: 1e4 * np.cos(1e4 * x), normal(6)),
    _lost("fast_and_slow", lambda x: x + 1e-4 * np.sin(1e4 * x),
          lambda x, y: 1 + np.cos(1e4 * x), normal(6)),
    rule("digits lost", "norm_far_from_0", _normed, _normed_pull,
         lambda rng: 1e5 + rng.normal(size=(16, 3))),
    _lost("saturated", lambda x: 1 / (1 + np.exp(-x)), lambda x, y: y * (1 - y),
          between(5, 30, 8)),
    _lost("far_offset", lambda x: 1e8 + np.sin(x), lambda x, y: np.cos(x), normal(9)),
]  # fmt: skip

RULES = [*ITERATIONS, *FAR]
