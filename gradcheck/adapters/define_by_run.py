"""From a tape to a subject: what every define-by-run engine shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.vocabulary import Arrays, Case, Subject, Tape


def subject_on(tape: Tape, case: Case, xs: Mapping[str, np.ndarray]) -> Subject:
    """Return `case` at the point `xs` as a subject whose rules run on `tape`."""
    names = tuple(xs)
    function = case.function or _steps_have_none
    return Subject(
        names=names,
        xs=tuple(xs.values()),
        differentiable=tuple(is_differentiable(case, name, x) for name, x in xs.items()),
        primal=lambda *arrays: primal(tape, function, dict(zip(names, arrays, strict=True))),
        vjp=lambda arrays, y_bars: _vjp(
            tape, function, dict(zip(names, arrays, strict=True)), y_bars
        ),
        tape=tape,
    )


class TapePasses:
    """The passes of a case on `tape`; leaves are cleared before each backward pass, and in it."""

    def __init__(self, tape: Tape, case: Case, xs: Mapping[str, np.ndarray]) -> None:
        self._tape = tape
        self._function = case.function or _steps_have_none
        self._leaves = _leaves(tape, xs)

    def forward(self) -> tuple[Any, ...]:
        return _outputs(self._tape, self._function, self._leaves)

    def backward(self, kept: tuple[Any, ...]) -> None:
        for leaf in self._leaves.values():
            self._tape.cleargrad(leaf)
        for y in kept:
            self._tape.backward(y)

    def nodes(self, kept: tuple[Any, ...]) -> int | None:
        return None


def is_differentiable(case: Case, name: str, x: np.ndarray) -> bool:
    """Whether a gradient by `x` is due: declared so, and a number that can move."""
    return case.inputs[name].differentiable and x.dtype.kind in "fc"


def primal(
    tape: Tape, function: Callable[..., Any], xs: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, ...]:
    """Return the outputs of `function` at `xs` as arrays."""
    return tuple(tape.value(y) for y in _outputs(tape, function, _leaves(tape, xs)))


def _vjp(
    tape: Tape, function: Callable[..., Any], xs: Mapping[str, np.ndarray], y_bars: Arrays
) -> tuple[np.ndarray | None, ...]:
    leaves = _leaves(tape, xs)
    for y, y_bar in zip(_outputs(tape, function, leaves), y_bars, strict=True):
        if y_bar.dtype.kind in "fc":
            tape.backward(y, y_bar)
    return tuple(tape.grad(leaf) for leaf in leaves.values())


def _leaves(tape: Tape, xs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    return {name: tape.leaf(x) for name, x in xs.items()}


def _outputs(
    tape: Tape, function: Callable[..., Any], leaves: Mapping[str, Any]
) -> tuple[Any, ...]:
    return as_outputs(tape.call(function, leaves))


def as_outputs(ys: Any) -> tuple[Any, ...]:
    """Return what a function returned as a tuple of outputs; TypeError where one is none."""
    outputs = tuple(ys) if isinstance(ys, tuple | list) else (ys,)
    if wrong := [y for y in outputs or [()] if y is None or isinstance(y, tuple | dict | str)]:
        said = "None" if wrong[0] is None else f"a {type(wrong[0]).__name__}, {wrong[0]!r:.60}"
        raise TypeError(f"the function returned {said}: expected an array, or a tuple of arrays")
    return outputs


def _steps_have_none(*_: Any, **__: Any) -> Any:
    raise TypeError("a case of steps has no function of its own")
