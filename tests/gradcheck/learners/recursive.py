"""A learner's first engine: one input, one output, a backward that calls itself."""

import numpy as np


class Variable:
    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(f"{type(data).__name__} is not supported")
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        function = self.creator
        if function is not None:
            function.input.grad = function.backward(self.grad)
            function.input.backward()


class Function:
    def __call__(self, variable):
        y = self.forward(variable.data)
        self.input = variable
        self.output = Variable(np.asarray(y))
        self.output.creator = self
        return self.output


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.input.data * gy


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return self.output.data * gy


class Triple(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        return 3 * self.input.data**2 * gy


def square(x):
    return Square()(x)


def exp(x):
    return Exp()(x)


def triple(x):
    return Triple()(x)
