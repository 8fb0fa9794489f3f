"""The floor computes what our engine computes, bit for bit, or says why it is not written out."""

import numpy as np
import pytest

from engine import Function
from gradcheck.adapters import floor as floor_module
from gradcheck.adapters.engine import EngineAdapter
from gradcheck.adapters.floor import NoFloor, floor_of
from gradcheck.vocabulary import Case, Input, Place


def case_of(function, xs):
    inputs = {name: Input(data=x, dtype=str(x.dtype)) for name, x in xs.items()}
    return Case("c", Place(""), inputs, function=function)


def gradients(function, xs):
    """The gradients by both ways, each by input."""
    case = case_of(function, xs)
    passes = EngineAdapter().passes(case, xs)
    passes.backward(passes.forward())
    leaves = passes._leaves
    floor = floor_of(case, xs)
    for _ in range(2):  # a call leaves nothing behind
        found = floor.backward(floor.forward())
    return {n: leaf.grad for n, leaf in leaves.items()}, [g for g in found if g is not None]


def shared(xp, x, y):
    z = x
    for _ in range(4):
        z = xp.add(xp.mul(z, x), y)
    return z


def softmax(xp, x, y):
    return xp.sum(xp.log(xp.softmax(x @ y, axis=1)) * 0.5)


def several(xp, x, y):
    return xp.exp(x), xp.sum(x * y, axis=0), xp.transpose(y)


def reused_array(xp, x, y):
    return xp.sum(x * x + x * y + x / 3.0 + xp.square(x))


SQUARE = np.array([[0.5, -1.0], [0.25, 2.0]])
POINTS = {
    "numbers": {"x": np.array(0.5), "y": np.array(-0.25)},
    "arrays": {"x": SQUARE, "y": SQUARE[::-1].copy()},
    "broadcast": {"x": SQUARE, "y": np.array([[0.5], [0.25]])},
    "float32": {"x": SQUARE.astype("float32"), "y": SQUARE.astype("float32")},
    "complex": {"x": SQUARE + 1j, "y": SQUARE - 0.5j},
}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("function", [shared, softmax, several, reused_array])
def test_the_floor_has_the_engines_bits(function, point):
    xs = POINTS[point]
    if function is softmax and point not in ("arrays", "float32"):
        pytest.skip("a product of real matrices")
    expected, found = gradients(function, xs)
    for name, gradient in expected.items():
        same = [g for g in found if np.shape(g) == gradient.shape and np.array_equal(g, gradient)]
        assert same, f"no array of the floor is the gradient of {name}"
        assert any(np.asarray(g).dtype == gradient.dtype for g in same)


def test_a_wrong_rule_would_be_seen(monkeypatch):
    rules = EngineAdapter().operation_class("exp")
    monkeypatch.setattr(rules, "rule", lambda self, gy, y, x: 2 * gy * y)
    doubled, found = gradients(lambda xp, x: xp.exp(x), {"x": np.array([0.5, 1.0])})
    assert np.array_equal(doubled["x"], 2 * np.exp([0.5, 1.0]))
    assert any(np.array_equal(g, doubled["x"]) for g in found), "the floor uses the engine's rules"


def test_a_rule_of_ones_own_and_a_long_record_are_not_written_out(monkeypatch):
    class Sine(Function):
        def forward(self, x):
            return np.sin(x)

        def backward(self, gy):
            return gy * np.cos(self.inputs[0].data)

    xs = {"x": np.array(0.5)}
    with pytest.raises(NoFloor, match="Sine has a rule"):
        floor_of(case_of(lambda xp, x: Sine()(x), xs), xs)
    monkeypatch.setattr(floor_module, "MOST_CALLS", 2)
    with pytest.raises(NoFloor, match="3 operations; the floor is written out up to 2"):
        floor_of(case_of(lambda xp, x: xp.sin(xp.sin(xp.sin(x))), xs), xs)


def test_a_record_longer_than_a_chunk_is_whole(monkeypatch):
    monkeypatch.setattr(floor_module, "CHUNK", 2)
    expected, found = gradients(shared, POINTS["numbers"])
    assert any(g == expected["x"] for g in found)
