"""The standard set of benchmarks: graphs of 10 to 1,000,000 operations on numbers.

`python -m gradcheck bench cases/benchmarks.py -e engine -e torch` times them. The variants that are
declared are small, and are checked like any other case. `largest` says up to which size a slower
engine is timed: jax, called without jit, takes a third of a millisecond an operation.
"""

import random
from functools import cache

from gradcheck import case

SIZES = [10, 100, 1_000, 10_000, 100_000, 1_000_000]
GROWING = {
    "sizes": {"n": SIZES},
    "phases": ["forward", "backward"],
    "largest": {"jax": {"n": 100}, "autograd": {"n": 10_000}, "torch": {"n": 100_000}},
}
FURTHER = GROWING | {"largest": {"jax": {"n": 1_000}, "autograd": {"n": 100_000}}}


@case(inputs={"x": 0.5}, matrix={"n": [4]}, benchmark=FURTHER, tags=["graph"])
def chain(xp, x, n):
    """n operations in a row."""
    sin = xp.sin
    for _ in range(n):
        x = sin(x)
    return x


@case(inputs={"x": 0.5}, matrix={"n": [4]}, benchmark=GROWING, tags=["graph"])
def shared_adds(xp, x, n):
    """x is added n times: its gradient is a sum over n uses."""
    add = xp.add
    y = x
    for _ in range(n):
        y = add(y, x)
    return y


@case(inputs={"x": 0.5}, matrix={"n": [4]}, benchmark=GROWING, tags=["graph"])
def doubling(xp, x, n):
    """Each value is used three times, so that paths multiply; minus y, or they overflowed."""
    add, sub = xp.add, xp.sub
    y = x
    for _ in range(n // 2):
        y = sub(add(y, y), y)
    return y


@case(inputs={"x": 0.5}, matrix={"n": [4]}, benchmark=GROWING, tags=["graph"])
def fan(xp, x, n):
    """One x used by n/2 operations, whose results are summed in pairs."""
    sin = xp.sin
    return in_pairs(xp.add, [sin(x) for _ in range(max(n // 2, 1))])


@case(inputs={"x": 0.5, "y": -0.3}, matrix={"n": [6]}, benchmark=GROWING, tags=["graph"])
def random_graph(xp, x, y, n):
    """Operations on values chosen from all before them; what nothing used is summed in pairs."""
    operations, unused = plan(n)
    functions = (xp.sin, xp.tanh, xp.add, xp.mul)
    values = [x, y]
    for which, i, j in operations:
        f = functions[which]
        values.append(f(values[i]) if which < 2 else f(values[i], values[j]))
    return in_pairs(xp.add, [values[k] for k in unused])


@cache
def plan(n):
    """Two thirds of n operations as (function, argument, argument), and the values left over."""
    rng = random.Random(n)
    operations = [
        (rng.randrange(4), rng.randrange(k), rng.randrange(k))
        for k in range(2, 2 + max(2 * n // 3, 2))
    ]
    used = {k for which, i, j in operations for k in ((i,) if which < 2 else (i, j))}
    return operations, [k for k in range(2, len(operations) + 2) if k not in used]


def in_pairs(add, terms):
    """The sum of `terms` as a balanced tree."""
    while len(terms) > 1:
        odd = terms[len(terms) & ~1 :]
        terms = [add(a, b) for a, b in zip(terms[::2], terms[1::2], strict=False)] + odd
    return terms[0]


@case(
    inputs={"x": {"shape": [4]}},
    matrix={"n": [4]},
    benchmark={
        "sizes": {"n": [10, 100, 1_000]},
        "phases": ["check"],
        "largest": {"jax": {"n": 10}},
    },
    tags=["graph"],
)
def checked_chain(xp, x, n):
    """The gradient check of n operations in a row."""
    for _ in range(n):
        x = xp.sin(x)
    return x
