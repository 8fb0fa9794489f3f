"""The recorded graph, as text to read and as DOT to draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .pullback import Call, calls_below
from .variable import Variable

MOST = 100  # lines: nobody reads more, and a graph may have a million


def draw(y: Variable, form: str = "text", most: int = MOST) -> str:
    """Return the graph below `y`: what it was computed from, each call on a line.

    form: "text", one assignment a line in the order of computation, or "dot", for Graphviz.
    most: how many calls to show, the last ones.

    >>> x = Variable(np.array([1.0, 2.0]), name="x")
    >>> print(draw(square(x) * x))
    x                      (2,) float64
    %1 = Square(x)         (2,) float64
    %2 = Mul(%1, x)        (2,) float64
    """
    if form not in _FORMS:
        raise ValueError(f"form={form!r}: expected {' or '.join(map(repr, _FORMS))}")
    calls = calls_below([y])
    hidden = max(len(calls) - most, 0)
    text: str = _FORMS[form](_Names(calls[hidden:], y), hidden)
    return text


class _Names:
    """The calls to show and the names of their Variables."""

    def __init__(self, calls: list[Call], root: Variable) -> None:
        self.calls = calls
        self.leaves: list[Variable] = []
        self._names: dict[int, str] = {}
        made = {id(y) for call in calls for y in call.ys}
        for x in (x for call in calls for x in call.xs):
            if id(x) not in made and id(x) not in self._names:
                self.leaves.append(x)
                self._names[id(x)] = _shown(x, len(self.leaves))
        if not calls:
            self.leaves.append(root)
            self._names[id(root)] = _shown(root, 1)
        for number, y in enumerate((y for call in calls for y in call.ys), 1):
            self._names[id(y)] = y.name or f"%{number}"

    def __getitem__(self, x: Variable) -> str:
        return self._names[id(x)]


def _shown(x: Variable, number: int) -> str:
    """The name of what no call shown made: a leaf, or the result of a call that is hidden."""
    return x.name or (f"x{number}" if x._creator is None else f"…{number}")


def _with_value(x: Variable, name: str) -> str:
    """The name, and the value of a single number."""
    return f"{name} = {x._array.item():.6g}" if x.ndim == 0 and x.dtype.kind in "fiu" else name


def _kind(x: Variable) -> str:
    return f"{x.shape} {x.dtype}"


def _text(names: _Names, hidden: int) -> str:
    rows = [(_with_value(x, names[x]), _kind(x)) for x in names.leaves]
    for call in names.calls:
        made = ", ".join(names[y] for y in call.ys)
        used = ", ".join(names[x] for x in call.xs)
        kinds = ", ".join(map(_kind, call.ys))
        rows.append((f"{made} = {type(call.f).__name__}({used})", kinds))
    width = max(22, *(len(left) for left, _ in rows))
    first = [f"… {hidden:,} calls before these are not shown"] if hidden else []
    return "\n".join([*first, *(f"{left:{width}} {right}" for left, right in rows)])


def _dot(names: _Names, hidden: int) -> str:
    return "\n".join(["digraph {", *(f"  {line};" for line in _dot_lines(names)), "}"])


def _dot_lines(names: _Names) -> Iterator[str]:
    for x in names.leaves:
        yield f"v{id(x)} [label={_quoted(_with_value(x, names[x]), _kind(x))}, shape=ellipse]"
    for call in names.calls:
        node = f"f{id(call.ys[0])}"
        yield f"{node} [label={_quoted(type(call.f).__name__)}, shape=box]"
        for x in call.xs:
            yield f"v{id(x)} -> {node}"
        for y in call.ys:
            yield f"v{id(y)} [label={_quoted(names[y], _kind(y))}, shape=ellipse]"
            yield f"{node} -> v{id(y)}"


def _quoted(*lines: str) -> str:
    text = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return f'"{text}"'


_FORMS: dict[str, Any] = {"text": _text, "dot": _dot}
