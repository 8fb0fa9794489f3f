"""The corpus's formulas, written once against a namespace `m` of elementary functions.

The points are where differencing is hard: scales from 1e-12 to 1e8, offsets, cancellation,
oscillation, poles, edges of domains, kinks near and at the point, steps, noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp

from tests.power.disturbances import (
    Primal,
    cauchy_noise,
    hashed_noise,
    in_float32,
    random_noise,
    stochastic_rounding,
)

Formula = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A formula, the points to try, and the truth where mpmath's differencing cannot give it.

    `derivative` overrides mpmath's; `slopes` are the left and right ones where they differ;
    `wrap` turns the float64 function into a noisy or rounded one.
    """

    category: str
    name: str
    formula: Formula
    points: tuple[float, ...]
    derivative: Callable[[mp.mpf], Any] | None = None
    slopes: tuple[float, float] | None = None
    wrap: Callable[[Primal], Primal] | None = None


def _iterated(step: Formula, count: int) -> Formula:
    def formula(m: Any, x: Any) -> Any:
        for _ in range(count):
            x = step(m, x)
        return x

    return formula


def _newton_root(m: Any, x: Any) -> Any:
    return _iterated(lambda m, y: 0.5 * (y + x / y), 6)(m, x + 1)


def _trapezoid(m: Any, x: Any) -> Any:
    nodes = [k / 200.0 for k in range(201)]
    ends = (m.exp(-x * nodes[0] ** 2) + m.exp(-x * nodes[-1] ** 2)) / 2
    return (sum(m.exp(-x * (t * t)) for t in nodes[1:-1]) + ends) / 200


def _naive_variance(m: Any, x: Any) -> Any:
    a, b = 1e4 + x, 1e4 + 1
    return (a**2 + b**2) / 2 - ((a + b) / 2) ** 2


def functions() -> Sequence[Function]:
    """Return every formula with its points."""
    return [
        *_smooth(),
        *_scaled(),
        *_oscillating(),
        *_singular(),
        *_domain(),
        *_edges(),
        *_cancelling(),
        *_near_kinks(),
        *_at_kinks(),
        *_soft_kinks(),
        *_steps(),
        *_deep(),
        *_noisy(),
    ]


def _smooth() -> list[Function]:
    return [
        Function("smooth", *row)
        for row in [
            ("x^3", lambda m, x: x * x * x, (1e-8, 1e-4, 0.3, 1, 7.3, 1e3, 1e6, 1e8, -2.5)),
            ("x^2+1", lambda m, x: x * x + 1, (1e-8, 1e-3, 0.7, 1e4, 1e8)),
            ("sin", lambda m, x: m.sin(x), (1e-8, 1e-3, 0.5, 2.0, 31.4, 1e3)),
            ("cos", lambda m, x: m.cos(x), (1e-4, 0.5, 2.0, -3.0)),
            ("exp", lambda m, x: m.exp(x), (-20, -1, 1e-6, 0.5, 3, 20, 100)),
            ("tanh", lambda m, x: m.tanh(x), (1e-6, 0.1, 1, 3, 10, -5)),
            ("sigmoid", lambda m, x: 1 / (1 + m.exp(-x)), (-30, -2, 0.2, 4, 15)),
            ("softplus", lambda m, x: m.log(1 + m.exp(x)), (-10, -1, 0.3, 5)),
            ("gelu", lambda m, x: 0.5 * x * (1 + m.erf(x / math.sqrt(2.0))), (-4, -1, 0.01, 2)),
            ("gelu tanh", _gelu_tanh, (-3, 0.1, 1.5)),
            ("silu", lambda m, x: x / (1 + m.exp(-x)), (-5, 0.01, 2)),
            ("erf", lambda m, x: m.erf(x), (1e-5, 0.7, 3)),
            ("gammaln", lambda m, x: m.gammaln(x), (0.1, 2.5, 30, 1e5)),
            ("gamma", lambda m, x: m.gamma(x), (0.3, 4.2, 12.5)),
            ("digamma", lambda m, x: m.digamma(x), (0.4, 3.3, 200)),
            ("j0", lambda m, x: m.j0(x), (0.5, 5, 40)),
            ("atan", lambda m, x: m.atan(x), (1e-6, 0.5, 50, 1e6)),
            ("asinh", lambda m, x: m.asinh(x), (1e-6, 0.5, 1e6)),
            ("runge", lambda m, x: 1 / (1 + 25 * x * x), (0.1, 0.5, 3)),
            ("gauss", lambda m, x: m.exp(-x * x), (0.1, 1, 4)),
            ("rational", lambda m, x: (x * x - 3) / (x * x * x + 2), (0.4, 2, -5)),
        ]
    ] + [Function("sum", "trapezoid of 201", _trapezoid, (0.5, 20.0))]


