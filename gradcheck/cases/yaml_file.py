"""A YAML case file -> its cases and its mistakes."""

from __future__ import annotations

import bisect
import re
from pathlib import Path
from typing import Any

from gradcheck.cases.complaints import doubled
from gradcheck.cases.declaration import read_case
from gradcheck.cases.document import Document
from gradcheck.cases.events import MAX_MISTAKES, MAX_NODES, build
from gradcheck.cases.schema import Known
from gradcheck.cases.symbols import MAX_VARIANTS, count
from gradcheck.cases.wording import found, unknown
from gradcheck.errors import Mistake
from gradcheck.vocabulary import Case, Place

MAX_BYTES = 8 * 2**20

_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_yaml(path: Path, shown_path: str, known: Known) -> tuple[list[Case], list[Mistake]]:
    """Return the cases of the file at `path` and every mistake in it.

    `shown_path` is how messages and ids name the file.  A case with a mistake gives no `Case`,
    the others of the file do.
    """
    text = _text(path, shown_path)
    if isinstance(text, Mistake):
        return [], [text]
    document = build(text, shown_path)
    mistakes = list(document.mistakes)
    items = _declared(document, mistakes)
    mistakes += doubled(
        (_id(raw), document.value(("cases", i, "id"))) for i, raw in enumerate(items)
    )
    spoilt = _spoilt(document, mistakes)
    cases: list[Case] = []
    for i, raw in enumerate(items):
        made, wrong = read_case(raw, document, ("cases", i), known)
        cases += [] if i in spoilt else made
        mistakes += wrong
        if len(mistakes) >= MAX_MISTAKES:
            break
    return cases, sorted(mistakes, key=lambda m: (m.place.line, m.place.column))


def _spoilt(document: Document, mistakes: list[Mistake]) -> set[int]:
    """Return which cases have a mistake that their own reading does not see."""
    declared = document.data.get("cases") if isinstance(document.data, dict) else None
    count = len(declared) if isinstance(declared, list) else 0
    begins = [document.value(("cases", i)).line for i in range(count)]
    return {bisect.bisect_right(begins, mistake.place.line) - 1 for mistake in mistakes}


def _id(raw: Any) -> Any:
    return raw.get("id") if isinstance(raw, dict) else None


def _text(path: Path, shown_path: str) -> str | Mistake:
    size = path.stat().st_size
    if size > MAX_BYTES:
        return Mistake(Place(shown_path), f"{size:,} bytes; a case file has at most {MAX_BYTES:,}")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Mistake(_at(shown_path, data[: error.start].decode("utf-8", "ignore")), "not UTF-8")
    if unreadable := _UNREADABLE.search(text):
        code = f"U+{ord(unreadable[0]):04X}"
        return Mistake(_at(shown_path, text[: unreadable.start()]), f"the character {code}")
    return text


def _at(path: str, before: str) -> Place:
    """Return the place after the text `before`."""
    before = before.replace("\r\n", "\n").replace("\r", "\n")
    return Place(path, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _declared(document: Document, mistakes: list[Mistake]) -> list[Any]:
    """Return the items of `cases`; of a file that could not be read to its end, the whole ones."""
    data = document.data
    if not isinstance(data, dict):
        if document.complete:
            expected = "expected the key 'cases' with a list of cases"
            mistakes.append(Mistake(document.value(()), f"{expected}, found {found(data)}"))
        return []
    for key in [key for key in data if key != "cases"][:MAX_MISTAKES]:
        message = unknown("key", key, ["cases"], "keys", " in the file")
        mistakes.append(Mistake(document.key((key,)), message))
    return _items(document, mistakes)


def _items(document: Document, mistakes: list[Mistake]) -> list[Any]:
    if "cases" not in document.data:
        if document.complete:
            mistakes.append(Mistake(document.value(()), "the file lacks the key 'cases'"))
        return []
    items = document.data["cases"]
    if not isinstance(items, list):
        message = f"expected a list for 'cases', found {found(items)}"
        mistakes.append(Mistake(document.value(("cases",)), message))
        return []
    return _affordable(items if document.complete else items[:-1], document, mistakes)


def _affordable(items: list[Any], document: Document, mistakes: list[Mistake]) -> list[Any]:
    """Return the cases up to where their variants together become too many."""
    spent = 0
    for i, raw in enumerate(items):
        spent += _cost(raw) if isinstance(raw, dict) else 1
        if spent > MAX_NODES:
            message = f"the variants so far hold more than {MAX_NODES:,} values: reading ends"
            mistakes.append(Mistake(document.value(("cases", i)), message))
            return items[:i]
    return items


def _cost(raw: dict[str, Any]) -> int:
    """Return how many values all variants of a case hold; each step has a `let` of its own."""
    steps = raw.get("steps")
    repeated = _size(raw.get("let")) * len(steps) if isinstance(steps, list) else 0
    variants = count(raw.get("matrix"))
    return (_size(raw) + repeated) * (variants if variants <= MAX_VARIANTS else 1)


def _size(data: Any) -> int:
    """Return how many values `data` holds, long texts by their length."""
    if isinstance(data, dict):
        return 1 + sum(map(_size, data.values()))
    if isinstance(data, list):
        return 1 + sum(map(_size, data))
    return 1 + len(data) // 100 if isinstance(data, str) else 1
