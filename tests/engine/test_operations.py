"""Every operation there is, from the examples entered with it: a new one is tested unasked.

GRADCHECK_SEED draws other inputs and directions.
"""

import os
import re
import warnings

import numpy as np
import pytest

import engine
from engine import OPERATIONS, Variable
from engine.numpy_protocol import RULES
from engine.operations.elementwise import Elementwise
from gradcheck import check
from gradcheck.adapters import adapter
from gradcheck.cases.expression import Compiler

SEED = int(os.environ.get("GRADCHECK_SEED", "1"))
CHECKS = ["vjp", "jvp", "adjoint", "second_order"]

# What the letters in an example stand for: arrays of these shapes, drawn from the domain.
SHAPES = {
    "x": (2, 3), "a": (2, 3), "b": (2, 3), "c": (2, 3), "u": (3,), "v": (3,), "m": (3, 3),
    "t": (2, 3, 4), "p": (4, 2), "q": (2, 4), "s": (), "r": (), "row": (1, 3), "col": (2, 1),
    "e": (0, 3), "image": (2, 2, 5, 4), "kernel": (4, 2, 3, 2), "signal": (2, 4, 6),
    "taps": (2, 2, 3), "keys": (2, 5, 4), "values": (2, 5, 3), "queries": (2, 3, 4),
}  # fmt: skip
UNARY = ("f(x)", "f(s)", "f(e)", "f(t)")
BINARY = ("f(a, b)", "f(a, v)", "f(s, a)", "f(col, row)", "f(e, row)", "f(s, r)",
          "f(a, 1.5)", "f(1.5, a)", "f(s, 1.5)", "f(a, K)", "f(K, v)")  # fmt: skip

CONSTANT = np.linspace(0.6, 0.8, 6).reshape(2, 3)  # K: an array that is no Variable

FUNCTIONS = {function.__name__: function for function in OPERATIONS.values()}


def examples_of(function):
    """The operation's own examples, else those of its number of inputs."""
    cls = getattr(function, "operation_class", None)
    if function.examples or cls is None:
        return function.examples
    one = len(function.__signature__.parameters) == 1
    calls = UNARY if one else BINARY if issubclass(cls, Elementwise) else ()
    return tuple(call.replace("f(", f"{function.__name__}(") for call in calls)


EXAMPLES = [(name, text) for name, f in FUNCTIONS.items() for text in examples_of(f)]


def inputs_of(text, shapes=SHAPES):
    """The inputs that an example names, by name, none close to another."""
    letters = [n for n in dict.fromkeys(re.findall(r"[a-z_]\w*", text)) if n in SHAPES]
    low, high = FUNCTIONS[re.search(r"\b(\w+)\(", text).group(1)].domain
    rng = np.random.default_rng(SEED + 2)
    arrays = {}
    for letter in letters:
        n = int(np.prod(shapes[letter]))
        grid = low + (high - low) * (np.arange(n) + rng.uniform(0.2, 0.8, n)) / max(n, 1)
        arrays[letter] = rng.permutation(grid).reshape(shapes[letter])
    return arrays


def evaluated(text, arrays, **names):
    return eval(text, {**vars(engine), **OPERATIONS, "np": np, "K": CONSTANT, **names, **arrays})


def function_of(text, names):
    return lambda *xs: evaluated(text, dict(zip(names, xs, strict=True)))


def test_every_operation_has_an_example():
    """`examples=` beside its definition; an elementwise class needs none."""
    assert [name for name, f in FUNCTIONS.items() if not examples_of(f)] == []


@pytest.mark.parametrize(("name", "text"), EXAMPLES, ids=[text for _, text in EXAMPLES])
def test_both_modes_and_the_second_order(name, text):
    inputs = inputs_of(text)
    report = check(function_of(text, list(inputs)), *inputs.values(), checks=CHECKS, seed=SEED)
    nothing = all(not x.size for x in inputs.values())
    assert report.passed or nothing, str(report)
    for outcome in report.outcomes:
        assert str(outcome.verdict) == "PASS" or nothing, str(report)


