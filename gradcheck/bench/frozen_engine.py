"""A reference engine that is never edited: timings are saved as ratios to it.

Seconds do not carry over to another machine, or to another hour; how many times longer an engine
takes than this one, on the same case in the same moment, does.  It is a small define-by-run engine
as every course teaches it, and stands here whole: it imports nothing whose speed may change but
NumPy.  Each change to this file makes all saved ratios worthless; `frozen.py` knows its hash.
"""

import math
from itertools import count

import numpy as np

_number = count().__next__


class Variable:
    """An array with its gradient, and the rule and the inputs that it came from."""

    __slots__ = ("data", "grad", "inputs", "number", "rule")

    def __init__(self, data, rule=None, inputs=()):
        self.data = data
        self.grad = None
        self.rule = rule
        self.inputs = inputs
        self.number = _number()

    def backward(self):
        """Add to `grad` of all that this came from, starting from ones."""
        order = self._order()
        for y in order:
            if y.inputs:
                y.grad = None
        self.grad = np.ones_like(self.data)
        for y in order:
            if not y.inputs:
                continue
            gxs = y.rule(y.grad, y.data, *[x.data for x in y.inputs])
            for x, gx in zip(y.inputs, gxs, strict=True):
                gx = _summed_back(gx, x.data.shape)
                x.grad = gx if x.grad is None else x.grad + gx

    def _order(self):
        """All Variables below this one, users before what they use."""
        seen = {id(self)}
        order = [self]
        for y in order:  # which grows on the way
            for x in y.inputs:
                if id(x) not in seen:
                    seen.add(id(x))
                    order.append(x)
        order.sort(key=lambda y: y.number, reverse=True)
        return order

    def __add__(self, other):
        return add(self, other)

    def __sub__(self, other):
        return sub(self, other)

    def __rsub__(self, other):
        return sub(other, self)

    def __mul__(self, other):
        return mul(self, other)

    def __truediv__(self, other):
        return div(self, other)

    def __rtruediv__(self, other):
        return div(other, self)

    def __matmul__(self, other):
        return matmul(self, other)

    def __pow__(self, exponent):
        return power(self, exponent)

    def __neg__(self):
        return neg(self)

    __radd__ = __add__
    __rmul__ = __mul__


def _summed_back(gx, shape):
    """Sum over the axes along which an input of `shape` was broadcast."""
    if gx.shape == shape:
        return gx
    lead = gx.ndim - len(shape)
    stretched = tuple(i + lead for i, n in enumerate(shape) if n == 1)
    return gx.sum(axis=(*range(lead), *stretched), keepdims=True).reshape(shape)


def _operation(compute, rule):
    """A function of Variables, arrays and numbers; `rule(gy, y, *xs)` gives a gradient for each."""

    def operation(*xs):
        kind = next(x.data.dtype for x in xs if isinstance(x, Variable))
        inputs = [x if isinstance(x, Variable) else Variable(np.asarray(x, kind)) for x in xs]
        return Variable(np.asarray(compute(*[x.data for x in inputs])), rule, inputs)

    return operation


add = _operation(np.add, lambda gy, y, a, b: (gy, gy))
sub = _operation(np.subtract, lambda gy, y, a, b: (gy, -gy))
mul = _operation(np.multiply, lambda gy, y, a, b: (gy * b, gy * a))
div = _operation(np.divide, lambda gy, y, a, b: (gy / b, -gy * y / b))
neg = _operation(np.negative, lambda gy, y, x: (-gy,))
square = _operation(np.square, lambda gy, y, x: (2 * x * gy,))
triple = _operation(lambda x: x**3, lambda gy, y, x: (3 * x**2 * gy,))
exp = _operation(np.exp, lambda gy, y, x: (y * gy,))
log = _operation(np.log, lambda gy, y, x: (gy / x,))
sqrt = _operation(np.sqrt, lambda gy, y, x: (gy / (2 * y),))
sin = _operation(np.sin, lambda gy, y, x: (np.cos(x) * gy,))
cos = _operation(np.cos, lambda gy, y, x: (-np.sin(x) * gy,))
tanh = _operation(np.tanh, lambda gy, y, x: ((1 - y * y) * gy,))
matmul = _operation(np.matmul, lambda gy, y, a, b: (gy @ b.T, a.T @ gy))


def relu(x):
    """max(x, 0)."""
    return _operation(lambda x: np.maximum(x, 0), lambda gy, y, x: (gy * (x > 0),))(x)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    compute = _operation(lambda x: 1 / (1 + np.exp(-x)), lambda gy, y, x: (y * (1 - y) * gy,))
    return compute(x)


def power(x, exponent):
    """x to the power of a number."""

    def rule(gy, y, x):
        return (exponent * x ** (exponent - 1) * gy,)

    return _operation(lambda x: x**exponent, rule)(x)


def total(x, axis=None, keepdims=False):
    """The sum over all axes, or over some."""

    def rule(gy, y, x):
        if axis is not None and not keepdims:
            gy = np.expand_dims(gy, axis)
        return (np.broadcast_to(gy, x.shape),)

    return _operation(lambda x: np.sum(x, axis=axis, keepdims=keepdims), rule)(x)


def mean(x, axis=None, keepdims=False):
    """The mean over all axes, or over some."""
    axes = range(x.data.ndim) if axis is None else np.atleast_1d(axis)
    return total(x, axis, keepdims) * (1 / math.prod(x.data.shape[i] for i in axes))


def softmax(x, axis=-1):
    """exp(x) divided by its sum."""

    def rule(gy, y, x):
        return (y * (gy - np.sum(gy * y, axis=axis, keepdims=True)),)

    def compute(x):
        e = np.exp(x - np.max(x, axis=axis, keepdims=True))
        return e / np.sum(e, axis=axis, keepdims=True)

    return _operation(compute, rule)(x)


OPERATIONS = {
    "add": add,
    "sub": sub,
    "subtract": sub,
    "mul": mul,
    "multiply": mul,
    "div": div,
    "divide": div,
    "neg": neg,
    "negative": neg,
    "pow": power,
    "square": square,
    "triple": triple,
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "sin": sin,
    "cos": cos,
    "tanh": tanh,
    "relu": relu,
    "sigmoid": sigmoid,
    "matmul": matmul,
    "sum": total,
    "mean": mean,
    "softmax": softmax,
}


class Namespace:
    """The operations as attributes, for a case's function."""

    def __init__(self, missing):
        self.__dict__.update(OPERATIONS)
        self.missing = missing

    def __getattr__(self, name):
        raise self.missing(f"the frozen engine has no operation {name!r}")


class Passes:
    """The forward and the backward pass of a function, each to be timed alone."""

    def __init__(self, function, xp, xs):
        self.function = function
        self.xp = xp
        self.leaves = {name: Variable(np.array(x)) for name, x in xs.items()}

    def forward(self):
        """Return the outputs, which keep the record alive."""
        ys = self.function(self.xp, **self.leaves)
        return tuple(ys) if isinstance(ys, tuple | list) else (ys,)

    def backward(self, kept):
        """Go back from ones."""
        for leaf in self.leaves.values():
            leaf.grad = None
        for y in kept:
            y.backward()

    def nodes(self, kept):
        """Not counted."""
        return None
