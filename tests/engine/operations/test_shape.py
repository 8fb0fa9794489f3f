import numpy as np
import pytest

from engine import Variable, broadcast_to, reshape, transpose

X = np.random.default_rng(1).normal(size=(2, 3, 4))


@pytest.mark.parametrize("shape", [(6, 4), (24,), (-1, 2), 24, -1, (4, 3, 2)])
def test_derivative_of_reshape(shape, assert_derivative):
    assert_derivative(lambda x: reshape(x, shape), lambda x: np.reshape(x, shape), X)
    assert_derivative(lambda x: x.reshape(shape), lambda x: x.reshape(shape), X)


def test_reshape_takes_several_integers(assert_derivative):
    assert_derivative(lambda x: x.reshape(6, -1), lambda x: x.reshape(6, -1), X)
    assert_derivative(lambda x: x.reshape(1, 1), lambda x: x.reshape(1, 1), np.array(2.0))
    assert_derivative(lambda x: x.reshape(()), lambda x: x.reshape(()), np.array([2.0]))


@pytest.mark.parametrize("axes", [None, (0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 0, -2)])
def test_derivative_of_transpose(axes, assert_derivative):
    assert_derivative(lambda x: transpose(x, axes), lambda x: np.transpose(x, axes), X)


def test_transposition_by_attribute_and_method(assert_derivative):
    assert_derivative(lambda x: x.T, lambda x: x.T, X)
    assert_derivative(lambda x: x.transpose(), lambda x: x.T, X)
    assert_derivative(lambda x: x.transpose(2, 0, 1), lambda x: x.transpose(2, 0, 1), X)
    assert_derivative(lambda x: x.transpose((2, 0, 1)), lambda x: x.transpose(2, 0, 1), X)
    assert_derivative(lambda x: x.T, lambda x: x.T, X[0, 0])
    assert_derivative(lambda x: x.transpose(0), lambda x: x.transpose(0), X[0, 0])


@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 2, 3, 4), (1, 2, 3, 4)])
def test_derivative_of_broadcast_to(shape, assert_derivative):
    assert_derivative(lambda x: broadcast_to(x, shape), lambda x: np.broadcast_to(x, shape), X)


def test_derivative_of_broadcasting_a_column_and_a_scalar(assert_derivative):
    assert_derivative(
        lambda x: broadcast_to(x, (2, 3)), lambda x: np.broadcast_to(x, (2, 3)), X[:, :1, 0]
    )
    assert_derivative(
        lambda x: broadcast_to(x, (2, 3)), lambda x: np.broadcast_to(x, (2, 3)), np.array(2.0)
    )


def test_complex_numbers_move_unchanged(assert_derivative):
    z = X[0] + 1j * X[1]
    assert_derivative(lambda x: x.T.reshape(-1), lambda x: x.T.reshape(-1), z)
    assert_derivative(
        lambda x: broadcast_to(x, (2, 3, 4)), lambda x: np.broadcast_to(x, (2, 3, 4)), z
    )


def test_a_wrong_shape_is_numpys_error():
    with pytest.raises(ValueError, match="reshape"):
        Variable(X).reshape(5, 5)
