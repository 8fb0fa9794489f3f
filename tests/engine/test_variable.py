import copy
from pickle import dumps, loads

import numpy as np
import pytest

import engine
from engine import Variable, as_array, no_grad


class Parameter(Variable):
    """With attributes of its own."""


@pytest.mark.parametrize(
    ("data", "name"),
    [(1.0, "float"), (3, "int"), ([1.0], "list"), ("x", "str"), (np.float64(1.0), "float64")],
)
def test_data_that_is_no_ndarray_is_refused_by_its_type(data, name):
    with pytest.raises(TypeError, match=rf"\b{name}\b"):
        Variable(data)
    x = Variable(np.array(1.0))
    if name != "float64":
        with pytest.raises(TypeError, match=rf"\b{name}\b"):
            x.data = data


def test_data_may_be_missing_and_come_later():
    x = Variable(None)
    assert x.data is x.grad is x.creator is None
    assert repr(x) == "Variable(None)"
    x.data = np.array(2.0)
    engine.square(x).backward()
    assert x.grad == 4.0


def test_data_is_the_array_itself():
    data = np.array(2.0)
    x = Variable(data)
    assert x.data is data
    x.data -= 0.5
    assert (x.data is data, float(data)) == (True, 1.5)


def test_a_numpy_scalar_is_wrapped_when_assigned():
    x = Variable(np.array(2.0))
    x.data = x.data - 0.5
    assert isinstance(x.data, np.ndarray)


def test_intermediate_data_is_an_ndarray_and_stays_the_same_object():
    y = engine.exp(Variable(np.array(2.0)))
    assert isinstance(y.data, np.ndarray)
    assert y.data is y.data


def test_attributes_of_the_array():
    x = Variable(np.zeros((2, 3), np.float32), name="w")
    assert (x.shape, x.ndim, x.size, x.dtype, len(x), x.name) == ((2, 3), 2, 6, np.float32, 2, "w")
    assert x.T.shape == x.mT.shape == (3, 2)
    y = engine.sum(x)
    assert (y.shape, y.ndim, y.size, y.dtype, y.name) == ((), 0, 1, np.float32, None)
    y.name = "total"
    assert y.name == "total"
    with pytest.raises(TypeError, match="len"):
        len(y)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Variable(np.array(0.5)), "Variable(0.5)"),
        (lambda: Variable(np.array([1.0, 2.0]), name="w"), "Variable([1., 2.], name='w')"),
        (lambda: Variable(np.float32([1])), "Variable([1.], dtype=float32)"),
        (lambda: Variable(np.zeros((0, 2))), "Variable([], shape=(0, 2))"),
        (lambda: engine.square(Variable(np.array(3.0))), "Variable(9., creator=Square)"),
    ],
)
def test_repr_shows_values_and_origin(make, text):
    assert repr(make()) == text


def test_equality_is_of_values_and_hash_of_identity():
    x, y = Variable(np.array([1.0, 2.0])), Variable(np.array([1.0, 3.0]))
    assert hash(x) != hash(y)
    assert len({x, y, x}) == 2
    for found, expected in [
        (x == y, [True, False]),
        (x != y, [False, True]),
        (x < 2, [True, False]),
        (x <= y, [True, True]),
        (x > y, [False, False]),
        (np.array([0, 3]) >= x, [False, True]),
        (np.float64(2.0) >= x, [True, True]),
    ]:
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, expected, strict=True)


def test_comparing_scalars_gives_an_array_too():
    assert type(Variable(np.array(1.0)) < 2) is np.ndarray


@pytest.mark.parametrize("convert", [float, bool])
def test_conversion_to_a_python_number_needs_no_grad(convert):
    x = Variable(np.array(2.0))
    with pytest.raises(TypeError, match=r"no_grad"):
        convert(x)
    with no_grad():
        assert convert(x) == convert(2.0)
        assert type(convert(x)) is convert


