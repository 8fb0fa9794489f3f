import numpy as np
import pytest

from gradcheck import GradientError
from gradcheck.compat.autograd import check_grads

autograd = pytest.importorskip("autograd")
anp = pytest.importorskip("autograd.numpy")

X = np.array([0.5, 1.0, -2.0])


@autograd.extend.primitive
def wrong(x):
    return np.sin(x)


autograd.extend.defvjp(wrong, lambda y, x: lambda g: 1.001 * g * anp.cos(x))


def test_gradients_are_checked():
    check_grads(lambda x, k: anp.tanh(x) * k)(X, 3)
    check_grads(lambda x, y: anp.exp(x) * y, argnum=(0, 1), order=1)(X, X + 1)
    with pytest.raises(GradientError):
        check_grads(wrong, modes=["rev"], order=1)(X)


def test_only_the_arguments_named_are_differentiated():
    check_grads(lambda x, y: wrong(x) * y, argnum=1, modes="rev", order=1)(X, X)
