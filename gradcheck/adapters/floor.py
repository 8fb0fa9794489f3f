"""The NumPy floor: the arrays of our engine's two passes, computed again without a tape.

A case runs once on our engine. What was recorded becomes two straight lines of Python statements
on a list of plain arrays and NumPy scalars, one statement an operation:

    v[7] = sin(v[6])                 forward: what the operation computes
    g[6] = rule(g[7], v[7], v[6])    backward: what its derivative rule computes,
    g[6] = g[6] + ...                and the sums where a value was used several times

Nothing is recorded, nothing is looked for, no order is found, no Variable is made: an engine with
these operations and these rules cannot be faster, and what it takes beyond this is its own cost. A
person who writes both passes by hand can be a little faster where two rules share a subexpression.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from gradcheck.adapters.engine import EngineAdapter, engine_module
from gradcheck.vocabulary import Case

MOST_CALLS = 100_000
"""Operations of a record that is written out: of more, compiling takes longer than running."""

CHUNK = 1_000
"""Statements of one compiled function."""

Values = list[Any]
Program = list[Callable[..., None]]


class NoFloor(Exception):
    """A record cannot be written out; the text says why."""


def floor_of(case: Case, xs: Mapping[str, np.ndarray]) -> Floor:
    """Return the passes of `case` at `xs` on plain arrays. Raises NoFloor."""
    adapter = EngineAdapter()
    passes = adapter.passes(case, xs)
    kept = passes.forward()
    calls = passes.calls(kept)
    if len(calls) > MOST_CALLS:
        raise NoFloor(f"{len(calls):,} operations; the floor is written out up to {MOST_CALLS:,}")
    return Floor(_Writer(engine_module(), calls, kept))


class Floor:
    """Both passes as statements on plain arrays."""

    def __init__(self, writer: _Writer) -> None:
        self._start = writer.start
        self._ones = writer.ones
        self._count = writer.count
        self._forward = writer.forward()
        self._backward = writer.backward()

    def forward(self) -> Values:
        v = self._start.copy()
        for chunk in self._forward:
            chunk(v, None)
        return v

    def backward(self, kept: Values) -> Values:
        g: Values = [None] * len(kept)
        for slot, one in self._ones:
            g[slot] = one
        for chunk in self._backward:
            chunk(kept, g)
        return g

    def nodes(self, kept: Values) -> int:
        return self._count


class _Writer:
    """Writes the statements of a record, in which each value has a slot."""

    def __init__(self, engine: ModuleType, calls: list[Any], ys: tuple[Any, ...]) -> None:
        self._walk = importlib.import_module(f"{engine.__name__}.backprop")
        own_rule = importlib.import_module(f"{engine.__name__}.pullback").has_own_rule
        for call in calls:
            if own_rule(call.f):
                raise NoFloor(f"{type(call.f).__name__} has a rule that is called on Variables")
        self._calls = calls
        self._globals: dict[str, Any] = {"array": np.asarray, "add": np.add, "fit": self._walk.fit}
        self._names: dict[tuple[int, str], str] = {}
        self._slots: dict[int, int] = {}
        self.start: Values = []
        self.count = len(calls)
        made = {id(call.ys[0]) for call in calls}
        for x in (x for call in calls for x in (*call.xs, *call.ys)):
            if id(x) not in self._slots:
                self._slots[id(x)] = len(self.start)
                self.start.append(None if id(x) in made else _value(x))
        floating = [y for y in ys if id(y) in made and y.dtype.kind in "fc"]
        self.ones = [(self._slots[id(y)], np.ones_like(y.data)[()]) for y in floating]

    def forward(self) -> Program:
        return self._compiled([self._computed(call) for call in self._calls])

    def _computed(self, call: Any) -> str:
        inputs = self._list("v", call.xs)
        compute = getattr(type(call.f), "compute", None)
        if compute is None:  # a `forward` takes arrays, a plain computation scalars too
            compute = call.f.forward
            inputs = [f"array({x})" for x in inputs]
        return f"v[{self._slots[id(call.ys[0])]}] = {self._name(call.f, compute)}({_all(inputs)})"

    def backward(self) -> Program:
        """Write the pass while computing it once, which shows what is summed and what is cast."""
        gradients: dict[int, Any] = dict(self.ones)
        uses: Counter[int] = Counter(dict.fromkeys(gradients, 1))
        return self._compiled(
            [
                self._pulled_back(call, gradients, uses)
                for call in reversed(self._calls)
                if gradients.get(self._slots[id(call.ys[0])]) is not None
            ]
        )

    def _pulled_back(self, call: Any, gradients: dict[int, Any], uses: Counter[int]) -> str:
        gy = gradients[self._slots[id(call.ys[0])]]
        rule = self._walk.rule_of(call.f, gy)
        found = rule(gy, _value(call.ys[0]), *map(_value, call.xs))
        several = isinstance(found, tuple)
        parts = [f"p{i}" for i in range(len(call.xs))]
        arguments = [*self._list("g", call.ys), *self._list("v", (*call.ys, *call.xs))]
        name = self._name(call.f, rule)
        lines = [f"{_all(parts)}{',' * several} = {name}({_all(arguments)})"]
        for part, gx, x in zip(parts, found if several else (found,), call.xs, strict=True):
            lines += self._added(part, gx, x, gradients, uses)
        return "\n ".join(lines)

    def _added(
        self, part: str, gx: Any, x: Any, gradients: dict[int, Any], uses: Counter[int]
    ) -> list[str]:
        """Return how a gradient is brought to its input's shape, and to those before it."""
        fitted = self._walk.fit(gx, _value(x))
        if fitted is None:
            return []
        slot = self._slots[id(x)]
        as_it_is = type(gx) is type(fitted) and (gx.shape, gx.dtype) == (fitted.shape, fitted.dtype)
        value = part if as_it_is else f"fit({part}, v[{slot}])"
        before = gradients.get(slot)
        gradients[slot] = fitted if before is None else before + fitted
        uses[slot] += 1
        if uses[slot] == 1:
            return [f"g[{slot}] = {value}"]
        if uses[slot] > 2 and fitted.size > 1:  # an array of this pass's own: added to in place
            return [f"add(g[{slot}], {value}, g[{slot}])"]
        return [f"g[{slot}] = g[{slot}] + {value}"]

    def _list(self, of: str, variables: Iterable[Any]) -> list[str]:
        return [f"{of}[{self._slots[id(x)]}]" for x in variables]

    def _name(self, f: Any, function: Any) -> str:
        """A global name for what a call computes; the calls of one operation share it."""
        key = (id(f), getattr(function, "__name__", ""))
        if key not in self._names:
            self._names[key] = name = f"f{len(self._names)}"
            self._globals[name] = function
        return self._names[key]

    def _compiled(self, lines: list[str]) -> Program:
        chunks = [lines[i : i + CHUNK] for i in range(0, len(lines), CHUNK)]
        return [self._function("\n ".join(chunk)) for chunk in chunks]

    def _function(self, body: str) -> Callable[..., None]:
        namespace = self._globals
        exec(compile(f"def chunk(v, g):\n {body}", "<floor>", "exec"), namespace)
        function: Callable[..., None] = namespace.pop("chunk")
        return function


def _value(x: Any) -> Any:
    """The data as the engine computes with it: a NumPy scalar where there are no axes."""
    return x.data[()] if x.data.ndim == 0 else x.data


_all = ", ".join
