"""YAML's event stream -> plain data in which every key and value knows its place.

The events come from libyaml, which does not recurse; PyYAML's own composer does, and dies on
100,000 brackets.  Only what a case file needs is read: no anchors, aliases, tags, no second
document, text keys that stand once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from gradcheck.cases.document import MAX_DEPTH, Document, Mark
from gradcheck.cases.grammar import MAX_CHARACTERS
from gradcheck.cases.scalars import BROKEN, Broken, resolve
from gradcheck.cases.traps import explained
from gradcheck.cases.wording import found, shown
from gradcheck.errors import Mistake

MAX_NODES = 1_000_000
MAX_ENTRIES = 50_000
"""Entries of one list or mapping: cases of a file, numbers of a literal."""
MAX_MISTAKES = 1_000


def build(text: str, path: str) -> Document:
    """Return the document in `text`; it never raises for what the text holds."""
    document = Document(path, text)
    builder = _Builder(document)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        builder.consume(yaml.parse(text, Loader=loader))
    except _Stop:
        document.complete = False
    except yaml.MarkedYAMLError as error:
        document.complete = False
        builder.syntax_error(error)
    except yaml.YAMLError as error:
        document.complete = False
        builder.note((0, 0), f"not YAML: {error}")
    return document


class _Stop(Exception):
    """There is no point in reading on."""


@dataclass(slots=True)
class _Open:
    """A container that is being filled."""

    data: Any
    marks: dict[Any, tuple[Mark, Mark]]
    flow: bool
    key: str | None = None
    key_mark: Mark = (0, 0)
    last: str | None = None


class _Builder:
    """Fills containers from events; `_top` is the one that is open."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._stack: list[_Open] = []
        self._top: _Open | None = None
        self._documents = 0
        self._torn: dict[Mark, tuple[str, str]] = {}

    def consume(self, events: Iterator[yaml.Event]) -> None:
        for count, event in enumerate(events):
            if count > MAX_NODES:
                self.note(_mark(event), f"more than {MAX_NODES:,} values in one file")
                raise _Stop
            handle = _HANDLERS.get(type(event))
            if handle is not None:
                handle(self, event)

    def note(self, mark: Mark, message: str) -> None:
        mistakes = self._document.mistakes
        place = self._document.place(mark)
        mistakes.append(Mistake(place, message))
        if len(mistakes) >= MAX_MISTAKES:
            mistakes.append(Mistake(place, f"more than {MAX_MISTAKES:,} mistakes: reading ends"))
            raise _Stop

    def syntax_error(self, error: yaml.MarkedYAMLError) -> None:
        mark, message = explained(error, self._document)
        # a forbidden alias often is what broke the line, and has been noted
        if not any(m.place.line == mark[0] + 1 for m in self._document.mistakes):
            self.note(mark, message)

    # ------------------------------------------------------------ events

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        value: Any = event.value
        mark = _mark(event)
        self._forbid(event, mark)
        if (top := self._awaiting_key()) is not None:
            self._open_key(top, event, mark)
            return
        if not event.style:
            value = self._resolved(value, mark)
        self._add(value, mark, plain=None if event.style else event.value)

    def _alias(self, event: Any) -> None:
        mark = _mark(event)
        self.note(
            mark, f'an alias, *{event.anchor[:40]}; a value that begins with * is quoted: "*…"'
        )
        if (top := self._awaiting_key()) is not None:
            top.key, top.key_mark = f"*{event.anchor}", mark
            return
        self._add(BROKEN, mark)

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        mark = _mark(event)
        self._forbid(event, mark)
        if len(self._stack) >= MAX_DEPTH:
            self.note(mark, f"nested more than {MAX_DEPTH} deep")
            raise _Stop
        if self._awaiting_key() is not None:
            self.note(mark, "a key must be text; found a list or a mapping")
            raise _Stop
        data: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._add(data, mark)
        marks = self._document.marks[id(data)] = {}
        self._top = _Open(data, marks, bool(event.flow_style))
        self._stack.append(self._top)

    def _end(self, event: yaml.Event) -> None:
        self._stack.pop()
        self._top = self._stack[-1] if self._stack else None
        if self._torn:
            self._note_torn()

    def _document_start(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self.note(_mark(event), "a second document; a case file holds one")
            raise _Stop

    # ------------------------------------------------------------ keys and values

    def _awaiting_key(self) -> _Open | None:
        """Return the open mapping if the next event is a key of it."""
        top = self._top
        return top if top is not None and top.key is None and isinstance(top.data, dict) else None

    def _open_key(self, top: _Open, event: yaml.ScalarEvent, mark: Mark) -> None:
        top.key, top.key_mark = event.value, mark
        if event.style:
            return
        value = self._resolved(event.value, mark)
        # `add(x, 2)` without quotes has the key `2)`, `add(x, 2, y)` the key `2`
        if not isinstance(value, str | Broken) and _torn(top) is None:
            self.note(mark, f"a key must be text; found {found(value)}: quote it")

    def _add(self, value: Any, mark: Mark, plain: str | None = None) -> None:
        top = self._top
        if top is None:
            self._document.data = value
            return
        if len(top.data) >= MAX_ENTRIES:
            self.note(mark, f"more than {MAX_ENTRIES:,} entries in one list or mapping")
            raise _Stop
        if isinstance(top.data, list):
            top.marks[len(top.data)] = (mark, mark)
            top.data.append(value)
        else:
            self._set(top, value, mark, plain)

    def _set(self, top: _Open, value: Any, mark: Mark, plain: str | None) -> None:
        key, key_mark = str(top.key), top.key_mark
        top.key = None
        if plain == "" and (begun := _torn(top)) is not None:
            self._join(top, begun, key)
            return
        if key in top.data:
            first = top.marks[key][0][0] + 1
            self.note(key_mark, f"the key {shown(key)} stands twice; first in line {first}")
            top.last = None
            return
        top.data[key] = value
        top.marks[key] = (key_mark, mark)
        top.last = key if plain is not None else None

    def _resolved(self, text: str, mark: Mark) -> Any:
        try:
            return resolve(text)
        except ValueError as error:
            self.note(mark, str(error))
            return BROKEN

    def _forbid(self, event: Any, mark: Mark) -> None:
        if event.anchor is not None:
            self.note(
                mark, f"an anchor, &{event.anchor[:40]}; case files have none: quote the text"
            )
        if event.tag is not None and event.tag != "!":
            self.note(mark, f"a tag, {shown(event.tag)}; case files have none: quote the text")

    # ------------------------------------------------------------ {function: add(x, x)}

    def _join(self, top: _Open, begun: str, rest: str) -> None:
        """Put back together what a comma tore apart: `add(x` and the key `x)` without a value."""
        top.data[top.last] = f"{begun}, {rest}"
        self._torn[top.marks[top.last][1]] = (str(top.last), top.data[top.last])

    def _note_torn(self) -> None:
        torn, self._torn = self._torn, {}
        for mark, (key, whole) in torn.items():
            self.note(
                mark,
                f'a comma ends a value inside {{…}}: quote the expression: {key}: "{whole[:60]}"',
            )


_HANDLERS: Mapping[type[yaml.Event], Callable[[_Builder, Any], None]] = {
    yaml.ScalarEvent: _Builder._scalar,
    yaml.AliasEvent: _Builder._alias,
    yaml.MappingStartEvent: _Builder._start,
    yaml.SequenceStartEvent: _Builder._start,
    yaml.MappingEndEvent: _Builder._end,
    yaml.SequenceEndEvent: _Builder._end,
    yaml.DocumentStartEvent: _Builder._document_start,
}


def _torn(top: _Open) -> str | None:
    """Return the last value of a mapping in braces if its parentheses are still open."""
    value: Any = top.data[top.last] if top.flow and top.last is not None else None
    # no longer than an expression may be: each part that is joined costs the whole
    is_short = isinstance(value, str) and len(value) <= MAX_CHARACTERS
    return value if is_short and value.count("(") > value.count(")") else None


def _mark(event: Any) -> Mark:
    mark = event.start_mark
    return mark.line, mark.column
