"""Cases that need more than an expression: loops, several outputs, hand-written rules."""

import numpy as np

from gradcheck import case


@case(inputs={"x": 2.0}, tags=["shared"])
def diamond(xp, x):
    a = xp.square(x)
    return xp.add(xp.square(a), xp.square(a))


@case(inputs={"x": 0.75}, tags=["deep"])
def doubled_60_times(xp, x):
    y = x
    for _ in range(60):
        y = xp.add(y, y)
    return y


@case(inputs={"x": 0.75}, tags=["deep"])
def doubled_1000_times(xp, x):
    y = x
    for _ in range(1000):
        y = xp.add(y, y)
    return y


@case(inputs={"x": 0.5}, tags=["deep"])
def chain_of_500_sines(xp, x):
    y = x
    for _ in range(500):
        y = xp.sin(y)
    return y


WEIGHTS = {"shape": [200], "distribution": "linspace", "differentiable": False}


@case(inputs={"x": 0.5, "w": WEIGHTS}, tags=["wide", "shared"])
def fan_of_200(xp, x, w):
    return xp.sum(xp.sin(xp.mul(xp.broadcast_to(x, (200,)), w)))


@case(inputs={"x": {"shape": [4]}, "y": {"shape": [4]}}, tags=["outputs"])
def two_outputs(xp, x, y):
    return xp.mul(x, y), xp.exp(xp.sub(x, y))


@case(inputs={"x": {"shape": [3]}, "y": {"shape": [3]}}, tags=["outputs"])
def one_output_of_each_input(xp, x, y):
    return xp.sin(x), xp.cos(y)


case(
    id="softplus_rule",
    rule=(
        lambda x: np.log1p(np.exp(x)),
        lambda y_bars, xs, ys: y_bars[0] / (1.0 + np.exp(-xs[0])),
    ),
    inputs={"x": {"shape": [6]}},
    tags=["rule"],
)

case(
    id="linear_layer_rule",
    rule=(
        lambda x, w, b: x @ w + b,
        lambda y_bars, xs, ys: (y_bars[0] @ xs[1].T, xs[0].T @ y_bars[0], y_bars[0].sum(axis=0)),
    ),
    inputs={"x": {"shape": [5, 3]}, "w": {"shape": [3, 2]}, "b": {"shape": [2]}},
    tags=["rule", "network"],
)

case(
    id="polar_rule",
    rule=(
        lambda r, a: (r * np.cos(a), r * np.sin(a)),
        lambda y_bars, xs, ys: (
            y_bars[0] * np.cos(xs[1]) + y_bars[1] * np.sin(xs[1]),
            y_bars[1] * ys[0] - y_bars[0] * ys[1],
        ),
    ),
    inputs={"r": {"shape": [4], "distribution": "positive"}, "a": {"shape": [4]}},
    tags=["rule", "outputs"],
)
