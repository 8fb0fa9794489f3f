"""Derivatives of functions, nested in one another, against differences and known mathematics."""

import numpy as np
import pytest

import engine
from engine import (
    Function,
    SecondOrderError,
    Variable,
    exp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    sin,
    value_and_grad,
    vjp,
)
from gradcheck import derivative

RNG = np.random.default_rng(5)
X = RNG.normal(size=(2, 3))
V = RNG.normal(size=(2, 3))
W = RNG.normal(size=(3, 2))


def loss(x, w=W):
    return engine.sum(engine.tanh(x @ w) * exp(x[:, :2] / 3))


def value(x):
    return loss(Variable(x)).data


def test_both_modes_agree_with_the_bounded_derivative():
    estimate = derivative(value, X, V)
    y, y_dot = jvp(loss, X, V)
    _, pullback = vjp(loss, X)
    assert y == value(X)
    assert abs(y_dot - estimate.value) <= estimate.error + 1e-14
    assert abs(np.vdot(pullback(1.0)[0], V) - estimate.value) <= estimate.error + 1e-14


def test_every_way_to_a_second_derivative_gives_the_same():
    by_difference = derivative(lambda x: np.vdot(grad(loss)(x), V), X, V)
    along = [
        np.vdot(hvp(loss, X, V), V),
        np.vdot(grad(lambda x: jvp(loss, x, V)[1])(X), V),
        np.vdot(grad(lambda x: engine.sum(grad(loss)(x) * V))(X), V),
        jvp(lambda x: jvp(loss, x, V)[1], X, V)[1],
        np.einsum("ij,ijkl,kl", V, hessian(loss)(X), V),
    ]
    np.testing.assert_allclose(along, by_difference.value, rtol=0, atol=by_difference.error + 1e-13)


def test_derivatives_of_any_order_of_a_polynomial():
    f, expected = (lambda x: x**7), 2.0**7
    for n in range(6):
        f = grad(f) if n % 2 else (lambda x, g=f: jvp(g, x, 1.0)[1])
        expected *= (7 - n) / 2
        assert f(2.0) == pytest.approx(expected, rel=1e-14)


def test_nested_derivatives_do_not_confuse_their_perturbations():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(3.0) == 1.0
    assert grad(lambda x: grad(lambda z: x * z**2)(x))(3.0) == 12.0
    assert jvp(lambda x: x * jvp(lambda y: x * y, 1.0, 1.0)[1], 3.0, 1.0)[1] == 6.0
    assert grad(lambda x: jvp(lambda y: x * y * y, x, x)[1])(2.0) == 2 * 3 * 4.0


def test_variables_give_variables_and_arrays_arrays():
    x = Variable(np.array(2.0))
    g = grad(lambda x: x**3)(x)
    assert type(g) is Variable
    g.backward()
    assert x.grad == 12.0
    assert type(grad(lambda x: x**3)(2.0)) is np.ndarray
    with no_grad():
        assert grad(lambda x: x**3)(x).creator is None
        assert grad(lambda x: x**3)(2.0) == 12.0


def test_captured_variables_are_constants_whose_grad_is_not_touched():
    w = Variable(np.array(5.0))
    w.grad = np.array(7.0)
    y = w * 2
    assert grad(lambda x: x * w * y)(3.0) == 50.0
    assert jvp(lambda x: x * w, 3.0, 1.0)[1] == 5.0
    assert (w.grad, y.grad) == (7.0, None)


def test_a_pullback_serves_many_cotangents_and_its_own_derivative():
    y, pullback = vjp(lambda a, b: (a * b, sin(a)), X, V)
    assert [part.shape for part in y] == [(2, 3)] * 2
    for scale in (1.0, 2.0):
        by_a, by_b = pullback(scale * X, scale * V)
        np.testing.assert_allclose(by_a, scale * (X * V + np.cos(X) * V), rtol=1e-14)
        np.testing.assert_allclose(by_b, scale * X * X, rtol=1e-14)
    y_bar = Variable(X.copy())
    by_a, _ = pullback(y_bar, V)
    engine.sum(by_a).backward()
    np.testing.assert_allclose(y_bar.grad, V)


