"""A reference that shares nothing with the engine: high-order differences in extended precision."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Variable

# Central differences of order 8: the truncation error at h = 2**-7 is about 1e-20 f^(9).
STENCIL = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
STEP = np.longdouble(2.0**-7)


def numerical_gradient(f, xs, y_bar, which):
    """The gradient by `xs[which]` of Re sum conj(y_bar) f(*xs), entry by entry."""
    xs = [
        x.astype(np.promote_types(x.dtype, np.longdouble)) if x.dtype.kind in "fc" else x
        for x in xs
    ]
    x = xs[which]
    gradient = np.zeros_like(x)

    def loss(index, change):
        moved = x.copy()
        moved[index] += change
        y = f(*xs[:which], moved, *xs[which + 1 :])
        return np.sum(np.conj(y_bar) * y).real

    for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
        for index in np.ndindex(x.shape):
            slope = sum(
                weight * (loss(index, k * STEP * unit) - loss(index, -k * STEP * unit))
                for k, weight in STENCIL.items()
            )
            gradient[index] += unit * slope / STEP
    return gradient


@pytest.fixture
def assert_derivative():
    """A check of an operation's gradients against the differences of a NumPy function."""

    def check(operation, reference, *xs, rtol=1e-11):
        rng = np.random.default_rng(7)
        variables = [Variable(x) for x in xs]
        y = operation(*variables)
        np.testing.assert_array_equal(y.data, reference(*xs), strict=True)
        y_bar = np.asarray(rng.uniform(-2, 2, y.shape)).astype(y.dtype)
        if y.dtype.kind == "c":
            y_bar += 1j * rng.uniform(-2, 2, y.shape)
        y.backward(y_bar)
        for which, x in enumerate(xs):
            found = variables[which].grad
            expected = numerical_gradient(reference, xs, y_bar, which)
            assert (found.shape, found.dtype) == (x.shape, x.dtype)
            np.testing.assert_allclose(found, expected.astype(x.dtype), rtol=rtol, atol=rtol)

    return check
