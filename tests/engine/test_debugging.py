import numpy as np
import pytest

import engine
from engine import Function, Variable, debug, grad, square


class Double(Function):
    def forward(self, x):
        return x * 2

    def backward(self, gy):
        return 2 * gy


@pytest.mark.parametrize(
    ("apply", "name"),
    [
        (square, "Square"),
        (lambda x: x * 3.0, "Mul"),
        (lambda x: engine.sum(x, axis=0), "Sum"),
        (lambda x: engine.concatenate([x, x]), "Concatenate"),
        (lambda x: Double()(x), "Double"),
        (lambda x: np.exp(x), "Exp"),
    ],
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_an_input_changed_in_place_is_found_with_its_place(apply, name, create_graph):
    x = Variable(np.array([1.0, 2.0]))
    with debug():
        y = apply(x)
        x.data *= 10
        with pytest.raises(RuntimeError, match=rf"input 0 of {name}, \(2,\) float64") as caught:
            y.backward(create_graph=create_graph)
    assert "x.data" not in str(caught.value)
    assert "test_debugging.py:" in str(caught.value)


def test_an_output_changed_in_place_is_found():
    x = Variable(np.array([1.0, 2.0]))
    with debug():
        y = engine.exp(x)
        y.data[0] = 5.0
        with pytest.raises(RuntimeError, match="output 0 of Exp"):
            y.backward()


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble, complex])
def test_nothing_is_found_where_nothing_was_changed(dtype):
    x = Variable(np.array([1.0, 2.0]).astype(dtype))
    with debug():
        y = engine.sum(square(x) * x[::-1])
        y.backward()
        y.backward()
    assert x.grad is not None
    x.data *= 10  # the block is over, and so is the graph's use


def test_outside_of_a_block_nothing_is_compared_and_the_short_cut_is_back():
    with debug(), debug():
        pass
    assert not engine.modes.replaced
    x = Variable(np.array([1.0, 2.0]))
    y = square(x)
    x.data *= 10
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * x.data)


def test_the_transforms_work_inside():
    with debug():
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        assert engine.jvp(square, 3.0, 1.0)[1] == 6.0


def test_a_rule_planted_inside_is_honoured(monkeypatch):
    with debug(), monkeypatch.context() as patch:
        patch.setattr(engine.Exp, "backward", lambda self, gy: gy * 7)
        x = Variable(np.array(0.0))
        engine.exp(x).backward()
        assert x.grad == 7.0
    assert not engine.modes.replaced


def test_a_call_after_the_block_is_not_compared_with_the_one_inside():
    f = Double()
    x = Variable(np.array([1.0, 2.0]))
    with debug():
        f(x)
    y = f(Variable(np.array([3.0, 4.0])))
    y.backward()
    assert y.creator is f


class Saving(Function):
    """Has a parameter, saves an array in forward, and counts in a running mean."""

    def __init__(self, scale):
        self.scale = scale
        self.mean = np.zeros(2)
        self.calls = []

    def forward(self, x):
        self.mean += x
        self.saved = {"cos": [np.cos(x)]}
        self.calls.append(np.zeros(1))
        return getattr(self.scale, "_data", self.scale) * np.sin(x)

    def backward(self, gy):
        self.given = gy
        return getattr(self.scale, "_data", self.scale) * self.saved["cos"][0] * gy


INDEX = np.array([0, 1])
MASK = np.array([True, False])
BOUND = np.array([0.5, 5.0])
SCALE = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("apply", "used", "what"),
    [
        (lambda x: x[INDEX], INDEX, "self.index of GetItem"),
        (lambda x: x[(INDEX,)], INDEX, "self.index of GetItem"),
        (lambda x: engine.where(MASK, x, 0.0), MASK, "self.condition of Where"),
        (lambda x: np.clip(x, 0, BOUND), BOUND, "self.high of Clip"),
        (lambda x: engine.take(x, INDEX), INDEX, "self.arrange of Rearrangement"),
        (lambda x: Saving(SCALE)(x), SCALE, "self.scale of Saving"),
        (lambda x: Saving(Variable(SCALE))(x), SCALE, "self.scale of Saving"),
    ],
)
def test_an_index_condition_bound_or_parameter_changed_in_place_is_found(apply, used, what):
    before = used.copy()
    with debug():
        y = apply(Variable(np.array([1.0, 2.0])))
        used[:] = used[::-1].copy()
        with pytest.raises(RuntimeError, match=rf"{what}, \(2,\) {used.dtype}, was changed"):
            engine.sum(y).backward()
        used[:] = before
        engine.sum(y).backward()


def test_what_forward_saved_is_compared_and_what_it_changes_is_not():
    f = Saving(2.0)
    x = Variable(np.array([1.0, 2.0]))
    with debug():
        y = f(x)
        z = engine.sum(f(y))
        z.backward()
        z.backward()
        y.creator.saved["cos"][0][0] = 7.0
        with pytest.raises(RuntimeError, match=r"self\.saved of Saving"):
            z.backward()


def test_a_closure_that_is_not_filled_yet_is_no_obstacle():
    class Recursive(Double):
        def forward(self, x):
            self.pull = lambda: later
            y = x * 2
            if np.any(y < 0):
                later = y
            return y

    with debug():
        y = Recursive()(Variable(np.ones(2)))
        y.backward()


def test_infinities_are_as_good_as_any_number():
    with debug():
        engine.exp(Variable(np.array([np.inf, -np.inf, np.nan], np.longdouble))).backward()
