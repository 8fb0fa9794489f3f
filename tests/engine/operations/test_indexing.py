import numpy as np
import pytest

from engine import Variable, getitem

X = np.random.default_rng(1).normal(size=(3, 4, 5))

INDICES = {
    "integer": 1,
    "negative": -1,
    "numpy integer": np.int64(2),
    "integers": (1, -1),
    "every axis": (1, 2, 3),
    "slice": slice(None, None, 2),
    "reversed": (slice(None), slice(None, None, -1)),
    "empty slice": slice(2, 2),
    "ellipsis": (..., 1),
    "newaxis": (None, 1, None),
    "empty tuple": (),
    "list": [0, 2],
    "repeated": [1, 1, 0, 1],
    "repeated array": np.array([[1, 1], [2, 1]]),
    "two arrays": (np.array([0, 0, 2]), np.array([1, 1, 3])),
    "broadcast arrays": (np.array([[0], [2]]), np.array([1, 1, 3])),
    "mixed": (np.array([0, 0]), slice(1, 3), 2),
    "mixed apart": (np.array([0, 0]), slice(None), np.array([4, 4])),
    "array and ellipsis": (..., np.array([3, 3])),
    "mask": X > 0,
    "mask of rows": np.array([True, False, True]),
    "mask and integer": (np.array([True, False, True]), 1),
    "mask and array": (np.array([True, False, True]), np.array([1, 1])),
    "true": True,
    "false": False,
    "none selected": np.zeros((3, 4, 5), bool),
    "empty array": np.array([], int),
}


@pytest.mark.parametrize("name", INDICES)
def test_derivative(name, assert_derivative):
    index = INDICES[name]
    assert_derivative(lambda x: x[index], lambda x: x[index], X)


@pytest.mark.parametrize("index", [(), ..., None, True], ids=repr)
def test_derivative_of_a_scalar_indexed(index, assert_derivative):
    assert_derivative(lambda x: x[index], lambda x: x[index], np.array(2.0))


def test_derivative_of_complex_numbers(assert_derivative):
    index = [1, 1, 0]
    assert_derivative(lambda x: x[index], lambda x: x[index], X[0] + 1j * X[1])


def test_variables_serve_as_an_index():
    x = Variable(np.arange(6.0).reshape(2, 3))
    i = Variable(np.array([0, 1, 0]))
    j = Variable(np.array([2, 2, 2]))
    y = getitem(x, (i, j))
    np.testing.assert_array_equal(y.data, [2.0, 5.0, 2.0])
    y.backward()
    np.testing.assert_array_equal(x.grad, [[0, 0, 2], [0, 0, 1]])
    np.testing.assert_array_equal(x[Variable(np.array([False, True]))].data, [[3, 4, 5]])


def test_a_comparison_serves_as_an_index():
    x = Variable(np.array([-1.0, 2.0, 3.0]))
    x[x > 0].backward()
    np.testing.assert_array_equal(x.grad, [0, 1, 1])


def test_a_variable_is_iterated_along_its_first_axis():
    x = Variable(np.arange(6.0).reshape(2, 3))
    first, second = x
    (first * 2 + second).backward()
    np.testing.assert_array_equal(x.grad, [[2, 2, 2], [1, 1, 1]])


def test_an_index_out_of_range_is_numpys_error():
    with pytest.raises(IndexError):
        Variable(X)[7]
