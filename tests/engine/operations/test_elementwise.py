import mpmath
import numpy as np
import pytest

import engine
from engine import Variable, maximum, pow

RNG = np.random.default_rng(3)


def uniform(low, high, *shape):
    return RNG.uniform(low, high, shape)


UNARY = {
    "neg": (np.negative, -2, 2),
    "square": (np.square, -2, 2),
    "triple": (lambda x: x**3, -2, 2),
    "exp": (np.exp, -2, 2),
    "log": (np.log, 0.5, 3),
    "sqrt": (np.sqrt, 0.5, 3),
    "sin": (np.sin, -3, 3),
    "cos": (np.cos, -3, 3),
    "tanh": (np.tanh, -1, 1),
    "abs": (np.abs, 0.5, 3),
}
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "maximum": np.maximum,
}


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
@pytest.mark.parametrize("name", UNARY)
def test_derivative_of_one_input(name, shape, assert_derivative):
    reference, low, high = UNARY[name]
    assert_derivative(engine.OPERATIONS[name], reference, uniform(low, high, *shape))


@pytest.mark.parametrize(
    "shapes",
    [((), ()), ((3,), (3,)), ((3,), ()), ((), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((1,), ())],
)
@pytest.mark.parametrize("name", BINARY)
def test_derivative_of_two_inputs_broadcast(name, shapes, assert_derivative):
    a = uniform(0.5, 1.4, *shapes[0])
    b = uniform(1.6, 2.5, *shapes[1])
    assert_derivative(engine.OPERATIONS[name], BINARY[name], a, b, rtol=1e-10)
    if name != "pow":  # only the larger of the two moves a maximum
        assert_derivative(engine.OPERATIONS[name], BINARY[name], b, a, rtol=1e-10)


@pytest.mark.parametrize(
    "name", ["neg", "square", "triple", "exp", "log", "sqrt", "sin", "cos", "tanh", "abs"]
)
@pytest.mark.parametrize("shape", [(), (3,)])
def test_derivative_of_one_complex_input(name, shape, assert_derivative):
    x = np.asarray(uniform(0.6, 1.2, *shape) + 1j * uniform(0.6, 1.2, *shape))
    reference = UNARY[name][0]
    assert_derivative(engine.OPERATIONS[name], reference, x)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow"])
@pytest.mark.parametrize("kinds", ["cc", "cr", "rc"])
def test_derivative_of_two_complex_inputs(name, kinds, assert_derivative):
    a, b = (
        uniform(0.6, 1.2, *shape) + (1j * uniform(0.6, 1.2, *shape) if kind == "c" else 0)
        for kind, shape in zip(kinds, [(2, 3), (3,)], strict=True)
    )
    assert_derivative(engine.OPERATIONS[name], BINARY[name], a, b, rtol=1e-10)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "cos", "tanh"])
def test_derivative_of_a_scalar_has_the_digits_of_mpmath(name):
    x = Variable(np.array(0.7))
    engine.OPERATIONS[name](x).backward()
    with mpmath.workdps(40):
        expected = float(mpmath.diff(getattr(mpmath, name), mpmath.mpf(0.7)))
    assert x.grad == pytest.approx(expected, rel=4e-16)


@pytest.mark.parametrize("exponent", [2, 3, 1, 0.5, -1, -1.5, 2.0, 1.0])
def test_power_with_a_scalar_exponent(exponent, assert_derivative):
    assert_derivative(lambda x: x**exponent, lambda x: x**exponent, uniform(0.5, 2, 3))


@pytest.mark.parametrize("exponent", [0, 0.0])
def test_a_power_of_zero_is_constant_also_at_zero(exponent):
    x = Variable(np.array([0.0, 2.0]))
    (x**exponent).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0])


def test_power_at_the_base_zero():
    x = Variable(np.zeros(3))
    p = Variable(np.array([0.0, 1.0, 2.0]))
    pow(x, p).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 1.0, 0.0])
    np.testing.assert_array_equal(p.grad, [0.0, 0.0, 0.0])


@pytest.mark.parametrize("exponent", [2, 2.0, 1, 3])
def test_power_at_the_base_zero_with_a_scalar_exponent(exponent):
    x = Variable(np.array(0.0))
    (x**exponent).backward()
    assert x.grad == (1.0 if exponent == 1 else 0.0)


