"""Functions whose derivative is truly zero at a point: minima, identities, plateaus.

No relative bound can be met there; the judge must know a zero when it sees one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

RNG = np.random.default_rng(2024)
X = RNG.normal(size=5)
MATRIX = RNG.normal(size=(3, 4))
SQUARE = RNG.normal(size=(3, 3))
ROTATION = np.linalg.qr(SQUARE)[0]


@dataclass(frozen=True, slots=True)
class Zero:
    """A function and a point where its derivative in every direction is zero."""

    name: str
    function: Callable[[np.ndarray], np.ndarray]
    x: np.ndarray


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def _minima() -> list[Zero]:
    at = {
        "square": (lambda x: x**2, np.zeros(3)),
        "sum of squares": (lambda x: np.sum(x**2), np.zeros(4)),
        "fourth power": (lambda x: x**4, np.zeros(3)),
        "cosine": (np.cos, np.zeros(3)),
        "1e6 cosine": (lambda x: 1e6 * np.cos(x), np.zeros(2)),
        "1e-9 cosine": (lambda x: 1e-9 * np.cos(x), np.zeros(2)),
        "cosine + 1000": (lambda x: np.cos(x) + 1000.0, np.zeros(2)),
        "cosh": (np.cosh, np.zeros(3)),
        "gaussian": (lambda x: np.exp(-(x**2)), np.zeros(3)),
        "runge": (lambda x: 1 / (1 + x**2), np.zeros(3)),
        "log(1 + x^2)": (lambda x: np.log1p(x**2), np.zeros(3)),
        "sqrt(1 + x^2)": (lambda x: np.sqrt(1 + x**2), np.zeros(3)),
        "cube": (lambda x: x**3, np.zeros(2)),
        "x - sin x": (lambda x: x - np.sin(x), np.zeros(2)),
        "x - tanh x": (lambda x: x - np.tanh(x), np.zeros(2)),
        "1 - cos of square": (lambda x: 1 - np.cos(x**2), np.zeros(2)),
        "(x - 1)^2": (lambda x: (x - 1) ** 2, np.ones(3)),
        "(x - 3)^2 + 7": (lambda x: (x - 3) ** 2 + 7, np.full(3, 3.0)),
        "x^2 - 2x": (lambda x: x**2 - 2 * x, np.ones(3)),
        "x + 1/x": (lambda x: x + 1 / x, np.ones(3)),
        "x - log x": (lambda x: x - np.log(x), np.ones(3)),
        "x log x - x": (lambda x: x * np.log(x) - x, np.ones(3)),
        "x exp(-x)": (lambda x: x * np.exp(-x), np.ones(3)),
        "sin at pi/2": (np.sin, np.full(2, np.pi / 2)),
        "product with both zero": (lambda x: x[0] * x[1], np.zeros(2)),
        "saddle": (lambda x: x[0] ** 2 - x[1] ** 2, np.zeros(2)),
        "quadratic form": (lambda x: x @ (SQUARE @ SQUARE.T) @ x, np.zeros(3)),
        "least squares": (lambda x: np.sum((MATRIX @ (x - X[:4])) ** 2), X[:4].copy()),
        "x |x|": (lambda x: x * np.abs(x), np.zeros(2)),
        "relu squared": (lambda x: np.maximum(x, 0) ** 2, np.zeros(2)),
        "huber": (lambda x: np.where(np.abs(x) < 1, x**2 / 2, np.abs(x) - 0.5), np.zeros(2)),
    }
    return [Zero(name, *rest) for name, rest in at.items()]


def _identities() -> list[Zero]:
    everywhere = {
        "sin^2 + cos^2": lambda x: np.sin(x) ** 2 + np.cos(x) ** 2,
        "cosh^2 - sinh^2": lambda x: np.cosh(x) ** 2 - np.sinh(x) ** 2,
        "sum of softmax": lambda x: np.sum(softmax(x)),
        "exp x exp -x": lambda x: np.exp(x) * np.exp(-x),
        "x - x": lambda x: x - x,
        "x / x": lambda x: x / x,
        "0 x": lambda x: 0 * x,
        "0 x + 3": lambda x: 0 * x + 3.0,
        "mean of what is centred": lambda x: np.mean(x - np.mean(x)),
        "sum of what is centred": lambda x: np.sum(x - np.mean(x)),
        "variance of what is standardised": lambda x: np.mean(((x - x.mean()) / np.std(x)) ** 2),
        "norm of what is normalised": lambda x: np.sum((x / np.sqrt(np.sum(x**2))) ** 2),
        "(a + b)^2 expanded": lambda x: (x + 2) ** 2 - x**2 - 4 * x - 4,
        "tanh odd": lambda x: np.tanh(x) + np.tanh(-x),
        "sigmoid pair": lambda x: 1 / (1 + np.exp(-x)) + 1 / (1 + np.exp(x)),
        "log of exp less x": lambda x: np.log(np.exp(x)) - x,
        "(x + 1)(x - 1) - x^2 + 1": lambda x: (x + 1) * (x - 1) - x**2 + 1,
    }
    return [Zero(name, function, X.copy()) for name, function in everywhere.items()]


def _plateaus() -> list[Zero]:
    flat = {
        "dead relu": (lambda x: np.maximum(x - 10, 0), X),
        "clipped": (lambda x: np.clip(x, 10, 11), X),
        "sign": (np.sign, X),
        "floor": (np.floor, np.array([0.5, 1.4, 2.6])),
        "rounded": (np.round, np.array([0.2, 1.3, 2.6])),
        "greater": (lambda x: (x > 7).astype(float), X),
        "where the other is taken": (lambda x: np.where(x < 10, 1.5, x), X),
        "largest of a constant": (lambda x: np.maximum(x, 100.0), X),
    }
    return [Zero(name, function, np.array(x)) for name, (function, x) in flat.items()]


def _shifts() -> list[Zero]:
    """A bias before a normalisation: far out its rounding grows with it, as at a kink."""
    z, cotangent = np.cos(np.linspace(-1, 1, 12)).reshape(4, 3) @ MATRIX[:3, :3], X[:4, None]

    def normalised(b):
        centred = z + b - np.mean(z + b, axis=0)
        return np.sum(cotangent * centred / np.sqrt(np.mean(centred**2, axis=0) + 1e-5))

    points = {"small": 0.1, "usual": 1.0, "large": 5.0}
    return [Zero(f"{n} bias before a norm", normalised, k * X[:3]) for n, k in points.items()]


ZEROS = [*_minima(), *_identities(), *_plateaus(), *_shifts()]
