import numpy as np
import pytest

from engine import Variable, matmul

RNG = np.random.default_rng(1)

SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (1, 3, 4)),
    ((6, 1, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((3,), (6, 5, 3, 4)),
    ((1, 1), (1, 1)),
    ((1,), (1,)),
    ((2, 0), (0, 3)),
    ((0, 2), (2, 3)),
]


@pytest.mark.parametrize("shapes", SHAPES, ids=repr)
def test_derivative(shapes, assert_derivative):
    a, b = (RNG.normal(size=shape) for shape in shapes)
    assert_derivative(matmul, np.matmul, a, b)
    assert_derivative(lambda a, b: a @ b, np.matmul, a, b)


@pytest.mark.parametrize("shapes", SHAPES[:6], ids=repr)
def test_derivative_of_complex_matrices(shapes, assert_derivative):
    a, b = (RNG.normal(size=shape) + 1j * RNG.normal(size=shape) for shape in shapes)
    assert_derivative(matmul, np.matmul, a, b)
    assert_derivative(matmul, np.matmul, a.real, b)


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda x: x.repeat(2, 0)[::2]])
def test_memory_layout_does_not_matter(layout, assert_derivative):
    a, b = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 4))
    assert_derivative(matmul, np.matmul, layout(a), layout(b))


def test_an_ndarray_stands_on_either_side():
    a = np.arange(6.0).reshape(2, 3)
    x = Variable(np.ones((3, 2)))
    (a @ x).backward()
    np.testing.assert_array_equal(x.grad, [[3, 3], [5, 5], [7, 7]])
    x.cleargrad()
    (x @ a).backward()
    np.testing.assert_array_equal(x.grad, [[3, 12]] * 3)


def test_scalars_are_no_matrices():
    with pytest.raises((ValueError, TypeError)):
        Variable(np.array(2.0)) @ Variable(np.array(3.0))
