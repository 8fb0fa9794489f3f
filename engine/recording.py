"""Recording an operation: the forward half of the hot path.

What `Function.__call__` does for any Function, done in a third of the time for the operations of
the engine: the output Variable is the whole record, and holds one shared object of the operation's
class; the Function of this very call is made when `creator` is read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from . import modes
from .function import Operation, as_variables, numbers
from .modes import recording, replaced
from .numpy_protocol import RULES
from .variable import OPERATIONS, Variable

_new = object.__new__
_array = np.ndarray
_FLOAT64 = np.dtype(np.float64)

Target = TypeVar("Target", bound=Callable[..., Any])
Domain = tuple[float, float]


def operation(
    *numpy: Callable[..., Any],
    compute: Callable[..., Any] | None = None,
    operators: tuple[str, ...] = (),
    domain: Domain = (-2.0, 2.0),
    examples: tuple[str, ...] = (),
) -> Callable[[Target], Target]:
    """Return a decorator that enters an operation: a class without parameters, or a function.

    It is then an attribute of the package, a name in OPERATIONS (under NumPy's names too), the
    derivative of the NumPy functions, and a method of Variable where an array has it as a method.

    numpy: the NumPy functions that it differentiates.
    compute: for a class, its forward computation on arrays and NumPy scalars; default numpy[0].
    operators: the method it implements, and the reflected one: ("__add__", "__radd__").
    domain: the interval that the generated tests draw its inputs from.
    examples: calls for these tests, of inputs that their letters stand for (see tests/engine/
        test_operations.py). A class without parameters needs none.
    """

    def enter(target: Target) -> Target:
        function: Any = target
        if isinstance(target, type):
            function.reflected = operators[1] if len(operators) > 1 else ""
            function = _function_of(target, compute or numpy[0], _name_of(target, numpy))
        function.domain, function.examples = domain, examples
        _enter(function, numpy)
        _bind(function, *operators)
        return target

    return enter


def _enter(function: Any, numpy: tuple[Any, ...]) -> None:
    """Put `function` where its name and NumPy's names for it are looked up."""
    if function.__name__ in OPERATIONS:
        raise ValueError(f"there is already an operation named {function.__name__!r}")
    OPERATIONS[function.__name__] = function
    RULES.update(dict.fromkeys(numpy, function))
    for name in {name for f in numpy for name in _NUMPY_NAMES.get(id(f), [f.__name__])}:
        OPERATIONS.setdefault(name, function)
    for name in [name for name, f in OPERATIONS.items() if f is function]:
        if hasattr(np.ndarray, name) and name not in _NO_METHODS and not hasattr(Variable, name):
            setattr(Variable, name, function)


_NUMPY_NAMES: dict[int, list[str]] = {}  # np.arccos -> arccos, acos
for _name, _value in vars(np).items():
    if callable(_value) and not _name.startswith("_"):
        _NUMPY_NAMES.setdefault(id(_value), []).append(_name)

# Of an array, two of these work in place, and the third takes its arguments in another order.
_NO_METHODS = {"sort", "partition", "compress"}


def _name_of(cls: type, numpy: tuple[Any, ...]) -> str:
    """The class's name in lower case, with NumPy's underscores: FloatPower is float_power."""
    name = cls.__name__.lower()
    return next((f.__name__ for f in numpy if f.__name__.replace("_", "") == name), name)


def _function_of(cls: Any, compute: Callable[..., Any], name: str) -> Callable[..., Variable]:
    """The function that applies `cls`, taking what the rule calls xs."""

    def forward(self: Operation, *xs: Any) -> Any:
        return compute(*xs)

    cls.define_forward(forward)
    cls.compute = staticmethod(compute)  # for who replays a record on plain arrays
    xs = list(inspect.signature(cls.rule).parameters.values())[3:]  # after self, gy, y
    function: Any = (unary if len(xs) == 1 else binary)(cls(), compute)
    function.__name__ = function.__qualname__ = name
    function.__module__ = cls.__module__
    function.__doc__ = cls.__doc__
    function.__signature__ = inspect.Signature(xs)
    function.operation_class = cls
    return function  # type: ignore[no-any-return]


def _bind(function: Any, method: str = "", reflected: str = "") -> None:
    if method:
        setattr(Variable, method, function)
    if reflected:
        setattr(Variable, reflected, lambda b, a: function(a, b))


def unary(shared: Operation, compute: Callable[[Any], Any]) -> Callable[[Any], Variable]:
    """The function of one Variable that computes with `compute`, on arrays and NumPy scalars."""
    cls = type(shared)

    def apply(x: Any) -> Variable:
        if replaced and cls in replaced:
            return cls()(x)  # type: ignore[no-any-return]
        try:
            p = x._data
        except AttributeError:
            (x,) = as_variables((x,))
            p = x._data
        y = _new(Variable)  # slot by slot: 20 ns less than __init__
        y._data = compute(p)
        y._grad = None
        y._creator = shared
        y._a = x
        y._b = None
        y._number = next(numbers)  # 7 ns less than next_number()
        y._mark = None
        if modes.paused and not recording():
            y._creator = y._a = None
        return y

    return apply


def binary(shared: Operation, compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The function of two Variables that computes with `compute`, on arrays and NumPy scalars."""
    cls = type(shared)
    beside_constant = shared.alone(0, 2), shared.alone(1, 2)

    def apply(a: Any, b: Any) -> Any:
        if replaced and cls in replaced:
            return cls()(a, b)
        f = shared
        try:
            p = a._data
            q = b._data
        except AttributeError:
            if isinstance(a, Variable) != isinstance(b, Variable):
                f = beside_constant[isinstance(b, Variable)]
            try:
                a, b = _as_pair(a, b)
            except TypeError:
                if (y := _by_other(a, b, cls.reflected)) is NotImplemented:
                    raise
                return y
            p = a._data
            q = b._data
        if type(p) is not type(q):  # two NumPy scalars add in 40 ns, one and a 0-d array in 250
            if type(p) is _array and p.ndim == 0:
                p = p[()]
            if type(q) is _array and q.ndim == 0:
                q = q[()]
        y = _new(Variable)
        y._data = compute(p, q)
        y._grad = None
        y._creator = f
        y._a = a
        y._b = b
        y._number = next(numbers)  # 7 ns less than next_number()
        y._mark = None
        if modes.paused and not recording():
            y._creator = y._a = y._b = None
        return y

    return apply


def _by_other(a: Any, b: Any, reflected: str) -> Any:
    """What `b`, of a class that knows Variables, makes of `a` by its reflected operator."""
    if isinstance(b, np.ndarray | list | tuple | Variable):
        return NotImplemented
    method = getattr(type(b), reflected, None)
    return NotImplemented if method is None else method(b, a)


def _as_pair(a: Any, b: Any) -> tuple[Variable, ...]:
    """Both as Variables; a Python number beside double precision, the usual case, 2 us sooner."""
    x, number = (a, b) if isinstance(a, Variable) else (b, a)
    usual = type(number) in (float, int) and isinstance(x, Variable)
    if usual and x._with_data().dtype == _FLOAT64:
        constant = Variable(None)
        constant._data = np.array(number, _FLOAT64) if x._data.ndim else np.float64(number)
        return (a, constant) if x is a else (constant, b)
    return as_variables((a, b))


def applied(f: Operation, x: Any) -> Any:
    """Apply `f` inside a rule, whatever `x` is: recorded on a Variable, else computed alone."""
    return record(f, x) if isinstance(x, Variable) else f.forward(np.asarray(x))


def values(x: Any) -> Any:
    """The array of a Variable, for what has no derivative: conditions, places, counts."""
    return x._array if isinstance(x, Variable) else x


def record(f: Operation, x: Any, *others: Any) -> Variable:
    """Apply `f`, which holds the parameters of this one call, to `x` and the other inputs."""
    if others or (replaced and type(f) in replaced):
        return f(x, *others)  # type: ignore[no-any-return]
    try:
        p = x._data
    except AttributeError:
        (x,) = as_variables((x,))
        p = x._data
    y = _new(Variable)
    y._data = f.forward(p if type(p) is _array else np.asarray(p))
    y._grad = None
    y._creator = f
    y._a = x
    y._b = None
    y._number = next(numbers)
    y._mark = None
    if modes.paused and not recording():
        y._creator = y._a = None
    return y