def test_power_of_a_negative_base_keeps_its_gradient_clean():
    x = Variable(np.array([-2.0, 3.0]))
    p = Variable(np.array([3.0, 2.0]))
    pow(x, p).backward()
    np.testing.assert_allclose(x.grad, [12.0, 6.0])
    assert np.isnan(p.grad[0])
    assert p.grad[1] == pytest.approx(9 * np.log(3))


def test_power_of_a_constant(assert_derivative):
    assert_derivative(lambda p: 2**p, lambda p: 2.0**p, uniform(-2, 2, 3))


@pytest.mark.parametrize("exponent", [2, 3, 0.5, -1, 7])
@pytest.mark.parametrize("shape", [(), (1000,)])
def test_powers_have_the_bits_of_numpy(exponent, shape):
    data = np.asarray(uniform(0.1, 9, *shape))
    np.testing.assert_array_equal((Variable(data) ** exponent).data, data**exponent)
    y = engine.mul(Variable(data), 1.0)  # a scalar inside is a NumPy scalar, whose powers differ
    np.testing.assert_array_equal((y**exponent).data, data**exponent)
    np.testing.assert_array_equal((2**y).data, 2**data)
    p = np.asarray(float(exponent))
    np.testing.assert_array_equal((y ** Variable(p)).data, data**p)


def test_powers_of_scalars_have_the_bits_of_arrays():
    p = np.array(3.0)
    for value in uniform(0.1, 9, 300):
        x = np.array(value)
        y = engine.mul(Variable(x), 1.0)
        q = engine.mul(Variable(p), 1.0)
        assert (y**q).data == x**p


@pytest.mark.parametrize("name", UNARY)
def test_scalars_have_the_bits_of_arrays(name):
    reference, low, high = UNARY[name]
    operation = engine.OPERATIONS[name]
    for value in uniform(low, high, 200):
        inner = engine.mul(Variable(np.array(value)), 1.0)
        assert operation(inner).data == reference(np.array(value))


def test_a_tie_of_maximum_splits_the_gradient():
    a, b = Variable(np.array([1.0, 2.0, 3.0])), Variable(np.array([1.0, 1.0, 4.0]))
    maximum(a, b).backward()
    np.testing.assert_array_equal(a.grad, [0.5, 1.0, 0.0])
    np.testing.assert_array_equal(b.grad, [0.5, 0.0, 1.0])


def test_the_derivative_of_abs_at_zero_is_zero():
    x = Variable(np.array([0.0, -2.0]))
    abs(x).backward()
    np.testing.assert_array_equal(x.grad, [0.0, -1.0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize(
    "expression",
    [
        lambda x: x * 2.0,
        lambda x: 2 * x,
        lambda x: 1 - x,
        lambda x: 1 / x,
        lambda x: x / 3,
        lambda x: x**2,
        lambda x: x**2.5,
        lambda x: 2**x,
        lambda x: maximum(x, 0.5),
        lambda x: True + x,
        lambda x: (x * 2.0) * 0.1,
        lambda x: engine.mean(x),
        lambda x: engine.tanh(x),
        lambda x: engine.triple(x),
        lambda x: pow(x, x),
    ],
)
def test_python_scalars_are_weak(dtype, shape, expression):
    x = Variable(np.ones(shape, dtype))
    y = expression(x)
    assert y.dtype == dtype
    y.backward()
    assert (x.grad.dtype, y.grad.dtype) == (dtype, dtype)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.clongdouble])
def test_complex_dtypes_are_kept(dtype):
    x = Variable(np.ones(2, dtype))
    y = 2.0 * x + 1j
    y.backward()
    assert (y.dtype, x.grad.dtype) == (dtype, dtype)


@pytest.mark.parametrize(
    "other", [np.float64(2.0), np.array(2.0), np.array([2.0]), Variable(np.array(2.0))]
)
def test_arrays_and_numpy_scalars_promote_as_in_numpy(other):
    x = Variable(np.ones(2, np.float32))
    y = x * other
    assert y.dtype == np.float64
    y.backward()
    assert x.grad.dtype == np.float32


def test_integers_promote_as_in_numpy():
    n = Variable(np.array([1, 2]))
    assert (n * 2).dtype == np.int64
    assert (n * 2.5).dtype == np.float64
    assert (n / 2).dtype == np.float64
    with pytest.raises(OverflowError):
        Variable(np.array([1], np.int8)) + 300


def test_a_rule_does_not_warn_where_its_function_does_not():
    p = Variable(np.array(0.5))
    (np.array([0.0, 4.0]) ** p).backward()
    assert p.grad == pytest.approx(2 * np.log(4))