LAYOUTS = {
    "fortran": lambda x: x.copy(order="F"),
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x,
    "reversed": lambda x: np.flip(np.flip(x).copy()) if x.ndim else x.copy(),
}


@pytest.mark.parametrize(("name", "text"), EXAMPLES, ids=[text for _, text in EXAMPLES])
def test_layout_does_not_matter_and_nothing_is_changed(name, text):
    inputs = inputs_of(text)
    f = function_of(text, list(inputs))
    y, pullback = engine.vjp(f, *inputs.values())
    y_bar = np.asarray(np.random.default_rng(0).normal(size=np.shape(y)))
    right = pullback(y_bar)
    for layout in LAYOUTS.values():
        variables = [Variable(layout(x)) for x in inputs.values()]
        for x in variables:
            x.data.flags.writeable = False
        y_of_layout = f(*variables)
        np.testing.assert_allclose(y_of_layout.data, y, rtol=1e-13, atol=1e-15)
        y_of_layout.backward(y_bar)
        for x, g in zip(variables, right, strict=True):
            found = np.zeros(x.shape) if x.grad is None else x.grad
            np.testing.assert_allclose(found, g, rtol=1e-12, atol=1e-13)


# What NumPy itself would make double precision of.
WIDENING = r"\bK\b|1\.0|1\.5|\[1, 0|np\.(ones|zeros|where)|float|longdouble|angle"


@pytest.mark.parametrize(("name", "text"), EXAMPLES, ids=[text for _, text in EXAMPLES])
def test_single_precision_is_kept_in_both_modes(name, text):
    inputs = {letter: x.astype(np.float32) for letter, x in inputs_of(text).items()}
    f = function_of(text, list(inputs))
    y, pullback = engine.vjp(f, *inputs.values())
    if not re.search(WIDENING, text):
        assert y.dtype == np.float32
    gradients = pullback(np.ones_like(y))
    assert [g.dtype for g in gradients] == [x.dtype for x in inputs.values()]
    y_dot = engine.jvp(f, tuple(inputs.values()), tuple(inputs.values()))[1]
    assert (y_dot.dtype, y_dot.shape) == (y.dtype, y.shape)


def takes_complex(f):
    cls = getattr(f, "operation_class", None)
    try:
        ordered = f.__name__ in ("maximum", "minimum", "fmax", "fmin", "rint")
        return (
            cls is not None
            and not ordered
            and np.iscomplexobj(f(*[np.full(2, 0.5 + 0.5j)] * arity(f)).data)
        )
    except TypeError:
        return False


def arity(f):
    return len(f.__signature__.parameters)


@pytest.mark.parametrize(
    "name", [*(n for n, f in FUNCTIONS.items() if takes_complex(f)), "abs", "real", "imag", "angle"]
)
def test_complex_numbers(name):
    f = FUNCTIONS[name]
    rng = np.random.default_rng(4)
    shapes = [(3, 3), (3,)] if name != "matmul" else [(2, 3), (3, 2)]
    arrays = [rng.uniform(0.2, 0.8, s) + 1j * rng.uniform(0.2, 0.8, s) for s in shapes[: arity(f)]]
    report = check(f, *arrays, checks=CHECKS, seed=SEED)
    assert report.passed, str(report)


DISPATCHED = [(f, text) for name, text in EXAMPLES
              for f, rule in RULES.items() if rule.__name__ == name]  # fmt: skip


@pytest.mark.parametrize(
    ("numpy", "text"), DISPATCHED, ids=[f"{f.__name__}-{t}" for f, t in DISPATCHED]
)
def test_numpys_function_has_the_values_and_finds_the_operation(numpy, text):
    if not re.match(r"(\w+)\(", text) or "where(" in text[1:]:
        return
    inputs = inputs_of(text)
    call = re.sub(r"^\w+", "numpy", text)
    variables = {name: Variable(x) for name, x in inputs.items()}
    found = evaluated(call, variables, numpy=numpy)
    assert type(found) is Variable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # np.fix, from NumPy 2.5 on
        expected = evaluated(call, inputs, numpy=numpy, transpose=np.transpose)
    np.testing.assert_allclose(found.data, expected, rtol=1e-13, atol=1e-15, strict=True)
    np.testing.assert_allclose(evaluated(text, variables).data, found.data, strict=True)


