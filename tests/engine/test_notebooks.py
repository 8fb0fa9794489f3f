"""The learners' notebooks: their Function classes on this engine, and every figure they print."""

import numpy as np
import pytest

import engine
from engine import Function, Variable


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.input.data * gy


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return np.exp(self.input.data) * gy


class Triple(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        return 3 * self.input.data**2 * gy


class SquareOfSeveral(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy


class ExpOfSeveral(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return np.exp(self.inputs[0].data) * gy


class Add(Function):
    def forward(self, a, b):
        return a + b

    def backward(self, gy):
        return gy, gy


def apply(cls):
    return lambda *xs: cls()(*xs)


COMPOSITES = {
    "user": (apply(Square), apply(Exp), apply(Triple)),
    "several": (apply(SquareOfSeveral), apply(ExpOfSeveral), apply(Triple)),
    "engine": (engine.square, engine.exp, engine.triple),
    "engine by class": (apply(engine.Square), apply(engine.Exp), apply(engine.Triple)),
}
ADDITIONS = {"user": apply(Add), "engine": engine.add, "operator": lambda a, b: a + b}


@pytest.fixture(params=COMPOSITES)
def composite(request):
    """square, exp and triple, once of each kind."""
    return COMPOSITES[request.param]


@pytest.fixture(params=ADDITIONS)
def add(request):
    return ADDITIONS[request.param]


def test_the_composite_by_backward(composite):
    square, exp, triple = composite
    x = Variable(np.array(0.5))
    y = triple(exp(square(x)))
    y.backward()
    assert x.grad == 6.351000049838023
    assert isinstance(x.grad, np.ndarray)


def test_the_composite_from_a_gradient_set_by_hand(composite):
    square, exp, triple = composite
    x = Variable(np.array(0.5))
    y = triple(exp(square(x)))
    y.grad = np.array(1.0)
    y.backward()
    assert x.grad == 6.351000049838023


def test_the_composite_function_by_function():
    for kinds in ((Square, Exp, Triple), (engine.Square, engine.Exp, engine.Triple)):
        square, exp, triple = (cls() for cls in kinds)
        x = Variable(np.array(0.5))
        a = square(x)
        b = exp(a)
        y = triple(b)
        y.grad = np.array(1.0)
        b.grad = triple.backward(y.grad)
        a.grad = exp.backward(b.grad)
        x.grad = square.backward(a.grad)
        assert x.grad == 6.351000049838023


def test_the_composite_by_its_creators(composite):
    square, exp, triple = composite
    x = Variable(np.array(0.5))
    y = triple(exp(square(x)))
    gradients = [np.array(1.0)]
    f = y.creator
    while f is not None:
        gradients.append(f.backward(gradients[-1]))
        f = f.input.creator
    assert gradients[-1] == 6.351000049838023
    assert len(gradients) == 4


def test_the_functions_from_first_to_last(composite):
    square, exp, triple = composite
    x = Variable(np.array(0.5))
    a = square(x)
    b = exp(a)
    y = triple(b)
    passed = [np.array(1.0)]
    for output in (a, b, y):
        passed.append(output.creator.backward(passed[-1]))
    assert passed == [1.0, 1.0, 1.2840254166877414, 6.351000049838023]


def test_the_values_of_the_composite(composite):
    square, exp, triple = composite
    x = Variable(np.array(0.5))
    assert triple(exp(square(x))).data == np.exp(np.array(0.5) ** 2) ** 3


def test_a_variable_added_twice(add):
    x = Variable(np.array(3.0))
    add(x, x).backward()
    assert x.grad == 2.0
    add(add(x, x), x).backward()
    assert x.grad == 5.0


def test_a_variable_added_twice_with_cleargrad(add):
    x = Variable(np.array(3.0))
    add(x, x).backward()
    assert x.grad == 2.0
    x.cleargrad()
    assert x.grad is None
    add(add(x, x), x).backward()
    assert x.grad == 3.0


def test_two_inputs(add):
    x, y = Variable(np.array(2.0)), Variable(np.array(3.0))
    z = add(engine.square(x), engine.square(y))
    z.backward()
    assert (z.data, x.grad, y.grad) == (13.0, 4.0, 6.0)


def test_a_diamond(composite, add):
    square = composite[0]
    x = Variable(np.array(3.0))
    a = square(x)
    add(square(a), square(a)).backward()
    assert x.grad == 216.0


def test_doubling_sixteen_deep_is_neither_slow_nor_wrong(add):
    x = y = Variable(np.array(1.0))
    for _ in range(16):
        y = add(y, y)
    y.backward()
    assert x.grad == 65536.0
