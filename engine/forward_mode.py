"""The tangent walk: through the recorded graph from the inputs to the outputs.

No operation has a second rule for it. An elementwise operation's partial derivatives serve both
modes, a linear operation is its own derivative, and of any other the rule is transposed: being
linear in the cotangent, gy -> J^T gy has a vector-Jacobian product itself, x_dot -> J x_dot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .backprop import call_rule
from .function import next_number
from .modes import tracing
from .pullback import (
    Call,
    calls_below,
    gradients,
    has_own_rule,
    pullback,
    users_gradients,
)
from .variable import OPERATIONS, Variable, as_array


def pushforward(
    ys: Sequence[Variable],
    xs: Sequence[Variable],
    x_dots: Sequence[Any],
    *,
    since: int = -1,
    graph: bool = False,
) -> list[Any]:
    """Return the tangents of `ys` for those of `xs`; None where nothing moves.

    x_dots: in the shapes and dtypes of `xs`, None for one at rest: Variables if `graph`, else
        arrays, and so is what is returned.
    since: the number that the calls to walk through are above.
    """
    dots = {id(x): x_dot for x, x_dot in zip(xs, x_dots, strict=True) if x_dot is not None}
    calls = calls_below(ys, since)  # held here: an id stays one Variable's
    for call in calls:
        moving = tuple([dots.get(id(x)) for x in call.xs])
        if any(x_dot is not None for x_dot in moving):
            for y, y_dot in zip(call.ys, _tangents(call, moving, graph), strict=True):
                if y_dot is not None and y.dtype.kind in "fc":
                    dots[id(y)] = _fitted(y_dot, y)
    return [dots.get(id(y)) for y in ys]


def _tangents(call: Call, x_dots: tuple[Any, ...], graph: bool) -> Sequence[Any]:
    if has_own_rule(call.f):
        return _of_users_rule(call, x_dots, graph)
    y, *xs = (call.ys[0], *call.xs) if graph else (v._data for v in (call.ys[0], *call.xs))
    if call.f._real_linear or not any(v.dtype.kind == "c" for v in (y, *xs)):
        y_dot = call.f.jvp(x_dots, y, *xs)
        if y_dot is not NotImplemented:
            return (y_dot,)
    return (_transposed(call, x_dots, graph),)


def _transposed(call: Call, x_dots: tuple[Any, ...], graph: bool) -> Any:
    """J x_dot, as the derivative of <J^T gy, x_dot> by gy."""
    y, *xs = (call.ys[0], *call.xs) if graph else (v._data for v in (call.ys[0], *call.xs))
    with tracing():
        gy, since = _cotangent(call.ys[0])
        gxs = gradients(call.f, gy, y, xs)
        return _by_cotangents([gy], since, gxs, x_dots, graph)[0]


def _cotangent(y: Variable) -> tuple[Variable, int]:
    """A cotangent of `y`, to differentiate by, and the number that what is made of it is above."""
    return Variable(np.zeros(y.shape, y.dtype)), next_number()


def _by_cotangents(
    gys: list[Variable],
    since: int,
    gxs: Sequence[Any],
    x_dots: tuple[Any, ...],
    graph: bool,
) -> list[Any]:
    pairs = zip(gxs, x_dots, strict=True)
    roots = [(gx, x_dot) for gx, x_dot in pairs if gx is not None and x_dot is not None]
    if not roots:
        return [None] * len(gys)
    found = pullback(*zip(*roots, strict=True), since=since, graph=graph)
    bars = {id(x): x_bar for x, x_bar in found}
    return [bars.get(id(gy)) for gy in gys]


def _of_users_rule(call: Call, x_dots: tuple[Any, ...], graph: bool) -> Sequence[Any]:
    """The rule transposed if it computes on Variables, else column by column."""
    if graph:
        return _of_rule_on_variables(call, x_dots, graph)
    try:
        return _of_rule_on_variables(call, x_dots, graph)
    except Exception:  # whatever its code cannot do with a Variable, it can with an array
        return _of_rule_on_arrays(call, x_dots)


def _of_rule_on_variables(call: Call, x_dots: tuple[Any, ...], graph: bool) -> Sequence[Any]:
    with tracing():
        gys = [Variable(np.zeros(y.shape, y.dtype)) for y in call.ys]
        since = next_number()
        if graph:
            gxs: Sequence[Any] = users_gradients(call, tuple(gys))
        else:
            gxs = call.f.backward(*gys)
            gxs = gxs if isinstance(gxs, tuple) else (gxs,)
            _all_of_variables(gxs, call)
        return _by_cotangents(gys, since, gxs, x_dots, graph)


def _all_of_variables(gxs: Sequence[Any], call: Call) -> None:
    """Raise where a gradient is an array: what it has of the cotangent would be lost."""
    for gx, x in zip(gxs, call.xs, strict=True):
        if gx is not None and (type(gx) is not Variable or gx.shape != x.shape):
            raise TypeError("not a Variable of the input's shape")
        if gx is not None and gx.dtype != x.dtype:
            raise TypeError("a gradient that has to be cast")


def _of_rule_on_arrays(call: Call, x_dots: tuple[Any, ...]) -> list[Any]:
    """<J^T e_j, x_dot> for each entry j of each output: as many calls of the rule."""
    y_dots = []
    for k, y in enumerate(call.ys):
        y_dot = np.zeros(y.shape, y.dtype)
        for unit in (1.0, 1j) if y.dtype.kind == "c" else (1.0,):
            for index in np.ndindex(y.shape):
                gys = [np.zeros(v.shape, v.dtype) for v in call.ys]
                gys[k][index] = unit
                y_dot[index] += unit * _projected(call_rule(call.f, tuple(gys)), x_dots)
        y_dots.append(y_dot)
    return y_dots


def _projected(gxs: Sequence[Any], x_dots: tuple[Any, ...]) -> Any:
    """Re sum conj(gx) x_dot over all inputs."""
    return sum(
        np.vdot(gx, x_dot).real
        for gx, x_dot in zip(gxs, x_dots, strict=True)
        if gx is not None and x_dot is not None
    )


def _fitted(y_dot: Any, y: Variable) -> Any:
    """`y_dot` in the shape and dtype of `y`."""
    if isinstance(y_dot, Variable):
        y_dot = y_dot if y_dot.shape == y.shape else OPERATIONS["broadcast_to"](y_dot, y.shape)
        return y_dot if y_dot.dtype == y.dtype else OPERATIONS["astype"](y_dot, y.dtype)
    y_dot = as_array(y_dot).astype(y.dtype, copy=False)
    return y_dot if y_dot.shape == y.shape else np.broadcast_to(y_dot, y.shape)
