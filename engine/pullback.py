"""The reverse walk on values of any order: gradients are returned, and no Variable is touched.

The walk of backprop.py is for one purpose, `.grad` at first order, and fast. This one serves the
rest: with `graph` it computes on Variables, so that what it returns can be differentiated again.
Rules are the same: written in NumPy's notation, they take arrays and Variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import modes
from .backprop import call_rule, described, refuse_late_creators, rule_of, vjp
from .debugging import compare
from .function import Function, Operation
from .kept_state import where_kept
from .modes import replaced, watched
from .variable import OPERATIONS, Variable


class SecondOrderError(TypeError):
    """A user's Function whose backward cannot be differentiated itself."""


class Call(NamedTuple):
    """One recorded call: `ys = f(*xs)`."""

    number: int
    f: Any
    xs: tuple[Variable, ...]
    ys: tuple[Variable, ...]


def calls_below(ys: Sequence[Variable], since: int = -1) -> list[Call]:
    """Return the calls recorded after number `since` that `ys` come from, the oldest first."""
    seen: set[int] = set()
    calls = []
    waiting = list(ys)
    while waiting:
        y = waiting.pop()
        if y._creator is None or y._number <= since or id(y) in seen:
            continue
        seen.add(id(y))
        call = _call_of(y)
        if id(call.f) not in seen:
            calls.append(call)
            waiting += call.xs
            if y._a is None:  # a Function of several outputs is one call
                seen.add(id(call.f))
    calls.sort(key=lambda call: call.number)
    if modes.adopted:
        for call in calls:
            refuse_late_creators(call.number, call.xs)
    return calls


def _call_of(y: Variable) -> Call:
    """The call that made `y`, from the record or from the Function itself."""
    if y._a is not None and not (replaced and type(y._creator) in replaced):
        return Call(y._number, y._creator, (y._a,) if y._b is None else (y._a, y._b), (y,))
    f: Any = y.creator
    return Call(f._number, f, f.inputs, f.outputs)


def pullback(
    ys: Sequence[Variable],
    y_bars: Sequence[Any],
    *,
    since: int = -1,
    graph: bool = False,
    keep: bool = False,
) -> Iterator[tuple[Variable, Any]]:
    """Yield each Variable that `ys` were computed from, back to number `since`, and its cotangent.

    y_bars: the cotangents of `ys`, in their shapes and dtypes: Variables if `graph`, else arrays.
    keep: whether those in between are yielded too, not only those that the walk ends at.
    """
    bars: dict[int, tuple[Variable, Any]] = {}
    for y, y_bar in zip(ys, y_bars, strict=True):
        _add(bars, y, y_bar)
    for call in reversed(calls_below(ys, since)):
        reached = [bars[id(y)][1] if id(y) in bars else None for y in call.ys]
        if any(y_bar is not None for y_bar in reached):
            for x, x_bar in zip(call.xs, _gradients(call, reached, graph), strict=True):
                _add(bars, x, x_bar)
        if not keep:
            for y in call.ys:
                bars.pop(id(y), None)
    yield from bars.values()


def _add(bars: dict[int, tuple[Variable, Any]], x: Variable, x_bar: Any) -> None:
    if x_bar is not None:
        earlier = bars.get(id(x))
        bars[id(x)] = (x, x_bar if earlier is None else earlier[1] + x_bar)


def _gradients(call: Call, y_bars: list[Any], graph: bool) -> Sequence[Any]:
    """The gradients of one call's inputs, each of the input's shape and dtype, or None."""
    if call.f._witness is not None:
        compare(call.f)
    if has_own_rule(call.f):
        gys = tuple([_filled(y_bar, y, graph) for y_bar, y in zip(y_bars, call.ys, strict=True)])
        return users_gradients(call, gys) if graph else call_rule(call.f, gys)
    try:
        if graph:
            return gradients(call.f, y_bars[0], call.ys[0], call.xs)
        return vjp(call.f, y_bars[0], call.ys[0]._data, tuple([x._data for x in call.xs]))
    except Exception as error:
        error.add_note(f"in the rule of {described(call.f, call.xs, [call.ys[0]._data])}")
        raise


