import numpy as np
import pytest

import engine
from engine import Function, Variable, draw


class Halves(Function):
    def forward(self, x):
        return x[:1], x[1:]

    def backward(self, ga, gb):
        return np.concatenate([ga, gb])


def test_the_text_is_the_computation_line_by_line():
    x = Variable(np.ones((2, 3)), name="x")
    y = engine.sum(x * 2.0, axis=0)
    y.name = "total"
    assert draw(y).splitlines() == [
        "x                      (2, 3) float64",
        "x2 = 2                 () float64",
        "%1 = Mul(x, x2)        (2, 3) float64",
        "total = Sum(%1)        (3,) float64",
    ]


def test_a_shared_input_and_several_outputs_are_named_once():
    x = Variable(np.ones(2), name="x")
    a, b = Halves()(x)
    text = draw(a * b + a)
    assert "%1, %2 = Halves(x)     (1,) float64, (1,) float64" in text
    assert "%4 = Add(%3, %1)" in text


def test_a_leaf_is_a_line():
    assert draw(Variable(np.array(0.5))) == "x1 = 0.5               () float64"


def test_a_long_graph_shows_its_end():
    y = Variable(np.array(0.5))
    for _ in range(2000):
        y = engine.sin(y)
    lines = draw(y, most=3).splitlines()
    assert lines[0] == "… 1,997 calls before these are not shown"
    assert lines[-1].startswith("%3 = Sin(%2)")
    assert len(lines) == 5


def test_dot_has_a_node_for_each_call_and_variable():
    x = Variable(np.ones(2), name='the "x"')
    text = draw(engine.exp(x) * x, form="dot")
    assert text.startswith("digraph {")
    assert text.endswith("}")
    assert text.count("shape=box") == 2
    assert text.count("shape=ellipse") == 3
    assert text.count("->") == 5
    assert r"the \"x\"\n(2,) float64" in text


def test_an_unknown_form_is_an_error():
    with pytest.raises(ValueError, match="'text' or 'dot'"):
        draw(Variable(np.ones(2)), form="png")
