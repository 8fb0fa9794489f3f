"""The reverse walk, and the one place between a derivative rule and `.grad`.

`Variable` slots are read and written here without its properties: this is the hot path. Inside a
pass a scalar is a NumPy scalar (an operation on it takes half the time of one on a 0-d array), and
one array may serve several Variables as their gradient; `Variable.grad` makes an array of its own
of either when somebody asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import modes
from .debugging import compare
from .modes import replaced

if TYPE_CHECKING:
    from .function import Function, Operation
    from .variable import Variable

_FLOAT64 = np.dtype(np.float64)
_by_number = attrgetter("_number")


class Seen:
    """One pass's mark on a Variable that it reached: the gradient array may be shared."""

    __slots__ = ()


class Owned:
    """One pass's mark on a Variable whose gradient array it made itself: nobody else holds it."""

    __slots__ = ()


def backpropagate(root: Variable, start: Any, retain_grad: bool) -> None:
    """Add to every leaf below `root` its share of the gradient, `start` being the one of `root`."""
    order, siblings = _collect(root, Seen())
    if replaced:
        _honour_replaced_rules(order)
    root._grad = start
    _propagate(order, siblings, Owned(), root, retain_grad)


def _collect(root: Variable, seen: Seen) -> tuple[list[Variable], dict[int, list[Variable]]]:
    """The Variables below `root` that have a creator, users first, their old gradients dropped.

    Also the outputs reached of each Function with several. A mark of this pass costs
    15 ns where a set costs 60; going straight ahead touches no stack; and only a walk that branched
    is sorted: an output's creation number is above its inputs', which makes the order topological.
    """
    root._mark = seen
    order: list[Variable] = []
    siblings: dict[int, list[Variable]] = {}
    waiting: list[Variable] = []
    append = order.append
    branched = False
    y: Any = root
    while True:
        append(y)
        a = y._a
        if a is None:
            if len(y._creator._references) > 1:
                siblings.setdefault(id(y._creator), []).append(y)
            waiting += _unseen_inputs(y._creator, seen)
            y = None
        else:
            b = y._b
            y = None
            if a._mark is not seen:
                a._mark = seen
                if a._creator is not None:
                    a._grad = None
                    y = a
            if b is not None and b._mark is not seen:
                b._mark = seen
                if b._creator is not None:
                    b._grad = None
                    if y is None:
                        y = b
                    else:
                        waiting.append(b)
        if y is None:
            if not waiting:
                break
            y = waiting.pop()
            branched = True
    if branched:
        order.sort(key=_by_number, reverse=True)
        if modes.adopted:
            for y in order:
                inputs = y._creator.inputs if y._a is None else (y._a, y._b)
                refuse_late_creators(y._number, inputs)
    return order, siblings


def refuse_late_creators(number: int, inputs: Sequence[Variable | None]) -> None:
    """Raise where an input of the call `number` got its creator later: the order is lost."""
    for x in inputs:
        if x is not None and x._creator is not None and x._number >= number:
            raise RuntimeError(
                f"a Variable, {x.shape} {x.dtype}, was used before set_creator gave it a creator, "
                f"{type(x._creator).__name__}: call set_creator first"
            )


def _unseen_inputs(f: Function, seen: Seen) -> list[Variable]:
    """The inputs of `f` that have a creator and are new to this pass, now marked."""
    unseen = []
    for x in f.inputs:
        if x._mark is not seen:
            x._mark = seen
            if x._creator is not None:
                x._grad = None
                unseen.append(x)
    return unseen


def _honour_replaced_rules(order: list[Variable]) -> None:
    """Have the walk call the `backward` that was planted after an operation was recorded."""
    for y in order:
        if type(y._creator) in replaced:
            _ = y.creator  # reading it makes the Function, whose backward the walk then calls


def _propagate(
    order: list[Variable],
    siblings: dict[int, list[Variable]],
    owned: Owned,
    root: Variable,
    retain_grad: bool,
) -> None:
    """Call the rule of each Variable in `order` and add what it returns to its inputs.

    Longer than a function should be: a call for each input would cost a third of the time on
    scalars. The first gradient of an input is assigned, the second makes a new array, which this
    pass then owns and adds to in place: only there can no one else notice. In place on a single
    element takes 1000 ns where `+` takes 150.
    """
    add = np.add
    float64 = np.float64
    array = np.ndarray
    scalar = None  # the data of the last leaf found to be a float64 of no axes: looked at once
    y = order[0]
    try:
        for y in order:
            gy = y._grad
            a = y._a
            if a is None:
                _propagate_call(y, siblings, owned)
            elif gy is not None:
                f = y._creator
                p = a._data
                b = y._b
                if type(gy) is not float64 and gy.dtype is not _FLOAT64 and gy.dtype.kind == "c":
                    f = _Conjugated(f)
                if b is None:
                    gx = f.rule(gy, y._data, p)
                else:
                    gx, gb = f.rule(gy, y._data, p, b._data)
                    q = b._data
                    if type(gb) is float64:
                        if type(q) is not float64 and q is not scalar:
                            if q.ndim or q.dtype is not _FLOAT64:
                                gb = fit(gb, q)
                            else:
                                scalar = q
                    elif (
                        type(gb) is not array
                        or type(q) is not array
                        or gb.dtype is not q.dtype
                        or gb.shape != q.shape
                    ):
                        gb = fit(gb, q)
                    g = b._grad
                    if g is None:
                        b._grad = gb
                    elif gb is None:
                        pass
                    elif b._mark is owned and type(g) is array and g.size > 1:
                        add(g, gb, g)
                    else:
                        b._grad = g + gb
                        b._mark = owned
                if type(gx) is float64:
                    if type(p) is not float64 and p is not scalar:
                        if p.ndim or p.dtype is not _FLOAT64:
                            gx = fit(gx, p)
                        else:
                            scalar = p
                elif (
                    type(gx) is not array
                    or type(p) is not array
                    or gx.dtype is not p.dtype
                    or gx.shape != p.shape
                ):
                    gx = fit(gx, p)
                g = a._grad
                if g is None:
                    a._grad = gx
                elif gx is None:
                    pass
                elif a._mark is owned and type(g) is array and g.size > 1:
                    add(g, gx, g)
                else:
                    a._grad = g + gx
                    a._mark = owned
            if not retain_grad and y is not root:
                y._grad = None
    except Exception as error:
        if y._a is not None:  # a Function called by `_propagate_call` has had its note
            error.add_note(f"in the rule of {described(y._creator, (y._a, y._b), (y._data,))}")
        raise


