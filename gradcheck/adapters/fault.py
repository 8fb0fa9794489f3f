"""Rules that are wrong on purpose: a case's `fault`, planted into one operation of our engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.vocabulary import Fault, Tape

Gradients = tuple["np.ndarray | None", ...]

DEFAULT_FACTOR = 1.1


class FaultyTape:
    """A tape on which one operation's rule is wrong, and right again outside of its calls."""

    def __init__(self, tape: Tape, operation: Any, fault: Fault) -> None:
        self._tape = tape
        self._operation = operation
        self._fault = fault
        self.leaf, self.value = tape.leaf, tape.value
        self.grad, self.cleargrad = tape.grad, tape.cleargrad

    def call(self, function: Callable[..., Any], leaves: Mapping[str, Any]) -> Any:
        with planted(self._operation, self._fault):
            return self._tape.call(function, leaves)

    def backward(self, y: Any, y_bar: np.ndarray | None = None) -> None:
        with planted(self._operation, self._fault):
            self._tape.backward(y, y_bar)


@contextlib.contextmanager
def planted(operation: Any, fault: Fault) -> Iterator[None]:
    """Replace the backward of an operation's class until the block ends."""
    right = operation.backward

    def wrong(self: Any, *gys: Any) -> Any:
        if fault.kind == "dropped_term":
            gys = tuple(map(_without_last, gys))
        found = right(self, *gys)
        several = isinstance(found, tuple)
        spoiled = tuple(_spoiled(g, fault) for g in (found if several else (found,)))
        return spoiled if several else spoiled[0]

    operation.backward = wrong
    try:
        yield
    finally:
        operation.backward = right


def _without_last(gy: Any) -> Any:
    """A sum over outputs that stops one short."""
    cut = np.array(gy)
    if cut.size:
        cut.flat[-1] = 0
    return cut


def _spoiled(gradient: np.ndarray | None, fault: Fault) -> np.ndarray | None:
    if gradient is None or fault.kind not in _SPOILERS:
        return gradient
    return _SPOILERS[fault.kind](np.asarray(gradient), fault)


def _scaled(gradient: np.ndarray, fault: Fault) -> np.ndarray:
    return np.asarray(gradient * gradient.dtype.type(_factor(fault)))


def _factor(fault: Fault) -> float:
    return DEFAULT_FACTOR if fault.factor is None else fault.factor


def _transposed(gradient: np.ndarray, fault: Fault) -> np.ndarray:
    """The entries in the other order, in the shape that is due."""
    return gradient.T.reshape(gradient.shape)


def _one_entry(gradient: np.ndarray, fault: Fault) -> np.ndarray:
    wrong = gradient.copy()
    if gradient.size:
        wrong.flat[(fault.entry or 0) % gradient.size] *= _factor(fault)
    return wrong


_SPOILERS: dict[str, Callable[[np.ndarray, Fault], np.ndarray]] = {
    "scale": _scaled,
    "sign": lambda gradient, fault: -gradient,
    "zero": lambda gradient, fault: np.zeros_like(gradient),
    "transpose": _transposed,
    "entry": _one_entry,
}