def test_arguments_are_chosen_by_position():
    def f(a, n, b):
        return engine.sum(a * b**n)

    y, g = value_and_grad(f, argnums=-1)(X, 2, V)
    assert y == pytest.approx(np.sum(X * V**2), rel=1e-14)
    np.testing.assert_allclose(g, 2 * X * V, rtol=1e-14)
    by_b, by_a = grad(f, argnums=(2, 0))(X, 2, V)
    np.testing.assert_allclose((by_a, by_b), (V**2, 2 * X * V), rtol=1e-14)


@pytest.mark.parametrize("shape", [(), (2, 3), (0,)])
def test_a_jacobian_has_the_shape_of_output_and_input(shape):
    x = RNG.normal(size=shape)
    wide = jacobian(lambda x: engine.broadcast_to(sin(x), (2, *shape)))(x)
    assert wide.shape == (2, *shape, *shape)
    narrow = jacobian(lambda x: engine.sum(sin(x)))(x)
    np.testing.assert_allclose(narrow, np.cos(x), rtol=1e-14)
    assert hessian(lambda x: engine.sum(sin(x)))(x).shape == shape * 2


def test_a_jacobian_by_integers_is_an_error():
    with pytest.raises(TypeError, match="int64 has no derivatives"):
        jacobian(lambda x: x**2)(3)


def test_a_jacobian_of_several_outputs_and_inputs():
    table = jacobian(lambda a, b: (a @ b, engine.sum(a)), argnums=(0, 1))(X, W)
    assert [[part.shape for part in row] for row in table] == [
        [(2, 2, 2, 3), (2, 2, 3, 2)],
        [(2, 3), (3, 2)],
    ]
    np.testing.assert_array_equal(table[1][1], np.zeros((3, 2)))


def test_integers_have_no_derivative():
    _, pullback = vjp(lambda x, i: x[i], X, np.array([0, 0]))
    by_x, by_i = pullback(np.ones((2, 3)))
    assert by_i is None
    np.testing.assert_array_equal(by_x, [[2, 2, 2], [0, 0, 0]])
    with pytest.raises(TypeError, match=r"3\.0"):
        grad(lambda x: x * x)(3)


def test_what_does_not_move_has_zeros():
    y, y_dot = jvp(lambda x: (np.ones(2), x > 0), 1.0, 1.0)
    np.testing.assert_array_equal(y_dot[0], [0, 0])
    assert (y_dot[1], y[1]) == (False, True)
    np.testing.assert_array_equal(vjp(lambda x: np.ones(2), X)[1](np.ones(2))[0], np.zeros((2, 3)))


def test_a_gradient_of_several_numbers_is_an_error_with_the_way_out():
    with pytest.raises(ValueError, match=r"\(2, 3\).*vjp or jacobian"):
        grad(sin)(X)
    with pytest.raises(TypeError, match="1 cotangents were given for 2"):
        vjp(lambda x: (x, x), X)[1](X)
    with pytest.raises(ValueError, match=r"tangent has shape \(3,\)"):
        jvp(sin, X, np.ones(3))


def test_results_are_held_by_nobody_else():
    x = X.copy()
    y, y_dot = jvp(lambda x: x, x, V)
    assert not any(np.shares_memory(a, b) for a, b in [(y, x), (y_dot, V)])
    g = vjp(lambda x: x, x)[1](V)[0]
    assert not np.shares_memory(g, V)


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble, np.complex64, np.complex128])
def test_dtypes_are_kept(dtype):
    x = np.array([0.5, 0.25]).astype(dtype)
    y, y_dot = jvp(lambda x: sin(x) * x, x, np.ones(2))
    (g,) = vjp(lambda x: sin(x) * x, x)[1](np.ones(2))
    assert y.dtype == y_dot.dtype == g.dtype == dtype