def _propagate_call(y: Variable, siblings: dict[int, list[Variable]], owned: Owned) -> None:
    """The same for a Function that is called through its own `backward`, as a user's is."""
    f: Any = y._creator
    several = len(f._references) > 1
    reached = siblings.pop(id(f), []) if several else [y]  # [] after the first of several
    for x, gx in zip(f.inputs, f._pull(reached), strict=False):
        if gx is not None:
            g = x._grad
            x._grad = gx if g is None else g + gx
            if g is not None or f._fresh:
                x._mark = owned


def call_rule(f: Function, gys: tuple[Any, ...]) -> list[Any]:
    """`f.backward(*gys)` with each gradient fitted to its input; any trouble names `f`."""
    if f._witness is not None:
        compare(f)
    try:
        gxs = f.backward(*gys)
        gxs = gxs if isinstance(gxs, tuple) else (gxs,)
        if len(gxs) != len(f.inputs):
            raise ValueError(f"{len(gxs)} gradients were returned for {len(f.inputs)} inputs")
        return [_checked(gx, x, f) for gx, x in zip(gxs, f.inputs, strict=True)]
    except Exception as error:
        error.add_note(f"in the backward of {described(f, f.inputs, f._results)}")
        raise


def _checked(gx: Any, x: Variable, f: Function) -> Any:
    """`gx` fitted to `x`, whose shape it must have; an elementwise rule may give the output's.

    Never an array that the rule holds: it may change that before anybody reads the gradient.
    """
    gx = getattr(gx, "_data", gx)  # a rule written in Variables
    shapes = (x.shape, f._results[0].shape) if f._broadcasts else (x.shape,)
    if gx is not None and np.shape(gx) not in shapes:
        raise ValueError(
            f"{type(f).__name__}.backward returned a gradient of shape {np.shape(gx)} "
            f"for an input of shape {x.shape}"
        )
    fitted = fit(gx, x._data)
    alone = fitted is None or (fitted is not gx and fitted.base is None)
    return fitted if alone else np.array(fitted)


def vjp(f: Operation, gy: Any, y: Any, xs: tuple[Any, ...]) -> list[Any]:
    """The gradients of `xs` for the cotangent `gy` of `y`, each as `fit` leaves it."""
    gxs = rule_of(f, gy)(gy, y, *xs)
    return [fit(gx, x) for gx, x in zip(gxs if isinstance(gxs, tuple) else (gxs,), xs, strict=True)]


def rule_of(f: Any, gy: Any) -> Any:
    """The rule of `f` for the cotangent `gy`, be it real or complex."""
    return _Conjugated(f).rule if gy.dtype.kind == "c" else f.rule


class _Conjugated:
    """A rule for complex numbers, made of one that is written for real ones.

    The gradient of a real L is dL/da + i dL/db, hence gx = conj(f'(x)) gy for a holomorphic f,
    which is conj(f'(x) conj(gy)): the rule itself between two conjugations.
    """

    __slots__ = ("_rule",)

    def __init__(self, f: Any) -> None:
        self._rule = f.rule

    def rule(self, gy: Any, y: Any, *xs: Any) -> Any:
        gxs = self._rule(np.conj(gy), y, *xs)
        if not isinstance(gxs, tuple):
            return np.conj(gxs)
        return tuple([None if gx is None else np.conj(gx) for gx in gxs])


def fit(gx: Any, x: Any) -> Any:
    """`gx` as a gradient of the array `x`: of its shape and dtype, real where `x` is, or None.

    Broadcast axes are summed back, here and nowhere else. Integers and booleans have no gradient.
    """
    kind = x.dtype.kind
    if gx is None or kind not in "fc":
        return None
    gx = sum_back(np.asarray(gx), x.shape)
    if gx.dtype != x.dtype:
        gx = (gx.real if kind == "f" else gx).astype(x.dtype)
    return gx if gx.ndim else gx[()]


def sum_back(g: Any, shape: tuple[int, ...]) -> Any:
    """`g` summed over the axes along which something of `shape` was broadcast to it."""
    if g.shape == shape:
        return g
    lead = g.ndim - len(shape)
    stretched = tuple(i for i, n in enumerate(shape, lead) if n == 1)
    axes = tuple(range(lead)) + stretched
    return np.add.reduce(g, axis=axes, keepdims=True).reshape(shape)  # g.sum, 1 us less


def described(f: Any, inputs: tuple[Any, ...], results: Sequence[Any]) -> str:
    """`Exp: (3,) float64 -> (3,) float64`."""

    def kinds(arrays: list[Any]) -> str:
        return ", ".join(f"{x.shape} {x.dtype}" for x in arrays)

    xs = [x._data for x in inputs if x is not None]
    text = f"{type(f).__name__}: {kinds(xs)}"
    return f"{text} -> {kinds(list(results))}" if results else text