def test_assignment_to_entries_is_refused():
    x = Variable(np.array([1.0]))
    with pytest.raises(TypeError, match=r"x\.data"):
        x[0] = 2.0


@pytest.mark.parametrize("lose", [lambda x: np.array([x, x]), lambda x: np.full(3, x), np.asarray])
def test_losing_the_graph_in_silence_is_refused_with_the_way_out(lose):
    with pytest.raises(TypeError, match=r"engine\.stack.*engine\.full"):
        lose(Variable(np.array(1.0)))


def test_operators_take_scalars_and_arrays_on_either_side():
    x = Variable(np.array([2.0, 4.0]))
    data = x.data
    for other in (3.0, np.array([1.0, 2.0]), np.float64(3.0), Variable(np.array(3.0))):
        value = other.data if isinstance(other, Variable) else other
        for found, expected in [
            (x + other, data + value),
            (other + x, value + data),
            (x - other, data - value),
            (other - x, value - data),
            (x * other, data * value),
            (other * x, value * data),
            (x / other, data / value),
            (other / x, value / data),
            (x**other, data**value),
            (other**x, value**data),
            (-x, -data),
            (+x, data),
            (abs(-x), data),
        ]:
            assert type(found) is Variable
            np.testing.assert_array_equal(found.data, expected, strict=True)


def test_an_augmented_assignment_makes_a_new_variable():
    x = y = Variable(np.array(2.0))
    y += 1.0
    y *= x
    y.backward()
    assert (x.data, x.grad) == (2.0, 5.0)


def test_gradient_assigned_is_copied_and_checked():
    x = Variable(np.array([1.0, 2.0], np.float32))
    g = np.array([3.0, 4.0])
    x.grad = g
    assert x.grad.dtype == np.float32
    for value in (g, g.astype(np.float32)):
        x.grad = value
        assert not np.shares_memory(x.grad, value)
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        x.grad = np.ones(3)
    with pytest.raises(TypeError, match="complex128"):
        x.grad = np.ones(2, complex)
    with pytest.raises(TypeError):
        x.grad = np.array(["a", "b"])
    x.grad = None
    assert x.grad is None


def test_a_gradient_may_be_changed_in_place_and_by_assignment():
    x = Variable(np.array([1.0, 2.0]))
    engine.square(x).backward()
    held = x.grad
    x.grad *= 2
    assert x.grad is held
    np.testing.assert_array_equal(x.grad, [4.0, 8.0])


def test_set_creator_lets_a_backward_pass_go_on():
    x = Variable(np.array(3.0))
    f = engine.Square()
    f(x)
    y = Variable(np.array(9.0))
    y.set_creator(f)
    assert y.creator is f
    assert f.output is y
    y.backward()
    assert x.grad == 6.0


def test_set_creator_serves_a_learners_own_call():
    class Double(engine.Function):
        def __call__(self, x):
            y = Variable(as_array(x.data * 2))
            self.inputs = (x,)
            y.set_creator(self)
            return y

        def backward(self, gy):
            return 2 * gy

    x = Variable(np.array(3.0))
    y = Double()(Double()(x))
    y.backward()
    assert x.grad == 4.0


@pytest.mark.parametrize("create_graph", [False, True])
def test_set_creator_after_use_is_an_error(create_graph):
    x, y = Variable(np.array(3.0)), Variable(np.array(9.0))
    z = engine.square(y) + y
    f = engine.Square()
    f(x)
    y.set_creator(f)
    with pytest.raises(RuntimeError, match=r"\(\) float64, was used before set_creator.*Square"):
        z.backward(create_graph=create_graph)
    (engine.square(y) + y).backward()
    assert x.grad == 6 * (18 + 1)


def test_as_array_wraps_scalars_and_passes_arrays():
    a = np.array([1.0])
    assert as_array(a) is a
    for scalar in (1.0, np.float32(1.0), 2):
        assert isinstance(as_array(scalar), np.ndarray)
        assert as_array(scalar).shape == ()
    assert as_array(np.float32(1.0)).dtype == np.float32


