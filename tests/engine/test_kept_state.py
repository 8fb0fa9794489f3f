import collections
import types

import numpy as np
import pytest

import engine
from engine import Function, SecondOrderError, Variable, grad, hvp

X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, 0.5, -2.0])
LAST = {}


class Sine(Function):
    """Saves cos(x) by `keep`, and reads it back by `kept`."""

    def forward(self, x):
        self.keep(np.cos(x))
        return np.sin(x)

    def backward(self, gy):
        return self.kept() * gy


class InAnObject(Sine):
    def keep(self, slope):
        self.context = types.SimpleNamespace(saved={"slope": slope})

    def kept(self):
        return self.context.saved["slope"]


class InAnObjectOfInit(Sine):
    def __init__(self):
        self.context = types.SimpleNamespace()

    def keep(self, slope):
        self.context.slope = slope

    def kept(self):
        return self.context.slope


class InAClosure(Sine):
    def keep(self, slope):
        self.pull = lambda: slope

    def kept(self):
        return self.pull()


class InADeque(Sine):
    def keep(self, slope):
        self.saved = collections.deque([slope])

    def kept(self):
        return self.saved[0]


class InAVariable(Sine):
    def keep(self, slope):
        self.saved = Variable(slope)

    def kept(self):
        return self.saved


class InAGlobal(Sine):
    def keep(self, slope):
        LAST["slope"] = slope

    def kept(self):
        return LAST["slope"]


class InTheClass(Sine):
    def keep(self, slope):
        type(self).slope = slope

    def kept(self):
        return self.slope


class BesideAGraph(Sine):
    """Holds itself, and a Variable that cannot be copied."""

    def keep(self, slope):
        self.saved = {"me": self, "graph": engine.square(Variable(np.ones(()))), "slope": slope}

    def kept(self):
        return self.saved["me"].saved["slope"]


@pytest.mark.parametrize(
    ("cls", "where"),
    [
        (InAnObject, "self.context"),
        (InAnObjectOfInit, "shares with forward"),
        (InAClosure, "self.pull"),
        (InADeque, "self.saved"),
        (InAVariable, "self.saved"),
        (InAGlobal, "shares with forward"),
        (InTheClass, "shares with forward"),
        (BesideAGraph, "self.saved"),
    ],
)
def test_what_forward_kept_anywhere_is_no_constant(cls, where):
    np.testing.assert_array_equal(grad(lambda x: engine.sum(cls()(x)))(X), np.cos(X))
    with pytest.raises(SecondOrderError, match=f"{cls.__name__} has no second.*{where}"):
        hvp(lambda x: engine.sum(cls()(x)), X, V)


def test_looking_leaves_what_is_kept_as_it_was():
    f = InAnObjectOfInit()
    x = Variable(X)
    y = f(x)
    with pytest.raises(SecondOrderError):
        y.backward(create_graph=True)
    y.backward()
    np.testing.assert_array_equal(x.grad, np.cos(X))


class Square(Function):
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, gy):
        return 2 * self.x * gy


class Unit(Function):
    """x / |x|, which no scaling of x changes."""

    def forward(self, x):
        self.size = np.linalg.norm(x)
        self.y = x / self.size
        return self.y

    def backward(self, gy):
        return (gy - self.y * np.sum(self.y * gy)) / np.sqrt(np.sum(np.square(self.input)))


@pytest.mark.parametrize(
    ("cls", "x"), [(Square, np.zeros(3)), (Unit, X), (Unit, X.astype(np.float32))]
)
def test_values_that_a_zero_or_a_scaling_hides_are_found(cls, x):
    with pytest.raises(SecondOrderError, match=f"{cls.__name__} has no second"):
        hvp(lambda x: engine.sum(cls()(x) * V), x, V.astype(x.dtype))


class Relu(Function):
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, gy):
        return gy * self.mask


class Largest(Function):
    def forward(self, x):
        self.place = np.argmax(x)
        return x[self.place]

    def backward(self, gy):
        return gy * (np.arange(self.input.size) == self.place)


class Dropout(Function):
    def __init__(self):
        self.rng = np.random.default_rng(3)

    def forward(self, x):
        self.mask = (self.rng.random(x.shape) > 0.5) * 2.0
        return x * self.mask

    def backward(self, gy):
        return gy * self.mask


class DropoutOfOld(Dropout):
    def forward(self, x):
        self.mask = (np.random.random(x.shape) > 0.5) * 2.0  # noqa: NPY002 - what users write
        return x * self.mask


@pytest.mark.parametrize("cls", [Relu, Largest, Dropout, DropoutOfOld])
@pytest.mark.parametrize("x", [X, np.zeros(3), np.ones(3), -np.ones(3)])
def test_branches_and_random_numbers_may_be_kept(cls, x):
    found = hvp(lambda x: engine.sum(engine.exp(cls()(x))), x, V)
    assert np.all(np.isfinite(found))


def test_a_variable_kept_in_init_is_no_obstacle():
    class Scaled(Function):
        def __init__(self, scale):
            self.scale = scale

        def forward(self, x):
            return self.scale.data * x * x

        def backward(self, gy):
            return 2 * self.scale * self.input * gy

    scale = engine.square(Variable(np.array(2.0)))
    assert grad(grad(Scaled(scale)))(3.0) == 8.0


def test_a_learners_own_call_counts_as_keeping_what_it_holds():
    class Double(Function):
        def __call__(self, x):
            y = Variable(x.data * 2)
            self.inputs = (x,)
            self.factor = np.array(2.0)
            y.set_creator(self)
            return y

        def backward(self, gy):
            return gy * self.factor

    with pytest.raises(SecondOrderError, match=r"self\.factor"):
        Double()(Variable(X)).backward(create_graph=True)


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble, complex])
def test_forward_sees_arrays_of_the_inputs_dtype(dtype):
    class Seen(Function):
        def forward(self, x):
            assert (type(x), x.dtype) == (np.ndarray, dtype)
            self.sign = 1
            return x * x

        def backward(self, gy):
            return 2 * self.sign * self.input * gy

    x = Variable(np.array(3.0, dtype))
    Seen()(x).backward(create_graph=True)
    assert x.grad.data == 6.0
