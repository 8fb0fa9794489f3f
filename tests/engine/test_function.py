import copy
import gc
import weakref
from pickle import dumps, loads

import numpy as np
import pytest

import engine
from engine import Function, Variable, add, exp, square


class Affine(Function):
    """Its forward keeps what its backward needs; two inputs."""

    def forward(self, x, w):
        self.saved = (x, w)
        return x * w + 1

    def backward(self, gy):
        x, w = self.saved
        return gy * w, gy * x


class SinCos(Function):
    """Two outputs; remembers the cotangents it was given."""

    def forward(self, x):
        return np.sin(x), np.cos(x)

    def backward(self, gs, gc):
        self.given = gs, gc
        x = self.input.data
        return np.cos(x) * gs - np.sin(x) * gc


class Returning(Function):
    """A rule that returns what it is told to."""

    def __init__(self, result):
        self.result = result

    def forward(self, *xs):
        return np.sum([np.sum(x) for x in xs]) + np.zeros(2)

    def backward(self, gy):
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def scalar(value=3.0):
    return Variable(np.array(value))


def test_a_users_function_is_differentiated():
    x, w = scalar(2.0), scalar(5.0)
    y = Affine()(x, w)
    y.backward()
    assert (y.data, x.grad, w.grad) == (11.0, 5.0, 2.0)


def test_forward_receives_ndarrays_and_a_scalar_result_is_wrapped():
    class Seen(Function):
        def forward(self, x):
            assert type(x) is np.ndarray
            return x[()] * 2

        def backward(self, gy):
            assert type(gy) is np.ndarray
            return gy * 2

    x = scalar()
    y = Seen()(square(x))
    assert type(y.data) is np.ndarray
    y.backward()
    assert x.grad == 12.0


def test_a_call_knows_its_inputs_and_outputs():
    f = Affine()
    x, w = scalar(), scalar()
    y = f(x, w)
    assert f.inputs == (x, w) or f.inputs[0] is x
    assert (f.input is x, f.inputs[1] is w, f.output is y, y.creator is f) == (True,) * 4
    assert len(f.outputs) == 1


@pytest.mark.parametrize("constant", [2.0, 2, np.array(2.0), np.float32(2.0)])
def test_constants_become_variables(constant):
    f = Affine()
    x = scalar()
    f(x, constant).backward()
    assert all(isinstance(v, Variable) for v in f.inputs)
    assert x.grad == 2.0


@pytest.mark.parametrize("cls", [Affine, engine.Mul])
def test_a_python_scalar_is_weak_in_every_function(cls):
    x = Variable(np.ones(2, np.float32))
    assert cls()(x, 2.0).dtype == np.float32


def test_the_creator_of_an_operation_is_a_function_and_stays_the_same():
    x, y = scalar(2.0), scalar(5.0)
    z = x * y
    f = z.creator
    assert type(f) is engine.Mul
    assert isinstance(f, Function)
    assert z.creator is f
    assert (f.inputs[0] is x, f.inputs[1] is y, f.output is z) == (True, True, True)
    gx, gy = f.backward(np.array(10.0))
    assert (gx, gy, type(gx)) == (50.0, 20.0, np.ndarray)
    z.backward()
    assert (x.grad, y.grad) == (5.0, 2.0)


def test_each_record_has_a_creator_of_its_own():
    x = scalar(0.5)
    y, z = exp(x), exp(square(x))
    assert y.creator is not z.creator
    assert y.creator.input is x
    assert z.creator.input is not x


def test_backward_by_hand_sums_broadcast_axes_back():
    f = engine.add(Variable(np.ones((2, 3))), Variable(np.ones(3, np.float32))).creator
    ga, gb = f.backward(np.ones((2, 3)))
    assert (ga.shape, gb.shape, gb.dtype) == ((2, 3), (3,), np.float32)


@pytest.mark.parametrize("apply", [exp, engine.Exp(), engine.Function.__call__])
def test_backward_by_hand_after_the_output_was_dropped(apply):
    x = scalar(1.0)
    y = engine.Exp()(x) if apply is engine.Function.__call__ else apply(x)
    f = y.creator
    reference = weakref.ref(y)
    del y
    gc.collect()
    assert reference() is None
    assert f.backward(np.array(2.0)) == 2 * np.exp(1.0)
    assert f.output.data == np.exp(1.0)
    assert isinstance(f.output, Variable)


def test_a_dropped_output_is_made_again_and_works():
    f = SinCos()
    x = scalar(0.5)
    a = x * 1.0
    f(a)
    sine, cosine = f.outputs
    assert sine.creator is f
    (sine + 2 * cosine + a).backward()
    assert x.grad == pytest.approx(np.cos(0.5) - 2 * np.sin(0.5) + 1, rel=1e-15)


def test_an_output_holds_its_function_but_is_not_held():
    y = Affine()(scalar(), scalar())
    reference = weakref.ref(y)
    f = y.creator
    gc.disable()
    try:
        del y
        assert reference() is None
    finally:
        gc.enable()
    assert f.output.data == 10.0


