"""A hand-written pair of functions on ndarrays: forward(*xs) and backward(y_bars, xs, ys)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.adapters import ADAPTERS
from gradcheck.adapters.define_by_run import as_outputs, is_differentiable
from gradcheck.vocabulary import Arrays, Case, Passes, Subject


@ADAPTERS.register("rule")
class RuleAdapter:
    """Cases that carry their own rule instead of running on an engine."""

    name = "rule"

    def operations(self) -> Mapping[str, Callable[..., Any]]:
        return {}

    def subject(self, case: Case, xs: Mapping[str, np.ndarray]) -> Subject:
        forward, backward = _functions(case)

        def primal(*arrays: np.ndarray) -> Arrays:
            return tuple(np.asarray(y) for y in as_outputs(forward(*arrays)))

        def rule(y_bars: Arrays, arrays: Arrays, ys: Arrays) -> tuple[np.ndarray | None, ...]:
            gradients = _as_tuple(backward(y_bars, arrays, ys))
            return tuple(None if g is None else np.asarray(g) for g in gradients)

        return Subject(
            names=tuple(xs),
            xs=tuple(xs.values()),
            differentiable=tuple(is_differentiable(case, name, x) for name, x in xs.items()),
            primal=primal,
            vjp=lambda arrays, y_bars: rule(y_bars, arrays, primal(*arrays)),
            rule=rule,
        )

    def passes(self, case: Case, xs: Mapping[str, np.ndarray]) -> Passes:
        return _Passes(case, xs)


class _Passes:
    """The two functions of a rule, called by hand."""

    def __init__(self, case: Case, xs: Mapping[str, np.ndarray]) -> None:
        self._forward, self._backward = _functions(case)
        self._xs = tuple(xs.values())

    def forward(self) -> Arrays:
        return tuple(np.asarray(y) for y in as_outputs(self._forward(*self._xs)))

    def backward(self, kept: Arrays) -> None:
        self._backward(tuple(map(np.ones_like, kept)), self._xs, kept)

    def nodes(self, kept: Arrays) -> int:
        return 1


def _functions(case: Case) -> tuple[Callable[..., Any], Callable[..., Any]]:
    if case.rule is None:
        raise TypeError(f"{case.slug} has no rule= of its own")
    return case.rule


def _as_tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, tuple | list) else (values,)