def _gelu_tanh(m: Any, x: Any) -> Any:
    return 0.5 * x * (1 + m.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


def _scaled() -> list[Function]:
    return [
        Function("scaled", *row)
        for row in [
            ("1e12 sin", lambda m, x: 1e12 * m.sin(x), (0.5, 2)),
            ("1e-12 exp", lambda m, x: 1e-12 * m.exp(x), (0.5, -2)),
            ("1e12 + sin", lambda m, x: 1e12 + m.sin(x), (0.5, 2)),
            ("1e6 + cos", lambda m, x: 1e6 + m.cos(x), (0.5, 2)),
            ("1e3 + 1e-3 x^2", lambda m, x: 1e3 + 1e-3 * x * x, (0.5, 2)),
            ("1 + 1e-8 sin", lambda m, x: 1 + 1e-8 * m.sin(x), (0.5, 1.2)),
        ]
    ]


def _oscillating() -> list[Function]:
    return [
        Function("oscillating", *row)
        for row in [
            ("sin 100 x", lambda m, x: m.sin(100 * x), (0.3, 1.0, 2.7)),
            ("sin 1e4 x", lambda m, x: m.sin(1e4 * x), (0.3, 1.0)),
            ("cos x^2", lambda m, x: m.cos(x * x), (3, 10, 30)),
            ("sin 1/x", lambda m, x: m.sin(1 / x), (0.5, 0.05, 0.005)),
            ("x sin 50x + x^2", lambda m, x: x * m.sin(50 * x) + x * x, (0.2, 1.1)),
            ("exp -x cos 200x", lambda m, x: m.exp(-x) * m.cos(200 * x), (0.2, 1.1)),
            ("sin + 1e-6 fast", lambda m, x: m.sin(x) + 1e-6 * m.sin(1000 * x), (0.4, 1.3)),
            ("sin + narrow bump", _bump, (1.0, 1.0002, 1.002)),
        ]
    ]


def _bump(m: Any, x: Any) -> Any:
    away = (x - 1.0) * 2000
    return m.sin(x) + 1e-3 * m.exp(-away * away)


def _singular() -> list[Function]:
    return [
        Function("singular", *row)
        for row in [
            ("log", lambda m, x: m.log(x), (1e-12, 1e-8, 1e-3, 1e8)),
            ("1/x", lambda m, x: 1 / x, (1e-8, 1e-3, 1.0, 1e6, -1e-5)),
            ("sqrt", lambda m, x: m.sqrt(x), (1e-12, 1e-8, 0.1, 1e8)),
            ("x^-3", lambda m, x: 1 / (x * x * x), (1e-3, 2)),
            ("x^0.3", lambda m, x: x**0.3, (1e-8, 0.5)),
            ("tan", lambda m, x: m.tan(x), (1.5, 1.57, 1.5707)),
            ("1/(x^2 + 1e-6)", lambda m, x: 1 / (x * x + 1e-6), (1e-4, 1e-3, 0.5)),
            ("1/(x - 1)", lambda m, x: 1 / (x - 1), (1.001, 1.00001, 3)),
            ("log(x - 2)", lambda m, x: m.log(x - 2), (2.0001, 2.5)),
            ("gamma near a pole", lambda m, x: m.gamma(x), (1e-3, -0.999)),
            ("|x|^(1/3)", lambda m, x: m.exp(m.log(m.abs(x)) / 3), (1e-6, -0.2)),
        ]
    ]


def _domain() -> list[Function]:
    return [
        Function("domain", *row)
        for row in [
            ("asin", lambda m, x: m.asin(x), (0.5, 0.999, 1 - 1e-6, 1 - 1e-10)),
            ("acos", lambda m, x: m.acos(x), (-0.999999, 0.2)),
            ("log1p", lambda m, x: m.log1p(x), (-0.5, -1 + 1e-6, 1e-9, -1 + 1e-10)),
            ("sqrt(1 - x^2)", lambda m, x: m.sqrt(1 - x * x), (0.5, 0.99999)),
            ("acosh", lambda m, x: m.acosh(x), (1 + 1e-6, 2, 1 + 1e-9)),
            ("atanh", lambda m, x: m.atanh(x), (0.3, 0.9999, -1 + 1e-8)),
            ("x log x", lambda m, x: x * m.log(x), (1e-10, 0.2)),
            ("log(1 - x)", lambda m, x: m.log(1 - x), (0.5, 1 - 1e-9)),
            ("entropy", _entropy, (1e-6, 0.3, 1 - 1e-7)),
        ]
    ]


def _entropy(m: Any, x: Any) -> Any:
    return -x * m.log(x) - (1 - x) * m.log(1 - x)


def _edges() -> list[Function]:
    """One-sided derivatives at the last point of a domain."""
    return [
        Function("edge", *row)
        for row in [
            ("x sqrt x", lambda m, x: x * m.sqrt(x), (0.0,), lambda x: 0),
            ("x^2 sqrt x", lambda m, x: x * x * m.sqrt(x), (0.0,), lambda x: 0),
            (
                "sin, x >= 0",
                lambda m, x: m.sin(x + 0.5) + 0 * m.sqrt(x),
                (0.0,),
                lambda x: mp.cos(0.5),
            ),
            ("exp, x >= 1", lambda m, x: m.exp(x) + 0 * m.sqrt(x - 1), (1.0,), lambda x: mp.exp(1)),
            (
                "log1p, x <= 2",
                lambda m, x: m.log1p(x) + 0 * m.sqrt(2 - x),
                (2.0,),
                lambda x: mp.mpf(1) / 3,
            ),
        ]
    ]


def _cancelling() -> list[Function]:
    return [
        Function("cancelling", *row)
        for row in [
            ("(1 - cos)/x^2", lambda m, x: (1 - m.cos(x)) / (x * x), (1e-6, 1e-4, 1e-2, 1)),
            ("(exp - 1)/x", lambda m, x: (m.exp(x) - 1) / x, (1e-6, 1e-3, 1)),
            ("log(1 + x)", lambda m, x: m.log(1 + x), (1e-8, 1e-5, 1e-2)),
            ("(x - 1)^6 expanded", _expanded_power, (1.01, 1.05, 1.3)),
            ("tan - x", lambda m, x: m.tan(x) - x, (1e-3, 0.1)),
            ("sqrt(x+1) - sqrt x", lambda m, x: m.sqrt(x + 1) - m.sqrt(x), (1e2, 1e6, 1e8)),
            ("x - sin", lambda m, x: x - m.sin(x), (1e-4, 1e-2)),
            ("sin far out", lambda m, x: m.sin(x), (1e6, 1e8)),
            ("exp - exp (1 - 1e-6)", lambda m, x: m.exp(x) - m.exp(x) * (1 - 1e-6), (0.5,)),
            ("naive variance", _naive_variance, (0.3, 3)),
            (
                "(cosh^2 - sinh^2) x",
                lambda m, x: (m.cosh(x) ** 2 - m.sinh(x) ** 2) * x,
                (5.0, 10.0),
            ),
        ]
    ]


def _expanded_power(m: Any, x: Any) -> Any:
    return x**6 - 6 * x**5 + 15 * x**4 - 20 * x**3 + 15 * x**2 - 6 * x + 1


def _relu(m: Any, x: Any) -> Any:
    return m.maximum(x - 1, 0)


def _leaky_relu(m: Any, x: Any) -> Any:
    return m.where(x > 1, x - 1, 0.01 * (x - 1))


def _clipped(m: Any, x: Any) -> Any:
    return m.minimum(m.maximum(x, 0), 1) * x


def _small_kink(m: Any, x: Any) -> Any:
    return m.sin(x) + 1e-6 * m.abs(x - 1)


def _near_kinks() -> list[Function]:
    return [
        Function("near a kink", *row)
        for row in [
            ("abs", lambda m, x: m.abs(x), (1e-10, 1e-6, 1e-3, -0.4)),
            ("relu(x - 1)", _relu, (1 + 1e-9, 1 + 1e-6, 1 + 1e-3, 0.9, 1 - 1e-4)),
            ("leaky relu(x - 1)", _leaky_relu, (1 + 1e-4, 0.7)),
            ("max(x, x^2)", lambda m, x: m.maximum(x, x * x), (1 + 1e-5, 0.999, 1.5)),
            ("clip(x, 0, 1) x", _clipped, (1 - 1e-5, 1 + 1e-5, 0.5)),
            ("|sin|", lambda m, x: m.abs(m.sin(x)), (3.1415, 3.0)),
            ("sin + 1e-6 |x - 1|", _small_kink, (1 + 1e-3, 1 + 1e-7)),
        ]
    ]


def _at_kinks() -> list[Function]:
    cos1 = math.cos(1)
    infinite = (-math.inf, math.inf)
    return [
        Function("at a kink", name, formula, (x,), slopes=slopes)
        for name, formula, x, slopes in [
            ("abs", lambda m, x: m.abs(x), 0.0, (-1.0, 1.0)),
            ("relu(x - 1)", _relu, 1.0, (0.0, 1.0)),
            ("leaky relu(x - 1)", _leaky_relu, 1.0, (0.01, 1.0)),
            ("max(x, x^2)", lambda m, x: m.maximum(x, x * x), 1.0, (1.0, 2.0)),
            ("clip(x, 0, 1) x", _clipped, 1.0, (2.0, 1.0)),
            ("exp |x|", lambda m, x: m.exp(m.abs(x)), 0.0, (-1.0, 1.0)),
            ("sin + 1e-6 |x - 1|", _small_kink, 1.0, (cos1 - 1e-6, cos1 + 1e-6)),
            (
                "sin + 1e-9 |x - 1|",
                lambda m, x: m.sin(x) + 1e-9 * m.abs(x - 1),
                1.0,
                (cos1 - 1e-9, cos1 + 1e-9),
            ),
            ("sqrt |x|", lambda m, x: m.sqrt(m.abs(x)), 0.0, infinite),
            ("x sin 1/x", lambda m, x: x * m.sin(1 / (x + 1e-300)), 0.0, (-1.0, 1.0)),
        ]
    ]


def _soft_kinks() -> list[Function]:
    """Differentiable, but not often."""
    return [
        Function("soft kink", *row)
        for row in [
            ("huber", _huber, (1.0, 1 + 1e-4, 0.5), lambda x: min(x, 1)),
            ("x |x|", lambda m, x: x * m.abs(x), (0.0,), lambda x: 0),
            ("elu", _elu, (0.0, 1e-5, -0.1), lambda x: mp.mpf(1) if x >= 0 else mp.exp(x)),
            ("relu^2", lambda m, x: m.maximum(x, 0) ** 2, (0.0,), lambda x: 0),
            ("relu^3 + sin", lambda m, x: m.maximum(x, 0) ** 3 + m.sin(x), (0.0,), lambda x: 1),
            ("sqrt(x^2 + 1e-12)", lambda m, x: m.sqrt(x * x + 1e-12), (0.0, 1e-7, 1e-3)),
            ("|x|^1.5", lambda m, x: m.abs(x) * m.sqrt(m.abs(x)), (0.0,), lambda x: 0),
        ]
    ]


def _huber(m: Any, x: Any) -> Any:
    return m.where(m.abs(x) < 1, 0.5 * x * x, m.abs(x) - 0.5)


def _elu(m: Any, x: Any) -> Any:
    return m.where(x > 0, x, m.exp(m.minimum(x, 0)) - 1)


def _steps() -> list[Function]:
    infinite = (math.inf, math.inf)
    flat = [
        ("floor", lambda m, x: m.floor(x), (0.5, 2.99999, 3.00001)),
        ("sign", lambda m, x: m.sign(x), (0.5, -1e-6)),
        ("round", lambda m, x: m.rint(x), (0.4999, 1.2)),
        ("constant", lambda m, x: 0 * x + 3.25, (1.0,)),
        ("dead relu", lambda m, x: m.maximum(x - 10, 0), (1.0,)),
        ("round to 1e-4", lambda m, x: m.rint(1e4 * x) / 1e4, (0.30001,)),
    ]
    jumps = [
        ("floor", lambda m, x: m.floor(x), 3.0),
        ("sign", lambda m, x: m.sign(x), 0.0),
        ("heaviside + x", lambda m, x: x + m.where(x >= 1, 1.0, 0.0), 1.0),
    ]
    return [
        *(Function("step", *row, derivative=lambda x: 0) for row in flat),
        Function("step", "sin + 1e-3 floor 1000x", _staircase, (0.50051,), mp.cos),
        # Rounding to 1e-9 is read as rounding: the slope meant is 1.
        Function(
            "step", "round to 1e-9", lambda m, x: m.rint(1e9 * x) / 1e9, (0.300000001,), lambda x: 1
        ),
        *(Function("at a step", name, f, (x,), slopes=infinite) for name, f, x in jumps),
    ]


def _staircase(m: Any, x: Any) -> Any:
    return m.sin(x) + 1e-3 * m.floor(1000 * x)


def _deep() -> list[Function]:
    logistic: Formula = lambda m, x: 3.9 * x * (1 - x)  # noqa: E731 - a row of the table
    return [
        Function("deep", *row)
        for row in [
            ("sin 50 times", _iterated(lambda m, x: 1.5 * m.sin(x), 50), (0.3, 1.0)),
            ("tanh 30 times", _iterated(lambda m, x: 1.2 * m.tanh(x) + 0.1, 30), (0.3, -1.0)),
            ("logistic 8 times", _iterated(logistic, 8), (0.31, 0.7)),
            ("logistic 15 times", _iterated(logistic, 15), (0.31, 0.7)),
            ("logistic 25 times", _iterated(logistic, 25), (0.31, 0.7)),
            ("exp sin exp", lambda m, x: m.exp(m.sin(m.exp(x))), (0.5, 2, 4)),
            ("sqrt(1 + x) 40 times", _iterated(lambda m, x: m.sqrt(1 + x), 40), (0.5, 1e6)),
            ("Newton's root", _newton_root, (2.0, 50.0)),
            ("log-sum-exp", lambda m, x: m.log(m.exp(x) + m.exp(2 * x) + 1), (0.1, 5, 30)),
        ]
    ]


def _noisy() -> list[Function]:
    product: Formula = lambda m, x: m.exp(x) * m.sin(x)  # noqa: E731 - a row of the table
    rounded = [
        ("sin", lambda m, x: m.sin(x), (0.5, 2.0, 30.0)),
        ("exp", lambda m, x: m.exp(x), (0.5, 5.0)),
        ("log", lambda m, x: m.log(x), (0.01, 3.0)),
        ("x^3 - 2x", lambda m, x: x * x * x - 2 * x, (0.5, 100.0)),
        ("tanh", lambda m, x: m.tanh(x), (0.2, 2.0)),
        ("1/(1 + x^2)", lambda m, x: 1 / (1 + x * x), (0.5,)),
    ]
    noisy = [
        *(("exp sin", product, (0.5, 2.0), hashed_noise(r)) for r in (1e-12, 1e-9, 1e-6, 1e-4)),
        *(
            ("log", lambda m, x: m.log(x), (0.5, 20.0), hashed_noise(r))
            for r in (1e-12, 1e-9, 1e-6, 1e-4)
        ),
        ("exp sin, random", product, (0.5, 2.0), random_noise(1e-9)),
        ("sin + 2, stochastic", lambda m, x: m.sin(x) + 2, (0.5, 2.0), stochastic_rounding),
        ("exp, Cauchy", lambda m, x: m.exp(x), (0.5, 2.0), cauchy_noise(1e-10)),
    ]
    return [
        *(Function("float32", *row, wrap=in_float32) for row in rounded),
        *(Function("noise", name, f, xs, wrap=wrap) for name, f, xs, wrap in noisy),
    ]
