import numpy as np
import pytest

from gradcheck.numeric import numerical_diff


class Variable:
    def __init__(self, data):
        assert isinstance(data, np.ndarray)
        self.data = data


def apply(g):
    return lambda x: Variable(np.asarray(g(x.data)))


square, exp, cube = apply(lambda x: x**2), apply(np.exp), apply(lambda x: x**3)


@pytest.mark.parametrize(
    ("last", "expected"), [(square, 3.2974426293330694), (cube, 6.351000335633739)]
)
def test_the_known_quotients_come_out_to_the_last_bit(last, expected):
    assert numerical_diff(lambda x: last(exp(square(x))), Variable(np.array(0.5))) == expected


def test_the_step_is_an_argument():
    assert numerical_diff(cube, Variable(np.array(1.0)), eps=1.0) == 4.0


@pytest.mark.parametrize("x", [2.0, np.float64(2.0), np.array(2.0), np.array([2.0, 2.0])])
def test_plain_numbers_and_arrays_are_taken_as_they_are(x):
    found = numerical_diff(lambda x: x**2, x)
    assert np.shape(found) == np.shape(x)
    assert found == pytest.approx(np.full(np.shape(x), 4.0))


def test_shapes_of_variables_are_kept():
    found = numerical_diff(square, Variable(np.array([1.0, 2.0])))
    assert found == pytest.approx(np.array([2.0, 4.0]))
