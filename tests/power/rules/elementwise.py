"""Elementwise functions of one input."""

from functools import partial

import numpy as np
from scipy import special

from tests.power.rules.base import away, between, normal, positive, unary

_unary = partial(unary, "elementwise")
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
_TANH_GELU = 0.7978845608028654  # sqrt(2 / pi)


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def softplus(x):
    """log(1 + exp(x)) without overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def normal_cdf(x):
    """The standard normal distribution function."""
    return special.erfc(-x / 2**0.5) / 2


def normal_density(x):
    """The standard normal density."""
    return np.exp(-x * x / 2) / 2.5066282746310002


def tanh_gelu_slope(x, y=None):
    """The derivative of the tanh approximation of gelu: a neighbour of gelu's own."""
    t = np.tanh(_TANH_GELU * (x + 0.044715 * x**3))
    inner = _TANH_GELU * (1 + 3 * 0.044715 * x**2)
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner


def _mish(x):
    return x * np.tanh(softplus(x))


def _mish_slope(x, y):
    t = np.tanh(softplus(x))
    return t + x * (1 - t * t) * sigmoid(x)


def _selu(x):
    return _SELU_SCALE * np.where(x > 0, x, _SELU_ALPHA * np.expm1(np.minimum(x, 0)))


def _selu_slope(x, y):
    return _SELU_SCALE * np.where(x > 0, 1, _SELU_ALPHA * np.exp(np.minimum(x, 0)))


def _step(x, high):
    return np.where(x > 0, 1, high).astype(x.dtype)


def _log_cosh(x):
    return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - 0.6931471805599453