def test_several_outputs():
    x = scalar(0.5)
    sine, cosine = SinCos()(x)
    (sine * cosine).backward()
    assert x.grad == pytest.approx(np.cos(1.0), rel=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cotangent_of_an_unused_output_is_zeros(dtype):
    x = Variable(np.full((2, 3), 0.5, dtype))
    sine, _cosine = SinCos()(x)
    sine.backward()
    _, given = sine.creator.given
    np.testing.assert_array_equal(given, np.zeros((2, 3), dtype), strict=True)
    np.testing.assert_allclose(x.grad, np.cos(x.data), rtol=1e-6)


def test_the_gradient_an_earlier_pass_left_on_another_output_is_not_used():
    x = scalar(0.5)
    sine, cosine = SinCos()(x)
    square(cosine).backward()
    x.cleargrad()
    sine.backward()
    assert x.grad == pytest.approx(np.cos(0.5), rel=1e-15)


def test_outputs_of_different_depth_are_awaited():
    x = scalar(0.5)
    sine, cosine = SinCos()(x)
    deep = exp(exp(square(cosine)))
    (sine + deep + sine * deep).backward()
    t = 0.5
    deep = np.exp(np.exp(np.cos(t) ** 2))
    slope = deep * np.exp(np.cos(t) ** 2) * 2 * np.cos(t) * -np.sin(t)
    expected = np.cos(t) + slope + np.cos(t) * deep + np.sin(t) * slope
    assert x.grad == pytest.approx(expected, rel=1e-14)


def test_one_object_called_twice_keeps_both_calls():
    a, b = engine.Square(), engine.Exp()
    x = scalar(0.5)
    y = a(b(a(x)))
    y.backward()
    assert x.grad == pytest.approx(4 * 0.5 * np.exp(0.5), rel=1e-15)


def test_state_saved_in_forward_stays_with_its_call():
    f = Affine()
    x = scalar(2.0)
    first = f(x, scalar(5.0))
    creator = first.creator
    assert creator is f
    second = f(first, scalar(7.0))
    assert second.creator is f
    assert first.creator is not f
    assert type(first.creator) is Affine
    assert first.creator.output is first
    second.backward()
    assert x.grad == 35.0
    assert first.creator.backward(np.array(1.0)) == (5.0, 2.0)


def test_a_call_that_fails_leaves_the_earlier_one_whole():
    f = Affine()
    x = scalar(2.0)
    y = f(x, scalar(5.0))
    with pytest.raises(ValueError, match="broadcast"):
        f(Variable(np.ones(2)), Variable(np.ones(3)))
    y.backward()
    assert x.grad == 5.0


def test_state_set_in_init_needs_no_call_of_super():
    class Scale(Function):
        def __init__(self, factor):
            self.factor = factor

        def forward(self, x):
            return x * self.factor

        def backward(self, gy):
            return gy * self.factor

    x = scalar()
    Scale(3.0)(Scale(2.0)(x)).backward()
    assert x.grad == 6.0


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_what_is_not_overridden_says_so(method):
    class Bare(Function):
        pass

    with pytest.raises(NotImplementedError, match=f"Bare.{method}"):
        getattr(Bare(), method)(np.array(1.0))


@pytest.mark.parametrize(
    "use", [lambda f: f.input, lambda f: f.output, lambda f: f.backward(np.array(1.0))]
)
def test_a_function_that_was_not_called_says_so(use):
    with pytest.raises(RuntimeError, match="Square was not called"):
        use(engine.Square())


def test_a_missing_backward_is_found_by_the_pass():
    class OnlyForward(Function):
        def forward(self, x):
            return x

    with pytest.raises(NotImplementedError, match=r"OnlyForward\.backward"):
        OnlyForward()(scalar()).backward()


@pytest.mark.parametrize("result", [np.ones(3), np.ones((2, 2)), 1.0, np.ones((1, 2))])
def test_a_gradient_of_another_shape_is_an_error_with_both_shapes(result):
    x = Variable(np.ones(2))
    with pytest.raises(ValueError, match=r"Returning.*\(2,\)") as caught:
        Returning(result)(x).backward()
    assert str(np.shape(result)) in str(caught.value)


def test_a_wrong_number_of_gradients_is_an_error():
    with pytest.raises(ValueError, match=r"1 gradient.* 2 inputs") as caught:
        Returning(np.ones(2))(Variable(np.ones(2)), Variable(np.ones(2))).backward()
    assert "Returning" in caught.value.__notes__[0]


def test_none_is_no_gradient():
    x, w = Variable(np.ones(2)), Variable(np.ones(2))
    Returning((None, np.ones(2)))(square(x), w).backward()
    assert x.grad is None
    np.testing.assert_array_equal(w.grad, [1, 1])


@pytest.mark.parametrize("result", [2.0, np.float32(2.0), np.array(2.0, np.float32), 2, 2 + 1j])
def test_a_gradient_is_cast_to_its_inputs_dtype(result):
    x = scalar()
    Returning(result)(x).backward()
    assert (x.grad, x.grad.dtype, type(x.grad)) == (2.0, np.float64, np.ndarray)


def test_an_exception_in_a_rule_is_told_where():
    x = Variable(np.ones((2, 3), np.float32))
    with pytest.raises(ZeroDivisionError, match="oops") as caught:
        square(Returning(ZeroDivisionError("oops"))(x)).backward()
    assert caught.value.__notes__ == [
        "in the backward of Returning: (2, 3) float32 -> (2,) float64"
    ]


def test_an_exception_in_a_forward_is_told_with_the_shapes():
    class Failing(Function):
        def forward(self, x, y):
            raise ZeroDivisionError("oops")

    with pytest.raises(ZeroDivisionError, match="oops") as caught:
        Failing()(Variable(np.ones((2, 3), np.float32)), 2.0)
    assert caught.value.__notes__ == ["in the forward of Failing: (2, 3) float32, () float32"]


def test_functions_show_what_they_were_called_with():
    y = square(Variable(np.ones(2)))
    assert repr(y.creator) == "<Square: (2,) float64 -> (2,) float64>"
    assert repr(engine.Square()) == "<Square, not called>"


def test_a_rule_that_changes_its_cotangent_spoils_no_other_gradient():
    class Greedy(Function):
        def forward(self, x):
            return x

        def backward(self, gy):
            gy *= 100
            return gy

    a, b = Variable(np.ones(2)), Variable(np.ones(2))
    y = add(a, Greedy()(b))
    y.backward()
    np.testing.assert_array_equal(a.grad, [1, 1])
    np.testing.assert_array_equal(y.grad, [1, 1])


def test_a_rule_may_hold_on_to_what_it_returns():
    kept = np.ones(2)
    x = Variable(np.ones(2))
    Returning(kept)(x).backward()
    x.grad[0] = 7
    np.testing.assert_array_equal(kept, [1, 1])


def test_a_rule_may_change_the_array_that_it_returned():
    class Buffered(Function):
        buffer = np.empty(2)

        def forward(self, x):
            return x * x

        def backward(self, gy):
            return np.multiply(2 * self.input.data, gy, out=self.buffer)

    x = Variable(np.array([1.0, 2.0]))
    f = Buffered()
    y = f(x)
    f(y).backward()
    Buffered.buffer[:] = np.nan
    np.testing.assert_array_equal(y.grad, 2 * y.data)
    np.testing.assert_array_equal(x.grad, 2 * y.data * 2 * x.data)


def test_set_creator_takes_the_place_of_the_output_whose_data_it_has():
    x = scalar(0.5)
    f = SinCos()
    _sine, cosine = f(x)
    y = Variable(cosine.data)
    y.set_creator(f)
    assert f.outputs[1] is y
    (f.outputs[0] * y).backward()
    assert x.grad == pytest.approx(np.cos(1.0), rel=1e-15)
    with pytest.raises(RuntimeError, match="an output of SinCos was used beside"):
        (cosine + y).backward()
    with pytest.raises(ValueError, match=r"SinCos has 2 outputs: .*f.outputs\[0\].data"):
        scalar(0.5).set_creator(f)


def test_a_rule_may_be_written_in_variables():
    class Cube(Function):
        def forward(self, x):
            return x**3

        def backward(self, gy):
            return 3 * square(self.input) * gy

    x = scalar(2.0)
    Cube()(x).backward()
    assert x.grad == 12.0


def test_a_forward_that_returns_a_variable_is_an_error():
    class Mixed(Function):
        def forward(self, x):
            return square(Variable(x))

    with pytest.raises(TypeError, match=r"Mixed\.forward returned a Variable"):
        Mixed()(scalar())


def test_a_rule_may_run_a_pass_of_its_own():
    class Checkpoint(Function):
        def forward(self, x):
            return np.exp(x) ** 2

        def backward(self, gy):
            x = Variable(self.input.data)
            square(exp(x)).backward(gy)
            return x.grad

    x = scalar(0.5)
    square(Checkpoint()(square(x))).backward()
    assert x.grad == pytest.approx(4 * 0.5 * 2 * np.exp(4 * 0.25), rel=1e-14)


def test_the_calls_inputs_are_released_with_the_call():
    f = Affine()
    x = scalar()
    reference = weakref.ref(x)
    y = f(x, scalar())
    del x, f, y
    assert reference() is None


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (None, "NoneType"),
        ([1.0, 2.0], "list"),
        ((np.ones(2), [1.0]), "list"),
        ("text", "str"),
        (np.str_("text"), "str_"),
    ],
)
def test_what_forward_returns_is_numbers(result, kind):
    class Constant(Function):
        def forward(self, x):
            return result

    with pytest.raises(TypeError, match=f"Constant.forward returned {kind}, not an ndarray"):
        Constant()(scalar())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda f: loads(dumps(f))])
def test_a_function_that_was_called_is_copied_without_its_call(copied):
    f = engine.GetItem(np.array([1, 0]))
    f(square(Variable(np.array([1.0, 2.0]))))
    g = copied(f)
    assert repr(g) == "<GetItem, not called>"
    x = Variable(np.array([3.0, 4.0]))
    engine.sum(g(x) * np.array([1.0, 10.0])).backward()
    np.testing.assert_array_equal(x.grad, [10.0, 1.0])
