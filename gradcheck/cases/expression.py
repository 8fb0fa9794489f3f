"""Expressions of case files become callables over an engine's operations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.cases.grammar import Flaw, Names, Reading, read
from gradcheck.errors import MissingOperation

_Factory = Callable[..., Callable[..., Any]]


class Program:
    """A checked expression: `program(xp, **inputs)` evaluates it with the operations of `xp`.

    Operations are looked up as attributes of `xp` once, and again when another `xp` comes;
    MissingOperation names the first that it lacks.
    """

    __slots__ = ("_bound", "_code", "_factory", "operations", "source")

    def __init__(self, source: str, operations: tuple[str, ...], code: str) -> None:
        self.source = source
        self.operations = operations
        self._code = code
        self._factory: _Factory | None = None
        self._bound: tuple[Any, Callable[..., Any]] = (_NOTHING, _unbound)

    def __call__(self, xp: Any, /, **inputs: Any) -> Any:
        namespace, function = self._bound
        if namespace is not xp:
            function = self._bind(xp)
        return function(**inputs)

    def __repr__(self) -> str:
        return f"Program({self.source!r})"

    def _bind(self, xp: Any) -> Callable[..., Any]:
        # compiled when first called: most cases of a large file are deselected or run elsewhere
        if self._factory is None:
            self._factory = _compiled(self._code)
        function = self._factory(*(_operation(xp, name) for name in self.operations))
        self._bound = (xp, function)
        return function


_NOTHING = object()


def _unbound(**inputs: Any) -> Any:
    raise MissingOperation("a program needs a namespace of operations")


def _operation(xp: Any, name: str) -> Any:
    try:
        return getattr(xp, name)
    except MissingOperation:  # which says whose it is not
        raise
    except AttributeError as error:
        raise MissingOperation(f"no operation {name!r}") from error


def _compiled(code: str) -> _Factory:
    namespace: dict[str, Any] = {"__builtins__": {}}
    exec(compile(code, "<expression>", "exec"), namespace)
    factory: _Factory = namespace["bind"]
    return factory


@dataclass(slots=True)
class Compiler:
    """Makes programs of the expressions of one variant, which share names and `let` values.

    `inputs` and `operations` are the names that may occur, `symbols` the values of `$` names,
    `let` the expressions that come first.  What is wrong with any of them is kept in `flaws`,
    which `$` names were met in `used`.
    """

    inputs: Collection[str]
    operations: Collection[str]
    let: Mapping[str, str] = field(default_factory=dict)
    symbols: Mapping[str, Any] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    _values: dict[str, None] = field(default_factory=dict)
    _let: list[Reading] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._values = dict.fromkeys(self.inputs)
        for name, text in self.let.items():
            self._let.append(self._read(name, text))
            self._values[name] = None

    def program(self, expression: str) -> Program | None:
        """Return the program of `expression`, None after flaws in it or in `let`."""
        last = self._read("", expression)
        if last.flaws or any(reading.flaws for reading in self._let):
            return None
        readings = [*self._let, last]
        operations = tuple(dict.fromkeys(name for each in readings for name in each.operations))
        lines = [
            *(f"{name} = {each.code}" for name, each in zip(self.let, self._let, strict=True)),
            f"return {last.code}",
        ]
        source = "\n".join([*(f"{name} = {text}" for name, text in self.let.items()), expression])
        return Program(source, operations, _code(lines, operations, self.inputs))

    def _read(self, name: str, text: str) -> Reading:
        reading = read(name, text, Names(self.operations, self._values, self.symbols))
        self.flaws += reading.flaws
        self.used |= reading.symbols
        return reading


def _code(lines: list[str], operations: Collection[str], inputs: Collection[str]) -> str:
    """Return a function of the operations that returns the function of the inputs.

    Operations become its closure, under names that no input can have.
    """
    return "\n".join(
        [
            f"def bind({', '.join(f'op·{name}' for name in operations)}):",
            f"    def program({', '.join(inputs)}):",
            *(f"        {line}" for line in lines),
            "    return program",
        ]
    )