RULES = [
    _unary("exp", np.exp, lambda x, y: y, normal(3, 4), neighbour=lambda x, y: y - 1),
    _unary("exp2", np.exp2, lambda x, y: y * 0.6931471805599453, normal(5)),
    _unary("expm1", np.expm1, lambda x, y: np.exp(x), normal(6), neighbour=lambda x, y: y),
    _unary("log", np.log, lambda x, y: 1 / x, positive(3, 4), neighbour=lambda x, y: 1 / (1 + x)),
    _unary("log2", np.log2, lambda x, y: 1.4426950408889634 / x, positive(5)),
    _unary("log10", np.log10, lambda x, y: 0.4342944819032518 / x, positive(5)),
    _unary("log1p", np.log1p, lambda x, y: 1 / (1 + x), between(-0.5, 3, 6)),
    _unary("sqrt", np.sqrt, lambda x, y: 0.5 / y, positive(2, 3), neighbour=lambda x, y: 0.5 / x),
    _unary("rsqrt", lambda x: 1 / np.sqrt(x), lambda x, y: -0.5 * y**3, positive(4)),
    _unary("cbrt", np.cbrt, lambda x, y: 1 / (3 * y * y), away(0.2, 5)),
    _unary("square", np.square, lambda x, y: 2 * x, normal(3, 3), neighbour=lambda x, y: 2 * x * x),
    _unary("triple", lambda x: x**3, lambda x, y: 3 * x * x, normal(4)),
    _unary("power", lambda x: x**1.7, lambda x, y: 1.7 * x**0.7, positive(4)),
    _unary("reciprocal", lambda x: 1 / x, lambda x, y: -y * y, away(0.3, 2, 4)),
    _unary("neg", np.negative, lambda x, y: -1, normal(5)),
    _unary("sin", np.sin, lambda x, y: np.cos(x), normal(3, 4),
           neighbour=lambda x, y: 1 - x * x / 2),
    _unary("cos", np.cos, lambda x, y: -np.sin(x), normal(7), neighbour=lambda x, y: -x),
    _unary("tan", np.tan, lambda x, y: 1 + y * y, between(-1.2, 1.2, 6)),
    _unary("sinh", np.sinh, lambda x, y: np.cosh(x), normal(5), neighbour=lambda x, y: np.cos(x)),
    _unary("cosh", np.cosh, lambda x, y: np.sinh(x), normal(5), neighbour=lambda x, y: -np.sin(x)),
    _unary("tanh", np.tanh, lambda x, y: 1 - y * y, normal(4, 3), neighbour=lambda x, y: 1 - y),
    _unary("arcsin", np.arcsin, lambda x, y: 1 / np.sqrt(1 - x * x), between(-0.9, 0.9, 5)),
    _unary("arccos", np.arccos, lambda x, y: -1 / np.sqrt(1 - x * x), between(-0.9, 0.9, 5)),
    _unary("arctan", np.arctan, lambda x, y: 1 / (1 + x * x), normal(6)),
    _unary("arcsinh", np.arcsinh, lambda x, y: 1 / np.sqrt(1 + x * x), normal(6)),
    _unary("arccosh", np.arccosh, lambda x, y: 1 / np.sqrt(x * x - 1), between(1.3, 4, 5)),
    _unary("arctanh", np.arctanh, lambda x, y: 1 / (1 - x * x), between(-0.8, 0.8, 5)),
    _unary("sinc", np.sinc, lambda x, y: (np.cos(np.pi * x) - y) / x, away(0.3, 5)),
    _unary("erf", special.erf, lambda x, y: 2.8284271247461903 * normal_density(2**0.5 * x),
           normal(5), neighbour=lambda x, y: normal_density(x)),
    _unary("gaussian", lambda x: np.exp(-x * x), lambda x, y: -2 * x * y, normal(3, 2),
           neighbour=lambda x, y: -x * y),
    _unary("logit", lambda x: np.log(x / (1 - x)), lambda x, y: 1 / (x * (1 - x)),
           between(0.1, 0.9, 5)),
    _unary("log_cosh", _log_cosh, lambda x, y: np.tanh(x), normal(6)),
    _unary("sign", np.sign, lambda x, y: 0 * x, away(0.2, 5)),
    _unary("sigmoid", sigmoid, lambda x, y: y * (1 - y), normal(3, 4),
           neighbour=lambda x, y: 1 - y * y, dropped_term=lambda x, y: y),
    _unary("softplus", softplus, lambda x, y: sigmoid(x), normal(6)),
    _unary("softsign", lambda x: x / (1 + np.abs(x)), lambda x, y: 1 / (1 + np.abs(x)) ** 2,
           away(0.1, 6)),
    _unary("silu", lambda x: x * sigmoid(x), lambda x, y: sigmoid(x) + y * (1 - sigmoid(x)),
           normal(6), dropped_term=lambda x, y: sigmoid(x)),
    _unary("gelu", lambda x: x * normal_cdf(x), lambda x, y: normal_cdf(x) + x * normal_density(x),
           normal(8), neighbour=tanh_gelu_slope, dropped_term=lambda x, y: normal_cdf(x)),
    _unary("mish", _mish, _mish_slope, normal(6)),
    _unary("relu", lambda x: np.maximum(x, 0), lambda x, y: _step(x, 0), away(0.1, 3, 4)),
    _unary("relu6", lambda x: np.clip(x, 0, 6), lambda x, y: _step(x, 0), away(0.1, 5)),
    _unary("leaky_relu", lambda x: np.where(x > 0, x, 0.01 * x), lambda x, y: _step(x, 0.01),
           away(0.1, 6), neighbour=lambda x, y: _step(x, 0)),
    _unary("elu", lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
           lambda x, y: np.where(x > 0, 1, np.exp(np.minimum(x, 0))), away(0.1, 6),
           neighbour=lambda x, y: np.where(x > 0, 1, y)),
    _unary("selu", _selu, _selu_slope, away(0.1, 6)),
    _unary("clip", lambda x: np.clip(x, -1, 1), lambda x, y: (np.abs(x) < 1).astype(x.dtype),
           lambda rng: rng.choice([-2.0, -0.5, 0.4, 1.7], size=6) * rng.uniform(0.8, 1.2, 6)),
    _unary("absolute", np.abs, lambda x, y: np.sign(x), away(0.1, 3, 3)),
    _unary("hardswish", lambda x: x * np.clip(x + 3, 0, 6) / 6, lambda x, y: (2 * x + 3) / 6,
           between(-2.5, 2.5, 6)),
]  # fmt: skip