def taken_by_numpy(numpy, text, inputs):
    """The value of an example by NumPy's function, None where that does not take such inputs."""
    if not re.match(r"(\w+)\(", text) or "where(" in text[1:]:
        return None  # an expression around the function, or our own where in it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call = re.sub(r"^\w+", "numpy", text)
            return evaluated(call, inputs, numpy=numpy, transpose=np.transpose)
    except Exception:
        return None


@pytest.mark.parametrize("length", [2, 3, 4])
@pytest.mark.parametrize(
    ("numpy", "text"), DISPATCHED, ids=[f"{f.__name__}-{t}" for f, t in DISPATCHED]
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of NumPy, on the mean of nothing
def test_empty_arrays_are_taken_where_numpy_takes_them(numpy, text, length):
    shapes = {key: tuple(0 if n == length else n for n in shape) for key, shape in SHAPES.items()}
    inputs = inputs_of(text, shapes)
    expected = taken_by_numpy(numpy, text, inputs)
    if expected is None or all(x.size for x in inputs.values()):
        return
    xs, f = tuple(inputs.values()), function_of(text, list(inputs))
    y, pullback = engine.vjp(f, *xs)
    assert (y.shape, y.dtype) == (np.shape(expected), np.asarray(expected).dtype)
    assert [g.shape for g in pullback(y)] == [x.shape for x in xs]
    assert engine.jvp(f, xs, xs)[1].shape == y.shape
    _, second = engine.jvp(lambda *xs: engine.vjp(f, *xs)[1](np.ones_like(y)), xs, xs)
    assert [g.shape for g in second] == [x.shape for x in xs]


@pytest.mark.parametrize(
    ("numpy", "text"), DISPATCHED, ids=[f"{f.__name__}-{t}" for f, t in DISPATCHED]
)
def test_arrays_without_axes_are_taken_where_numpy_takes_them(numpy, text):
    inputs = inputs_of(text, dict.fromkeys(SHAPES, ()))
    expected = taken_by_numpy(numpy, text, inputs)
    if expected is None or not np.size(expected) or not np.all(np.isfinite(expected)):
        return
    if numpy in (np.std, np.nanstd):
        return  # the deviation of one number is a kink
    f = function_of(text, list(inputs))
    value = f(*map(Variable, inputs.values())).data
    np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-15, strict=True)
    report = check(f, *inputs.values(), checks=CHECKS, seed=SEED)
    assert report.passed, str(report)


METHODS = [name for name in OPERATIONS if hasattr(np.ndarray, name)]


def test_what_is_a_method_of_an_array_is_one_of_a_variable():
    assert {"sum", "prod", "std", "cumsum", "reshape", "squeeze", "take", "clip", "dot"} <= {
        *METHODS
    }
    missing = {name for name in METHODS if not hasattr(Variable, name)}
    assert missing == {"sort", "partition", "compress"}, "which differ from NumPy's function"


@pytest.mark.parametrize(
    "name", ["sum", "std", "cumprod", "trace", "ravel", "max", "round", "conj"]
)
def test_a_method_is_the_operation(name):
    x = np.arange(9.0).reshape(3, 3) / 7
    np.testing.assert_allclose(getattr(Variable(x), name)().data, getattr(x, name)(), rtol=1e-14)


def test_every_name_serves_in_case_expressions():
    compiler = Compiler(["x"], list(OPERATIONS))
    for name in OPERATIONS:
        assert compiler.program(f"{name}(x)") is not None, compiler.flaws
    assert set(adapter("engine").operations()) == set(OPERATIONS)