def test_the_two_modes_of_complex_functions_are_adjoint():
    z, z_dot, y_bar = (RNG.normal(size=3) + 1j * RNG.normal(size=3) for _ in range(3))
    functions = [
        lambda z: z * exp(z),
        lambda z: abs(z) * z,
        lambda z: np.conj(z) / z,
        lambda z: z.real * (1 + 2j) + z.imag,
        lambda z: np.sign(z) * np.angle(z),
    ]
    for f in functions:
        y, y_dot = jvp(f, z, z_dot)
        (z_bar,) = vjp(f, z)[1](y_bar.astype(y.dtype))
        assert np.vdot(y_bar, y_dot).real == pytest.approx(np.vdot(z_bar, z_dot).real, rel=1e-12)
        estimate = derivative(lambda z, f=f: f(Variable(z)).data, z, z_dot, y_bar=y_bar)
        assert abs(np.vdot(y_bar, y_dot).real - estimate.value) <= estimate.error + 1e-13


# Functions of users


class ReadsData(Function):
    def forward(self, x):
        return np.logaddexp(0.0, x)

    def backward(self, gy):
        return gy / (1 + np.exp(-self.input.data))


class KeepsArrays(Function):
    def forward(self, x):
        self.slope = 1 / (1 + np.exp(-x))
        return np.logaddexp(0.0, x)

    def backward(self, gy):
        return gy * self.slope


class InVariables(Function):
    def __init__(self):
        self.one = np.ones(())  # a constant, also where forward keeps it

    def forward(self, x):
        self.positive = x > 0
        return np.logaddexp(0.0, x)

    def backward(self, gy):
        return gy / (self.one + np.exp(-self.input))


class Arrays(Function):
    """A rule that no Variable gets through."""

    def forward(self, x):
        return x * x, x + 1

    def backward(self, ga, gb):
        out = np.empty(self.input.shape)
        out[...] = np.asarray(ga) * 2 * self.input.data + gb
        return out


@pytest.mark.parametrize("cls", [ReadsData, KeepsArrays, InVariables])
def test_a_users_function_has_both_modes(cls):
    estimate = derivative(lambda x: np.logaddexp(0.0, x), X, V, y_bar=W.T)
    assert abs(np.vdot(W.T, jvp(cls(), X, V)[1]) - estimate.value) <= estimate.error + 1e-14
    assert abs(np.vdot(vjp(cls(), X)[1](W.T)[0], V) - estimate.value) <= estimate.error + 1e-14


def test_a_rule_that_needs_arrays_has_a_forward_mode_too():
    _, (a_dot, b_dot) = jvp(Arrays(), X, V)
    np.testing.assert_allclose(a_dot, 2 * X * V, rtol=1e-14)
    np.testing.assert_allclose(b_dot, V, rtol=1e-14)


@pytest.mark.parametrize(("cls", "what"), [(ReadsData, r"\.data"), (KeepsArrays, r"self\.slope")])
def test_a_second_order_that_would_be_wrong_is_an_error_that_says_how(cls, what):
    for second in (
        lambda: hessian(lambda x: engine.sum(cls()(x)))(X),
        lambda: hvp(lambda x: engine.sum(cls()(x)), X, V),
        lambda: grad(lambda x: engine.sum(jvp(cls(), x, V)[1]))(X),
        lambda: cls()(Variable(X)).backward(create_graph=True),
    ):
        with pytest.raises(SecondOrderError, match=what) as caught:
            second()
        assert cls.__name__ in str(caught.value)
        assert "self.inputs[0] * gy" in str(caught.value)


