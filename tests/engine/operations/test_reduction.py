import numpy as np
import pytest

from engine import Variable, mean, sum, sum_to

X = np.random.default_rng(1).normal(size=(2, 3, 4))
AXES = [None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2), ()]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(("operation", "reference"), [(sum, np.sum), (mean, np.mean)])
def test_derivative_over_axes(operation, reference, axis, keepdims, assert_derivative):
    assert_derivative(
        lambda x: operation(x, axis=axis, keepdims=keepdims),
        lambda x: reference(x, axis=axis, keepdims=keepdims),
        X,
    )


@pytest.mark.parametrize("axis", [None, 0, -1, ()])
def test_a_scalar_is_its_own_sum_and_mean(axis, assert_derivative):
    assert_derivative(lambda x: x.sum(axis), lambda x: np.sum(x, axis), np.array(2.0))
    if axis in (None, ()):  # np.mean knows no axis of a scalar, np.sum does
        assert_derivative(lambda x: x.mean(axis), lambda x: np.mean(x, axis), np.array(2.0))


def test_derivative_of_complex_sums(assert_derivative):
    assert_derivative(lambda x: sum(x, 0), lambda x: np.sum(x, 0), X[0] + 1j * X[1])
    assert_derivative(lambda x: mean(x, 0), lambda x: np.mean(x, 0), X[0] + 1j * X[1])


@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 4), (1, 4), (4,), (1,), (), (2, 1, 1)])
def test_derivative_of_sum_to(shape, assert_derivative):
    def reference(x):
        new = x.ndim - len(shape)
        axes = tuple(i for i in range(3) if i < new or (shape[i - new] == 1))
        return np.sum(x, axis=axes, keepdims=True).reshape(shape)

    assert_derivative(lambda x: sum_to(x, shape), reference, X)


def test_sum_to_a_shape_that_does_not_broadcast_names_both():
    with pytest.raises(ValueError, match=r"\(2, 4\).*\(2, 3, 4\)"):
        sum_to(Variable(X), (2, 4))
    with pytest.raises(ValueError, match=r"\(2, 2, 3, 4\)"):
        sum_to(Variable(X), (2, 2, 3, 4))


def test_the_gradient_of_an_empty_sum_is_empty():
    x = Variable(np.zeros((0, 3)))
    sum(x).backward()
    assert x.grad.shape == (0, 3)
    x.cleargrad()
    sum(x, axis=0).backward(np.ones(3))
    assert x.grad.shape == (0, 3)


def test_a_gradient_read_is_an_ordinary_array():
    x = Variable(X.copy())
    sum(x).backward()
    x.grad[0, 0, 0] = 5.0
    assert x.grad[0, 0, 1] == 1.0


def test_the_sum_of_integers_has_no_gradient():
    n = Variable(np.array([1, 2]))
    mean(n).backward()
    assert n.grad is None