def has_own_rule(f: Any) -> bool:
    """Whether `f` is differentiated by a `backward` that is not the engine's."""
    return not isinstance(f, Operation) or type(f).backward is not Operation.backward


def _filled(y_bar: Any, y: Variable, graph: bool) -> Any:
    """A cotangent for a user's rule: zeros where none arrived; an array is a copy."""
    if y_bar is None:
        y_bar = np.zeros(y.shape, y.dtype)
        return Variable(y_bar) if graph else y_bar
    return y_bar if graph else np.array(y_bar)


def gradients(f: Operation, gy: Variable, y: Any, xs: Sequence[Any]) -> list[Variable | None]:
    """The rule of `f` on Variables; `y` and `xs` may be arrays, which then count as constants."""
    gxs = rule_of(f, gy)(gy, y, *xs)
    pairs = zip(gxs if isinstance(gxs, tuple) else (gxs,), xs, strict=True)
    return [_fitted(gx, x) for gx, x in pairs]


def _fitted(gx: Any, x: Any) -> Variable | None:
    """`gx` as a gradient of `x`, as `backprop.fit` makes it of arrays."""
    kind = x.dtype.kind
    if gx is None or kind not in "fc":
        return None
    gx = gx if isinstance(gx, Variable) else Variable(np.array(gx))
    if gx.shape != x.shape:
        gx = OPERATIONS["sum_to"](gx, x.shape)
    if gx.dtype != x.dtype:
        gx = OPERATIONS["real"](gx) if kind == "f" and gx.dtype.kind == "c" else gx
        gx = OPERATIONS["astype"](gx, x.dtype)
    return gx  # type: ignore[no-any-return]


def users_gradients(call: Call, gys: tuple[Variable, ...]) -> list[Variable | None]:
    """A user's rule on Variables; SecondOrderError where its result would be wrong at order two."""
    f = call.f
    try:
        with watched() as reads:
            gxs = _backward_on_variables(f, gys)
        _refuse_lost_graph(call, gys, reads)
        gxs = gxs if isinstance(gxs, tuple) else (gxs,)
        if len(gxs) != len(call.xs):
            raise ValueError(f"{len(gxs)} gradients were returned for {len(call.xs)} inputs")
        return [_shaped(gx, x, call) for gx, x in zip(gxs, call.xs, strict=True)]
    except Exception as error:
        error.add_note(f"in the backward of {described(f, f.inputs, f._results)}, on Variables")
        raise


def _backward_on_variables(f: Function, gys: tuple[Variable, ...]) -> Any:
    """`f.backward`; a Variable refuses what would lose the graph: gx[index] = gy, np.add.at."""
    try:
        return f.backward(*gys)
    except TypeError as error:
        raise SecondOrderError(
            f"{type(f).__name__} has no second derivative: its backward takes arrays only "
            f"({error}). {_WAY_OUT}"
        ) from error


_WAY_OUT = (
    "Compute with the Variables self.inputs, self.outputs and gy themselves "
    "(self.inputs[0] * gy), in NumPy's notation"
)


def _shaped(gx: Any, x: Variable, call: Call) -> Variable | None:
    shapes = (x.shape, call.ys[0].shape) if call.f._broadcasts else (x.shape,)
    if gx is not None and np.shape(gx) not in shapes:
        raise ValueError(
            f"{type(call.f).__name__}.backward returned a gradient of shape {np.shape(gx)} "
            f"for an input of shape {x.shape}"
        )
    return _fitted(gx, x)


def _refuse_lost_graph(call: Call, gys: tuple[Variable, ...], reads: list[Any]) -> None:
    """The derivative of a rule that computes on plain arrays would lack a part, in silence."""
    f, name = call.f, type(call.f).__name__
    lost = {id(x) for x in (*call.xs, *call.ys, *gys) if x.dtype.kind in "fc"}
    if any(id(x) in lost for x in reads):
        raise SecondOrderError(
            f"{name} has no second derivative: its backward reads .data, where the graph ends. "
            + _WAY_OUT
        )
    if kept := where_kept(f):
        raise SecondOrderError(
            f"{name} has no second derivative: its backward uses {kept}, which forward "
            f"computed on plain arrays, where the graph ends. {_WAY_OUT}"
        )
