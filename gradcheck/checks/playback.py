"""A case of steps played on an engine's tape: one set of leaves through several passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.vocabulary import Arrays, Case, Step, Subject, Tape


@dataclass(frozen=True, slots=True)
class Played:
    """One step after it was played.

    `value` is the output of the latest function, None where gradients were cleared; `gradients` are
    the leaves' own; `passes` are, by leaf, the steps that went backward since it was cleared.
    """

    step: Step
    number: int
    value: np.ndarray | None
    gradients: Mapping[str, np.ndarray | None]
    passes: Mapping[str, tuple[Step, ...]]


def play(tape: Tape, subject: Subject, case: Case) -> Iterator[Played]:
    """Play the steps of `case` in order on one set of leaves, yielding after each."""
    leaves = {n: tape.leaf(x) for n, x in zip(subject.names, subject.xs, strict=True)}
    passes: dict[str, tuple[Step, ...]] = dict.fromkeys(leaves, ())
    latest: tuple[Step, Any] | None = None
    for number, step in enumerate(case.steps, 1):
        if step.function is not None:
            latest = (step, _one_output(tape.call(step.function, leaves)))
        for name in step.cleargrad:
            tape.cleargrad(leaves[name])
            passes[name] = ()
        if not step.cleargrad:
            latest = _backward(tape, latest)
            passes = {name: (*done, latest[0]) for name, done in passes.items()}
        value = tape.value(latest[1]) if latest and not step.cleargrad else None
        grads = {name: tape.grad(leaf) for name, leaf in leaves.items()}
        yield Played(step, number, value, grads, dict(passes))


def _one_output(y: Any) -> Any:
    if isinstance(y, tuple | list):
        raise TypeError(
            f"a step goes backward from one output, and its function returns {len(y)}: choose one, "
            "as in f(x)[0], and give the next a step of its own"
        )
    return y


def _backward(tape: Tape, latest: tuple[Step, Any] | None) -> tuple[Step, Any]:
    if latest is None:
        raise ValueError("`backward: again` stands before any function: there is no graph yet")
    tape.backward(latest[1])
    return latest


# ---------------------------------------------------------------- passes over one function's graph

Grads = Mapping[str, "np.ndarray | None"]


class Pass:
    """One graph over shared leaves, with the cotangents that its backward passes start from."""

    def __init__(
        self,
        tape: Tape,
        function: Callable[..., Any],
        leaves: Mapping[str, Any],
        y_bars: Arrays,
    ) -> None:
        ys = tape.call(function, leaves)
        self._tape = tape
        self._ys = tuple(ys) if isinstance(ys, tuple | list) else (ys,)
        self.y_bars = y_bars

    def values(self) -> Arrays:
        """Return the outputs as arrays."""
        return tuple(self._tape.value(y) for y in self._ys)

    def backward(self) -> None:
        """Go backward from each output."""
        for y, y_bar in zip(self._ys, self.y_bars, strict=True):
            if y_bar.dtype.kind in "fc":
                self._tape.backward(y, y_bar)


def gradients_of(tape: Tape, leaves: Mapping[str, Any]) -> Grads:
    """Return copies of the leaves' gradients."""
    return {n: None if (g := tape.grad(x)) is None else g.copy() for n, x in leaves.items()}


def gradients_after(tape: Tape, leaves: Mapping[str, Any], passes: Sequence[Pass]) -> Grads:
    """Return copies of the gradients after `passes`, from cleared leaves."""
    for leaf in leaves.values():
        tape.cleargrad(leaf)
    for one in passes:
        one.backward()
    return gradients_of(tape, leaves)
