"""Rules that are wrong on purpose: a case's `fault`, planted into one operation of our engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.vocabulary import Fault, Tape

DEFAULT_FACTOR = 1.1


@dataclass(slots=True)
class Applied:
    """How often a fault met what it spoils and changed it, and the sizes of the gradients met."""

    met: int = 0
    changed: int = 0
    sizes: set[int] = field(default_factory=set)


class FaultyTape:
    """A tape on which one operation's rule is wrong, and right again outside of its calls."""

    def __init__(self, tape: Tape, operation: Any, fault: Fault) -> None:
        self._tape = tape
        self._operation = operation
        self._fault = fault
        self._applied = Applied()
        self.leaf, self.value = tape.leaf, tape.value
        self.grad, self.cleargrad = tape.grad, tape.cleargrad

    def call(self, function: Callable[..., Any], leaves: Mapping[str, Any]) -> Any:
        with planted(self._operation, self._fault, self._applied):
            return self._tape.call(function, leaves)

    def backward(self, y: Any, y_bar: np.ndarray | None = None) -> None:
        with planted(self._operation, self._fault, self._applied):
            self._tape.backward(y, y_bar)

    def require_applied(
        self, functions: Sequence[Callable[..., Any]], xs: Mapping[str, np.ndarray]
    ) -> None:
        """Raise ValueError if the fault does not act in any of `functions` at the point `xs`."""
        try:
            for function in functions:
                ys = self.call(function, {name: self.leaf(x) for name, x in xs.items()})
                for y in ys if isinstance(ys, tuple | list) else (ys,):
                    self.backward(y, _uneven(self.value(y)))
        except Exception:  # whatever is wrong with the case, its checks will tell
            return
        if not self._applied.changed:
            raise ValueError(f"the fault was never applied: {self._why_not()}")

    def _why_not(self) -> str:
        if self._applied.met:
            return f"{self._fault.kind!r} changes no gradient of {self._fault.operation!r} here"
        if not self._applied.sizes:
            return f"no gradient goes through {self._fault.operation!r}"
        sizes = " and ".join(map(str, sorted(self._applied.sizes)))
        return (
            f"there is no entry {self._fault.entry} in a gradient of {self._fault.operation!r}, "
            f"which has {sizes} entries"
        )


@contextlib.contextmanager
def planted(operation: Any, fault: Fault, applied: Applied | None = None) -> Iterator[None]:
    """Replace the backward of an operation's class until the block ends; count in `applied`."""
    applied = applied or Applied()
    right, own = operation.backward, "backward" in vars(operation)

    def wrong(self: Any, *gys: Any) -> Any:
        given = tuple(map(_without_last, gys)) if fault.kind == "dropped_term" else gys
        found = right(self, *given)
        several = isinstance(found, tuple)
        met = found if several else (found,)
        spoiled = tuple(_spoiled(g, fault) for g in met)
        applied.sizes |= {g.size for g in met if g is not None}
        applied.met += any(g is not None and _is_there(g, fault) for g in met)
        applied.changed += any(map(_differs, (*gys, *met), (*given, *spoiled)))
        return spoiled if several else spoiled[0]

    operation.backward = wrong
    try:
        yield
    finally:
        if own:
            operation.backward = right
        else:
            del operation.backward  # it was inherited, and is again


def _uneven(y: np.ndarray) -> np.ndarray:
    """A cotangent without a symmetry: that of ones vanishes in a softmax."""
    return np.linspace(1, 2, y.size).reshape(y.shape).astype(y.dtype)


_NUMBERS = (np.ndarray, np.number, float, complex)  # a rule of one number may return any of these


def _differs(one: Any, other: Any) -> bool:
    """Whether two gradients differ; at second order they are Variables, and nobody asks."""
    both = isinstance(one, _NUMBERS) and isinstance(other, _NUMBERS)
    return both and not np.array_equal(one, other, equal_nan=True)


def _without_last(gy: Any) -> Any:
    """A sum over outputs that stops one short."""
    return gy * _mask(gy, -1, 0.0) if np.size(gy) else gy


def _mask(like: Any, entry: int, value: float) -> np.ndarray:
    """Ones in the shape and dtype of `like`, but for one entry."""
    mask = np.ones(like.shape, like.dtype)
    mask.flat[entry] = value
    return mask


def _spoiled(gradient: Any, fault: Fault) -> Any:
    if gradient is None or fault.kind not in _SPOILERS:
        return gradient
    return _SPOILERS[fault.kind](gradient, fault)


def _factor(fault: Fault) -> float:
    return DEFAULT_FACTOR if fault.factor is None else fault.factor


def _is_there(gradient: Any, fault: Fault) -> bool:
    """Whether a gradient has what the fault spoils: the entry, or any."""
    entry = fault.entry or 0
    return bool(-gradient.size <= entry < gradient.size)


def _one_entry(gradient: Any, fault: Fault) -> Any:
    if not _is_there(gradient, fault):
        return gradient
    return gradient * _mask(gradient, fault.entry or 0, _factor(fault))


# Operators only: at second order a rule is given Variables.
_SPOILERS: dict[str, Callable[[Any, Fault], Any]] = {
    "scale": lambda gradient, fault: gradient * _factor(fault),
    "sign": lambda gradient, fault: -gradient,
    "zero": lambda gradient, fault: gradient * 0.0,
    "transpose": lambda gradient, fault: gradient.T.reshape(gradient.shape),
    "entry": _one_entry,
}