def test_arrays_kept_at_the_edge_of_the_domain_count_as_values():
    class Edge(Function):
        def forward(self, x):
            if np.max(np.abs(x)) > 1:
                raise ValueError("outside")
            self.root = np.sqrt(1 - x * x)
            return np.arcsin(x)

        def backward(self, gy):
            return gy / self.root

    with pytest.raises(SecondOrderError, match=r"self\.root"):
        grad(grad(Edge()))(0.999)


def test_a_users_rule_written_in_variables_has_every_order():
    found = hvp(lambda x: engine.sum(InVariables()(x)), X, V)
    estimate = derivative(lambda x: 1 / (1 + np.exp(-x)), X, V, y_bar=W.T)
    assert abs(np.vdot(W.T, found) - estimate.value) <= estimate.error + 1e-14


# create_graph


def test_gradients_with_a_graph_are_variables():
    x = Variable(np.array(0.5))
    y = exp(sin(x))
    y.backward(create_graph=True)
    first = x.grad
    assert type(first) is Variable
    x.cleargrad()
    first.backward()
    c, s = np.cos(0.5), np.sin(0.5)
    assert x.grad == pytest.approx(np.exp(s) * (c * c - s), rel=1e-14)


def test_gradients_with_a_graph_add_up_and_keep_those_in_between():
    x = Variable(np.array([1.0, 2.0]))
    y = x * x
    z = engine.sum(y)
    for n in (1, 2):
        z.backward(create_graph=True)
        np.testing.assert_array_equal(x.grad.data, n * 2 * x.data)
        assert type(y.grad) is type(z.grad) is Variable
    z.backward(create_graph=True, retain_grad=False)
    assert y.grad is None
    z.backward()
    np.testing.assert_array_equal(x.grad.data, 8 * x.data)


def test_a_cotangent_given_or_assigned_is_part_of_the_graph():
    x, gy = Variable(np.array(3.0)), Variable(np.array(10.0))
    y = x * x
    y.backward(gy, create_graph=True)
    x.grad.backward()
    assert gy.grad == 6.0
    x.cleargrad()
    y.grad = np.array(2.0)
    y.backward(create_graph=True)
    assert x.grad.data == 12.0
    assert y.grad == 2.0


def test_gradients_with_a_graph_are_of_the_datas_dtype_and_nobody_elses():
    a, b = Variable(np.ones(2, np.float32)), Variable(np.ones(2, np.float32))
    gy = Variable(np.array([1.0, 2.0]))
    y = a + b
    y.backward(gy, create_graph=True)
    gradients = [gy, y.grad, a.grad, b.grad]
    assert [g.dtype for g in gradients[1:]] == [np.float32] * 3
    assert len({id(g) for g in gradients}) == 4
    a.grad.backward()
    np.testing.assert_array_equal(gy.grad, [1.0, 1.0])


def test_a_deep_chain_has_a_second_derivative():
    x = y = Variable(np.array(1e-3))
    for _ in range(3000):
        y = sin(y)
    y.backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    g.backward()
    assert x.grad == pytest.approx(-3000 * 1e-3, rel=4e-3)


class AddsAtPlaces(Function):
    """What a Variable refuses, an array takes: no error of the engine's, nor of the rule's."""

    def forward(self, x):
        return x[np.array([0, 0, 1])]

    def backward(self, gy):
        gx = np.zeros(self.inputs[0].shape)
        np.add.at(gx, np.array([0, 0, 1]), gy)
        return gx


def test_a_users_rule_that_needs_arrays_has_a_first_order_and_says_why_not_a_second():
    def f(x):
        return engine.sum(AddsAtPlaces()(x))

    np.testing.assert_array_equal(grad(f)(np.ones(2)), [2.0, 1.0])
    assert jvp(f, np.ones(2), np.ones(2))[1] == 3.0
    with pytest.raises(SecondOrderError, match=r"arrays only \(np\.add\.at.*self\.inputs\[0\]"):
        hessian(f)(np.ones(2))
