"""Whether the backward of a user's Function computes with what its forward kept.

What forward computes on arrays is a constant in the derivative of backward, wherever it is kept: on
`self`, in an object or a closure, in a global. So nobody looks for it: backward is called at inputs
moved a little, once after forward at these, once after forward where they were.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .debugging import OF_THE_CALL
from .variable import Variable, as_array


def where_kept(f: Any) -> str:
    """Return where forward kept what the backward of `f` uses, in words; empty if nowhere."""
    # A branch (a mask at 0, the first of equal entries) turns in one of two opposite moves, what
    # depends on the inputs in both.
    turned = [entries for sign in (1, -1) if (entries := _turned(f, sign)) is not None]
    if turned and not any(map(np.any, map(np.logical_and, turned[0], turned[-1]))):
        return ""
    names = " or ".join(f"self.{name}" for name in _assigned(f))
    return names or ("what it shares with forward" if turned else "")


def _turned(f: Any, sign: int) -> list[Any] | None:
    """Where backward's gradients differ with what was kept; None outside of the domain."""
    xs = [x._array for x in f.inputs]
    moved = [_moved(x, sign) for x in xs]
    try:
        with np.errstate(all="ignore"):
            fresh, ys = _called(f, moved)
            right = _gradients(fresh, moved, ys)
            stale, _ = _called(f, xs)  # last: what is not copied is again as it was
            return list(map(_differing, right, _gradients(stale, moved, ys)))
    except Exception:  # a user's code, which may raise anything beyond its domain
        return None


def _moved(x: Any, sign: int) -> Any:
    """`x` with each entry moved by another part of it, the first by the largest."""
    if x.dtype.kind not in "fc":
        return x
    parts = 2 - np.sqrt(np.arange(x.size) / max(x.size, 1)).reshape(x.shape)
    step = sign * np.sqrt(np.finfo(x.dtype).eps) * parts
    return np.asarray(x + step * np.where(x == 0, 1, x), x.dtype)


def _called(f: Any, xs: list[Any]) -> tuple[Any, tuple[Any, ...]]:
    """A copy of `f`, with copies of what it holds, after forward(*xs), and what that returned."""
    probe = copy.copy(f)
    same: dict[int, Any] = {id(f): probe} | {id(x): x for x in (*f.inputs, *f._living_outputs())}
    for name in vars(f).keys() - OF_THE_CALL:
        vars(probe)[name] = _copied(vars(f)[name], same)
    ys = _forward(probe, xs)
    return probe, ys if isinstance(ys, tuple) else (ys,)


def _forward(f: Any, xs: list[Any]) -> Any:
    """`f.forward`, each time with the same random numbers, which are as if it was not called."""
    state = np.random.get_state()  # noqa: NPY002 - what forwards of users draw from
    try:
        return f.forward(*xs)
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _copied(value: Any, same: dict[int, Any]) -> Any:
    try:
        return copy.deepcopy(value, same)
    except Exception:  # a lock, a file, a graph: shared
        return value


def _gradients(f: Any, xs: list[Any], ys: tuple[Any, ...]) -> tuple[Any, ...]:
    """What backward returns for a call of these inputs and outputs, in arrays."""
    f.inputs = tuple(map(Variable, xs))
    f.outputs = tuple([Variable(as_array(y)) for y in ys])
    gxs = f.backward(*[Variable(_pattern(as_array(y))) for y in ys])
    gxs = gxs if isinstance(gxs, tuple) else (gxs,)
    return tuple([as_array(gx._array if isinstance(gx, Variable) else gx) for gx in gxs])


def _pattern(y: Any) -> Any:
    """A cotangent of `y` without zeros."""
    numbers = 1 + np.sqrt(np.arange(y.size)).reshape(y.shape)
    return np.asarray(numbers * (1 + 1j) if y.dtype.kind == "c" else numbers).astype(y.dtype)


def _differing(a: Any, b: Any) -> Any:
    return (a != b) & ((a == a) | (b == b))  # NaN is as good as NaN


def _assigned(f: Any) -> list[str]:
    """The attributes that forward assigns; of one that cannot be called, all that may be values."""
    probe = copy.copy(f)
    before = dict(vars(probe))
    try:
        _forward(probe, [x._array for x in f.inputs])
    except Exception:  # a user's code, as above
        names = [name for name in before if name not in OF_THE_CALL]
        return [k for k in names if not isinstance(before[k], bool | int | str | None)]
    return [k for k, value in vars(probe).items() if value is not before.get(k)]
