"""Cases and questions that every framework's adapter is asked."""

from __future__ import annotations

import numpy as np

from gradcheck.adapters import adapter
from gradcheck.runner import Options, run_case
from gradcheck.vocabulary import Case, Input, Outcome, Place, Tolerance

X = np.array([[0.5, 1.25, -2.0], [1.5, -0.75, 3.0]])
POSITIVE = np.abs(X)
Z = np.array([1.0 + 2.0j, 0.5 - 1.0j])

# Functions over the operations' names, with the point: nothing in them is a framework's own.
FUNCTIONS = {
    "elementwise": (lambda xp, x: xp.div(xp.exp(xp.sin(x)), xp.add(xp.square(x), 1.0)), X),
    "triple_and_pow": (lambda xp, x: xp.sub(xp.triple(x), xp.pow(x, 2)), X),
    "log_sqrt": (lambda xp, x: xp.mul(xp.log(x), xp.sqrt(x)), POSITIVE),
    "maximum": (lambda xp, x: xp.maximum(x * x, xp.neg(x)), X),
    "tanh_cos": (lambda xp, x: xp.tanh(x) * xp.cos(x), X),
    "reduced": (lambda xp, x: xp.sum(x * x, axis=1, keepdims=True) + xp.mean(x), X),
    "shapes": (lambda xp, x: xp.matmul(xp.transpose(x), xp.reshape(x, (2, 3))), X),
    "broadcast": (lambda xp, x: xp.broadcast_to(x, (4, 2, 3)) ** 2, X),
    "sum_to": (lambda xp, x: xp.sum_to(x * x, (1, 3)), X),
    "entries": (lambda xp, x: xp.getitem(x, (slice(None), 1)) * x[0, 0], X),
    "softmax": (lambda xp, x: xp.softmax(x, axis=1), X),
    "log_softmax": (lambda xp, x: xp.log_softmax(x, axis=0), X),
    "relu_sigmoid": (lambda xp, x: xp.relu(x) * xp.sigmoid(x), X),
    "where": (lambda xp, x: xp.where(x > 1.0, x, x * x), X),
    "array_api_names": (lambda xp, x: xp.asin(xp.concat([x, x], axis=0) / 4.0), X),
    "several_outputs": (lambda xp, x: (x > 0, {"square": x * x}, [xp.sum(x)]), X),
    "complex": (lambda xp, x: xp.exp(x) * xp.abs(x) * x, Z),
    "complex64": (lambda xp, x: xp.sin(x) * x, Z.astype(np.complex64)),
    "float32": (lambda xp, x: xp.exp(xp.sin(x)), X.astype(np.float32)),
}


def case_of(function, **xs) -> Case:
    """Return a case of `function` at `xs`: arrays, or Inputs as they are to be declared.

    The tolerance is for the rounding of the frameworks' own rules, which are not what is tested.
    """
    inputs = {
        n: x if isinstance(x, Input) else Input(np.asarray(x), dtype=str(np.asarray(x).dtype))
        for n, x in xs.items()
    }
    return Case("case", Place(""), inputs, function=function, tolerance=Tolerance(rtol=1e-11))


def subject_of(engine, function, **xs):
    """Return the subject of such a case on `engine`."""
    case = case_of(function, **xs)
    return adapter(engine).subject(case, {n: np.asarray(x.data) for n, x in case.inputs.items()})


def outcomes_of(engine, function, **xs) -> dict[str, Outcome]:
    """Run such a case and return its outcomes by check."""
    return {o.check: o for o in run_case(case_of(function, **xs), engine, Options())}


def gradient_of(engine, function, x, y_bar) -> np.ndarray:
    """Return J^T y_bar of a function of one input with one output."""
    subject = subject_of(engine, function, x=x)
    [gradient] = subject.vjp(subject.xs, (np.asarray(y_bar),))
    return gradient
