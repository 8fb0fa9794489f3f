"""Cases whose backward pass the power test of the duel times: other shapes, sizes and lengths.

Each has a number of operations of its own, by which a planted slowdown knows them apart.
"""

import numpy as np

from gradcheck import case

BACKWARD = {"phases": ["backward"]}
VECTOR = {"shape": [1000], "distribution": "normal"}
MATRIX = {"shape": [48, 48], "distribution": "normal"}


@case(inputs={"x": 0.5}, benchmark=BACKWARD)
def chain(xp, x):
    for _ in range(200):
        x = xp.sin(x)
    return x


@case(inputs={"x": 0.5}, benchmark=BACKWARD)
def long_chain(xp, x):
    for _ in range(2001):
        x = xp.sin(x)
    return x


@case(inputs={"x": 0.5}, benchmark=BACKWARD)
def shared_adds(xp, x):
    y = x
    for _ in range(201):
        y = xp.add(y, x)
    return y


@case(inputs={"x": 0.5}, benchmark=BACKWARD)
def doubling(xp, x):
    for _ in range(150):
        x = xp.add(x, x)
    return x


@case(inputs={"x": 0.5}, benchmark=BACKWARD)
def fan(xp, x):
    y = xp.square(x)
    total = y
    for _ in range(110):
        total = xp.add(total, xp.mul(y, y))
    return total


@case(inputs={"x": 0.5, "z": 0.25}, benchmark=BACKWARD)
def random_graph(xp, x, z):
    rng = np.random.default_rng(7)
    nodes = [x, z]
    for _ in range(300):
        i, j = rng.integers(max(0, len(nodes) - 12), len(nodes), 2)
        nodes.append(xp.mul(xp.sin(nodes[i]), xp.cos(nodes[j])))
    return nodes[-1]


@case(inputs={"x": VECTOR}, benchmark=BACKWARD)
def vectors(xp, x):
    for _ in range(62):
        x = xp.tanh(x)
    return xp.sum(x)


@case(inputs={"x": VECTOR, "z": VECTOR}, benchmark=BACKWARD)
def vector_products(xp, x, z):
    for _ in range(31):
        x = xp.mul(x, z) + xp.sin(z)
    return xp.sum(x)


@case(inputs={"x": {"shape": [100_000], "distribution": "normal"}}, benchmark=BACKWARD)
def long_vectors(xp, x):
    for _ in range(5):
        x = xp.exp(-xp.square(x))
    return xp.sum(x)


@case(inputs={"x": MATRIX, "w": MATRIX}, benchmark=BACKWARD)
def products(xp, x, w):
    for _ in range(12):
        x = xp.tanh(x @ w)
    return xp.mean(x)


@case(inputs={"x": MATRIX}, benchmark=BACKWARD)
def reductions(xp, x):
    for _ in range(14):
        x = x - xp.mean(x, axis=1, keepdims=True)
        x = xp.mul(x, 1.01)
    return xp.sum(xp.square(x))


@case(inputs={"x": {"shape": [6], "distribution": "normal"}}, benchmark=BACKWARD)
def tiny(xp, x):
    return xp.sum(xp.exp(xp.square(xp.sin(x))))
