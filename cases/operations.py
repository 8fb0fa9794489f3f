"""Every operation of the engine, by the examples entered with it: a new one comes unasked."""

import re

import numpy as np

import engine
from gradcheck import case

# What the letters in an example stand for.
SHAPES = {
    "x": [2, 3], "a": [2, 3], "b": [2, 3], "c": [2, 3], "u": [3], "v": [3], "m": [3, 3],
    "t": [2, 3, 4], "p": [4, 2], "q": [2, 4], "s": [], "r": [], "row": [1, 3], "col": [2, 1],
    "e": [0, 3], "image": [2, 2, 5, 4], "kernel": [4, 2, 3, 2], "signal": [2, 4, 6],
    "taps": [2, 2, 3], "keys": [2, 5, 4], "values": [2, 5, 3], "queries": [2, 3, 4],
}  # fmt: skip


# What is linear in pieces has a staircase for a derivative: nothing to take a second one of.
STAIRS = ("clip", "max_pool", "fmod", "mod", "remainder")
FIRST_ORDER = ["structure", "vjp", "jvp", "adjoint", "accumulation", "purity"]


def example_of(function):
    """The first example of an operation; an elementwise one needs none."""
    if function.examples:
        return function.examples[0]
    inputs = "x" if len(function.__signature__.parameters) == 1 else "a, b"
    return f"{function.__name__}({inputs})"


def spread(shape, low, high, rng):
    """Numbers between `low` and `high`, in any order and none close to another: no ties."""
    n = int(np.prod(shape))
    grid = low + (high - low) * (np.arange(n) + rng.uniform(0.2, 0.8, n)) / max(n, 1)
    return rng.permutation(grid).reshape(shape)


def declare(name, function):
    """Declare the case of one operation at inputs from its own domain."""
    text = example_of(function)
    letters = dict.fromkeys(n for n in re.findall(r"[a-z_]\w*", text) if n in SHAPES)
    rng = np.random.default_rng(6)
    inputs = {n: spread(SHAPES[n], *function.domain, rng).tolist() for n in letters}

    called = [n for n in dict.fromkeys(re.findall(r"[a-z_]\w*", text)) if n in engine.OPERATIONS]

    def run(xp, **arrays):
        return eval(text, {**{n: getattr(xp, n) for n in called}, "np": np, **arrays})

    checks = FIRST_ORDER if name.startswith(STAIRS) else []
    # The examples speak the engine's dialect: other engines meet its operations in the YAML files.
    case(id=name, inputs=inputs, tags=["operation"], checks=checks, engines=["engine"])(run)


for _name, _function in {f.__name__: f for f in engine.OPERATIONS.values()}.items():
    declare(_name, _function)
