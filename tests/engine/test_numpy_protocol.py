import numpy as np
import pytest

import engine
from engine import Variable
from gradcheck import check

X = np.array([[0.5, 1.5], [2.0, 3.0]])

CALLS = {
    "exp": lambda x: np.exp(x),
    "log": lambda x: np.log(x),
    "sqrt": lambda x: np.sqrt(x),
    "sin": lambda x: np.sin(x),
    "cos": lambda x: np.cos(x),
    "tanh": lambda x: np.tanh(x),
    "abs": lambda x: np.abs(x),
    "absolute": lambda x: np.absolute(x),
    "negative": lambda x: np.negative(x),
    "square": lambda x: np.square(x),
    "add": lambda x: np.add(x, X),
    "subtract": lambda x: np.subtract(X, x),
    "multiply": lambda x: np.multiply(2, x),
    "divide": lambda x: np.divide(1.0, x),
    "true_divide": lambda x: np.true_divide(x, X),
    "power": lambda x: np.power(x, 3),
    "maximum": lambda x: np.maximum(x, 1.0),
    "matmul": lambda x: np.matmul(X, x),
    "sum": lambda x: np.sum(x),
    "sum of axis": lambda x: np.sum(x, axis=0, keepdims=True),
    "mean": lambda x: np.mean(x, 1),
    "reshape": lambda x: np.reshape(x, (4,)),
    "transpose": lambda x: np.transpose(x),
    "broadcast_to": lambda x: np.broadcast_to(x, (3, 2, 2)),
    "left add": lambda x: X + x,
    "left matmul": lambda x: X @ x,
    "left scalar": lambda x: np.float64(2.0) * x,
    "left scalar power": lambda x: np.float64(2.0) ** x,
}


@pytest.mark.parametrize("name", CALLS)
def test_numpys_function_is_differentiated(name, assert_derivative):
    assert_derivative(CALLS[name], CALLS[name], X)


def test_the_result_is_recorded():
    y = np.exp(Variable(X))
    assert type(y) is Variable
    assert type(y.creator) is engine.Exp


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: np.frexp(x), r"np\.frexp"),
        (lambda x: np.linalg.solve(x, x), r"np\.linalg\.solve"),
        (lambda x: np.piecewise(x, [x > 0], [1]), r"np\.piecewise"),
        (lambda x: np.hypot.reduce(x), r"np\.hypot\.reduce"),
        (lambda x: np.add.at(x, 0, 1.0), r"np\.add\.at"),
        (lambda x: np.fft.fft(x), r"np\.fft\.fft"),
    ],
)
def test_a_function_without_a_rule_is_an_error_that_names_it(call, name):
    with pytest.raises(TypeError, match=name) as caught:
        call(Variable(X))
    assert "x.data" in str(caught.value)


@pytest.mark.parametrize(
    ("call", "nearest"),
    [
        (lambda x: np.cumulative_sum(x), r"np\.cumsum"),
        (lambda x: np.nanpercentile(x, 50), r"np\.\w+"),
        (lambda x: np.linalg.trace(x), r"np\.linalg\.\w+|np\.trace"),
    ],
)
def test_the_nearest_function_that_has_a_rule_is_named(call, nearest):
    with pytest.raises(TypeError, match=f"nearest that has one is {nearest}"):
        call(Variable(X))


def test_writing_into_an_array_is_an_error():
    y = X.copy()
    with pytest.raises(TypeError, match=r"np\.add\(.*out="):
        y += Variable(X)
    with pytest.raises(TypeError, match="out="):
        np.exp(Variable(X), out=y)


def test_an_option_without_a_rule_is_an_error_that_names_it():
    with pytest.raises(TypeError, match="dtype") as caught:
        np.sum(Variable(X), dtype=np.float32)
    assert "np.sum" in caught.value.__notes__[0]
    with pytest.raises(TypeError, match="where"):
        np.exp(Variable(X), where=X > 1)


def test_functions_of_values_give_plain_results():
    x = Variable(X)
    for found, expected in [
        (np.isfinite(x), np.isfinite(X)),
        (np.less(x, 1), X < 1),
        (np.zeros_like(x), np.zeros_like(X)),
        (np.ones_like(x), np.ones_like(X)),
    ]:
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, expected, strict=True)
    assert (np.shape(x), np.ndim(x), np.size(x), np.argmax(x)) == ((2, 2), 2, 4, 3)
    assert (x.argmax(), x.argmin(axis=1).tolist(), x.all(), x.any()) == (3, [0, 0], True, True)
    np.testing.assert_array_equal(np.argsort(x, axis=0), x.argsort(0))
    assert np.allclose(x, X)
    assert np.allclose(X, b=x)


UFUNC_METHODS = [
    lambda x: np.add.reduce(x),
    lambda x: np.add.reduce(x, axis=None),
    lambda x: np.multiply.reduce(x, axis=1, keepdims=True),
    lambda x: np.maximum.reduce(x),
    lambda x: np.minimum.reduce(x, 1),
    lambda x: np.logaddexp.reduce(x),
    lambda x: np.add.accumulate(x),
    lambda x: np.multiply.accumulate(x, axis=1),
]


@pytest.mark.parametrize("f", UFUNC_METHODS)
def test_methods_of_ufuncs_find_the_operation_and_its_axis(f):
    np.testing.assert_allclose(f(Variable(X)).data, f(X), rtol=1e-14, strict=True)
    assert check(f, X, checks=["vjp", "jvp", "adjoint", "second_order"], seed=1)