def test_a_copied_variable_is_on_its_own():
    x = Variable(np.array(3.0))
    y = copy.copy(x)
    y.grad = np.array(1.0)
    assert x.grad is None


def test_an_array_subclass_is_taken_as_a_plain_array():
    class Tagged(np.ndarray):
        pass

    x = Variable(np.array([1.0, 2.0]).view(Tagged))
    assert type(x.data) is np.ndarray
    engine.square(x).backward()
    assert type(x.grad) is np.ndarray


def test_a_masked_array_is_refused():
    with pytest.raises(TypeError, match="MaskedArray"):
        Variable(np.ma.array([1.0, 2.0], mask=[True, False]))


def test_a_format_is_that_of_the_number():
    loss = engine.sum(Variable(np.array([1.0, 0.23456])))
    assert f"{loss:.3f}|{loss:>10.1e}" == "1.235|   1.2e+00"
    assert f"{Variable(np.array(2.0))}" == "Variable(2.)"
    with pytest.raises(TypeError, match=r"ndarray.__format__"):
        format(Variable(np.zeros(2)), ".2f")


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("item", "x.data.item"),
        ("sort", r"np.sort\(x\)"),
        ("detach", "x.data"),
        ("zero_grad", r"x.cleargrad\(\)"),
    ],
)
def test_a_missing_attribute_says_the_way_out(name, way_out):
    with pytest.raises(AttributeError, match=rf"no '{name}': .*{way_out}"):
        getattr(Variable(np.zeros(2)), name)
    assert not hasattr(Variable, name)
    assert not hasattr(Variable(np.zeros(2)), "__array_interface__")


@pytest.mark.parametrize(
    "use",
    [
        len,
        np.exp,
        lambda x: x.shape,
        lambda x: x.ndim,
        lambda x: x.dtype,
        lambda x: x + 1,
        lambda x: x.T,
    ],
)
def test_a_variable_without_data_cannot_be_used(use):
    with pytest.raises(TypeError, match="without data"):
        use(Variable(None))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: loads(dumps(x))])
def test_a_leaf_is_copied_and_a_graph_is_not(copied):
    x = Variable(np.array([1.0, 2.0]), name="x")
    y = 2.0 * x
    y.backward()
    z = copied(x)
    assert (z.name, z.creator) == ("x", None)
    np.testing.assert_array_equal([z.data, z.grad], [x.data, x.grad])
    z.cleargrad()
    engine.square(z).backward()
    np.testing.assert_array_equal([z.grad, x.grad], [[2.0, 4.0], [2.0, 2.0]])
    with pytest.raises(TypeError, match="lose the graph"):
        copied(y)


def test_reading_an_attribute_takes_pythons_short_cuts():
    """With a `__getattr__` Python takes none: the backward pass took half as long again."""
    assert not {"__getattr__", "__getattribute__"} & {
        name for c in Variable.__mro__[:-1] for name in vars(c)
    }


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: loads(dumps(x))])
def test_a_copy_of_a_subclass_has_its_attributes(copied):
    x = Parameter(np.array([1.0, 2.0]))
    x.decay = 0.5
    y = copied(x)
    assert (type(y), y.decay) == (Parameter, 0.5)


def test_a_subclass_is_a_variable_wherever_it_is_given():
    x, gy = Parameter(np.array([1.0, 2.0])), Parameter(np.array(3.0))
    y = engine.sum(x * x)
    y.backward(gy, create_graph=True)
    np.testing.assert_array_equal(x.grad.data, 6 * x.data)
    x.grad[0].backward()
    assert gy.grad == 2.0
    np.testing.assert_array_equal(engine.sigmoid(x).data, engine.sigmoid(x.data).data)


def test_comparing_numbers_by_numpys_functions_gives_arrays_too():
    x = Variable(np.array(1.0))
    for result in (np.float64(1.0) < x, np.less(x, 2.0), np.isnan(x)):
        assert type(result) is np.ndarray
        assert result.dtype == bool
