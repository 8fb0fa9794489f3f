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
