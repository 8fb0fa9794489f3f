"""Derivatives of functions, as functions: combinations of the reverse walk and the tangent walk.

A function takes Variables and is written as for `backward()`. Arrays and numbers given to a
transform give arrays; where a Variable is given, or inside a function that another transform
differentiates, the results are Variables that can be differentiated again. So transforms nest, to
any depth: `hessian` is `jacobian(grad(f))`, forward over reverse is `jvp(grad(f), ...)`.
No `.grad` is read or written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .forward_mode import pushforward
from .function import next_number
from .modes import nested, recording, tracing
from .pullback import pullback
from .refusals import require_derivatives
from .variable import OPERATIONS, Variable, as_array

ArgNums = int | tuple[int, ...]


class _Trace:
    """One run of a function on Variables of its own, from which both walks can start."""

    def __init__(self, f: Callable[..., Any], primals: Sequence[Any], given: Sequence[Any] = ()):
        self.variables = nested() or any(isinstance(v, Variable) for v in (*primals, *given))
        self.graph = self.variables and recording()
        with tracing():
            self.xs = [self._input(x) for x in primals]
            self.since = next_number()
            ys = f(*self.xs)
            self.several = isinstance(ys, tuple | list)
            self.ys = [_variable(y) for y in (ys if self.several else (ys,))]

    def _input(self, x: Any) -> Variable:
        """A new Variable of the same values; what is done to it is told from what was done to x."""
        if isinstance(x, Variable) and self.graph:
            return OPERATIONS["copy"](x)  # type: ignore[no-any-return]
        return Variable(_array(x))

    def pull(self, y_bars: Sequence[Any], graph: bool) -> list[Any]:
        """The cotangents of the inputs, None for integers and booleans."""
        with tracing():
            roots = [(y, g) for y, g in zip(self.ys, y_bars, strict=True) if g is not None]
            walk = pullback(*zip(*roots, strict=True), since=self.since, graph=graph)
            bars = {id(x): x_bar for x, x_bar in (walk if roots else ())}
        due = [x.dtype.kind in "fc" for x in self.xs]
        return [
            self.result(_filled(bars.get(id(x)), x), graph) if is_due else None
            for x, is_due in zip(self.xs, due, strict=True)
        ]

    def push(self, x_dots: Sequence[Any]) -> list[Any]:
        """The tangents of the outputs."""
        with tracing():
            y_dots = pushforward(self.ys, self.xs, x_dots, since=self.since, graph=self.graph)
        return [self.result(_filled(d, y)) for d, y in zip(y_dots, self.ys, strict=True)]

    def result(self, value: Any, variable: bool = False) -> Any:
        """A Variable or an array, whichever this run was asked for; nobody else holds it."""
        if self.variables or variable:
            return value if isinstance(value, Variable) else Variable(np.array(value))
        return np.array(value._array if isinstance(value, Variable) else value)

    def results(self) -> Any:
        """The outputs of the function, as it returned them: one or a tuple."""
        ys = tuple([self.result(y) for y in self.ys])
        return ys if self.several else ys[0]


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., tuple[Any, ...]]]:
    """Return f(*primals) and its pullback, y_bar -> J^T y_bar.

    f: takes Variables, returns one or a tuple of them.
    primals: arrays, numbers or Variables.
    The pullback takes one cotangent for each output, in its shape, and returns a tuple with one for
    each primal, in its shape and dtype (None for integers). It can be called many times.

    >>> y, pullback = vjp(lambda a, b: a * b, 2.0, 3.0)
    >>> pullback(10.0)
    (array(30.), array(20.))
    """
    trace = _Trace(f, primals)

    def pullback(*y_bars: Any) -> tuple[Any, ...]:
        graph = _graph_with(trace, y_bars)
        return tuple(trace.pull(_like(trace.ys, y_bars, "cotangent", graph), graph))

    return trace.results(), pullback


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """Return f(*primals) and its derivative along `tangents`, J x_dot, by forward mode.

    f: takes Variables, returns one or a tuple of them.
    primals, tangents: an array, or tuples of arrays of the same shapes; None is a tangent of zeros.
    The derivative is one array, or a tuple, as f returns it.

    >>> jvp(lambda x: x * x, np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    (array([1., 4.]), array([ 2., 40.]))
    """
    primals, tangents = _tuple(primals), _tuple(tangents)
    trace = _Trace(f, primals, tangents)
    y_dots = tuple(trace.push(_like(trace.xs, tangents, "tangent", trace.graph)))
    return trace.results(), y_dots if trace.several else y_dots[0]


def value_and_grad(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., tuple[Any, Any]]:
    """Return the function of f's arguments whose result is the pair f(...), gradient.

    f: returns one number, a Variable of shape ().
    argnums: the position of the argument to differentiate by, or a tuple of positions, which makes
        the gradient a tuple.

    >>> value_and_grad(lambda x: sum(x * x))(np.array([1.0, 2.0]))
    (array(5.), array([2., 4.]))
    """

    def both(*args: Any) -> tuple[Any, Any]:
        trace = _Trace(*_of_arguments(f, argnums, args))
        if trace.several or trace.ys[0].shape:
            what = "several outputs" if trace.several else f"an output of shape {trace.ys[0].shape}"
            raise ValueError(
                f"the gradient of {what}: sum it to one number, or use vjp or jacobian"
            )
        start: Any = as_array(trace.ys[0]._start(None))
        gradients = trace.pull([Variable(start) if trace.graph else start], trace.graph)
        return trace.results(), _as_asked(argnums, gradients)

    return both


def grad(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """Return the function of f's arguments that computes the gradient of f.

    The arguments are those of `value_and_grad`.

    >>> grad(lambda x: x**3)(2.0)
    array(12.)
    >>> grad(grad(lambda x: x**3))(2.0)
    array(12.)
    """
    both = value_and_grad(f, argnums)
    return lambda *args: both(*args)[1]


def jacobian(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """Return the function of f's arguments that computes dy[i] / dx[j], of shape y.shape + x.shape.

    f: returns one Variable, or a tuple of them, which makes the result a tuple.
    argnums: as in `value_and_grad`; a tuple makes the result (of each output) a tuple.
    One pullback an output entry, or one tangent an input entry, whichever are fewer. A complex
    input or output takes holomorphic functions only.

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    def entries(*args: Any) -> Any:
        trace = _Trace(*_of_arguments(f, argnums, args))
        for x in trace.xs:
            require_derivatives(x)
        fewer_inputs = sum(x.size for x in trace.xs) < sum(y.size for y in trace.ys)
        table = _by_tangents(trace) if fewer_inputs else _by_cotangents(trace)
        rows = tuple([_as_asked(argnums, row) for row in table])
        return rows if trace.several else rows[0]

    return entries


def hessian(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """Return the function of f's arguments that computes its second derivatives.

    f: returns one number. The result has the shape x.shape + x.shape; a tuple of positions as
    `argnums` makes it a tuple of tuples.

    >>> hessian(lambda x: sum(x**3))(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """Return the Hessian of f times `tangents`, forward over reverse.

    f: returns one number. primals, tangents: an array, or tuples of arrays of the same shapes; the
    result is an array, or a tuple of arrays, accordingly.

    >>> hvp(lambda x: sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """
    single = not isinstance(primals, tuple | list)
    argnums = 0 if single else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


def _by_cotangents(trace: _Trace) -> list[list[Any]]:
    """For each output a list with the Jacobian by each input, row by row."""
    table = []
    for k, y in enumerate(trace.ys):
        rows = []
        for unit in _units(y):
            y_bars: list[Any] = [None] * len(trace.ys)
            y_bars[k] = Variable(unit) if trace.graph else unit
            rows.append(trace.pull(y_bars, trace.graph))
        columns = zip(*rows, strict=True) if rows else [[] for _ in trace.xs]
        pairs = zip(columns, trace.xs, strict=True)
        table.append([_stacked(trace, c, y.shape + x.shape, y, x) for c, x in pairs])
    return table


def _by_tangents(trace: _Trace) -> list[list[Any]]:
    """The same, column by column."""
    table: list[list[Any]] = [[] for _ in trace.ys]
    for i, x in enumerate(trace.xs):
        columns = []
        for unit in _units(x):
            x_dots: list[Any] = [None] * len(trace.xs)
            x_dots[i] = Variable(unit) if trace.graph else unit
            columns.append(trace.push(x_dots))
        for k, y in enumerate(trace.ys):
            found = _stacked(trace, [c[k] for c in columns], x.shape + y.shape, x, y)
            axes = (*range(x.ndim, x.ndim + y.ndim), *range(x.ndim))
            table[k].append(found.transpose(axes))
    return table


def _stacked(
    trace: _Trace, rows: Sequence[Any], shape: tuple[int, ...], by: Variable, of: Variable
) -> Any:
    """The rows, one for each entry of `by`, as one array of `shape`."""
    if not rows or rows[0] is None:
        return trace.result(np.zeros(shape, of.dtype))
    if trace.variables:
        return OPERATIONS["stack"](rows).reshape(shape)
    return np.stack(rows).reshape(shape)


def _units(x: Variable) -> list[Any]:
    return list(np.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape))


def _of_arguments(
    f: Callable[..., Any], argnums: ArgNums, args: tuple[Any, ...]
) -> tuple[Callable[..., Any], list[Any], list[Any]]:
    """`f` as a function of the arguments at `argnums`, those, and the others."""
    chosen = argnums if isinstance(argnums, tuple) else (argnums,)
    places = [range(len(args))[n] for n in chosen]

    def of_chosen(*xs: Any) -> Any:
        changed = dict(zip(places, xs, strict=True))
        return f(*[changed.get(i, arg) for i, arg in enumerate(args)])

    return of_chosen, [args[i] for i in places], list(args)


def _as_asked(argnums: ArgNums, results: Sequence[Any]) -> Any:
    return tuple(results) if isinstance(argnums, tuple) else results[0]


def _graph_with(trace: _Trace, y_bars: Sequence[Any]) -> bool:
    """Whether a pullback's result is to be differentiated, by its primals or its cotangents."""
    given = trace.variables or nested() or any(isinstance(g, Variable) for g in y_bars)
    return given and recording()


def _filled(g: Any, x: Variable) -> Any:
    return np.zeros(x.shape, x.dtype) if g is None else g


def _like(xs: list[Variable], given: Sequence[Any], what: str, graph: bool) -> list[Any]:
    """Cotangents or tangents in the shapes and dtypes of `xs`; None for what has no derivative."""
    if len(given) != len(xs):
        raise TypeError(f"{len(given)} {what}s were given for {len(xs)} arrays")
    found: list[Any] = []
    for g, x in zip(given, xs, strict=True):
        if g is None or x.dtype.kind not in "fc":
            found.append(None)
        elif isinstance(g, Variable) and graph and (g.shape, g.dtype) == (x.shape, x.dtype):
            found.append(g)
        else:
            g = x._cotangent(g, what)
            found.append(Variable(g) if graph else g)
    return found


def _tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, tuple | list) else (values,)


def _variable(y: Any) -> Variable:
    return y if isinstance(y, Variable) else Variable(as_array(y))


def _array(x: Any) -> Any:
    return np.array(x._array if isinstance(x, Variable) else x)
