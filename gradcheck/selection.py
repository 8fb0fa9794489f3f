"""`-k`: words combined as in pytest, matched on file, slug, variant, tags and engine."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Sequence

from gradcheck.vocabulary import Case

# What pytest takes for a word.
_TOKEN = re.compile(r"[()]|[\w:+\-.\[\]\\/]+")


class _Operator(enum.IntEnum):
    """What combines words; the higher one binds."""

    BRACKET = 0
    OR = 1
    AND = 2
    NOT = 3


_OPERATORS = {"(": _Operator.BRACKET, "or": _Operator.OR, "and": _Operator.AND}
_OPERATORS["not"] = _Operator.NOT


class SelectionError(ValueError):
    """The expression given to `-k` cannot be read."""


def selector(expression: str) -> Callable[[Case, str], bool]:
    """Return whether a case on an engine is meant by `expression`.

    Words match anywhere in a name, whatever their case; `and`, `or`, `not` and brackets combine
    them.  An empty expression means every case.
    """
    if not expression.strip():
        return lambda case, engine: True
    try:
        postfix = _postfix(_tokens(expression))
    except SelectionError as error:
        shown = expression if len(expression) <= _LONGEST else f"{expression[:_LONGEST]}…"
        raise SelectionError(f"-k {shown!r}: {error}: expected words, and, or, not, ()") from None
    return lambda case, engine: _holds(postfix, names_of(case, engine))


_LONGEST = 80


def names_of(case: Case, engine: str) -> list[str]:
    """Return what `-k` looks at, in lower case."""
    parts = "-".join(part for part in (case.variant, engine) if part)
    test = f"{case.slug}[{parts}]"  # what pytest calls it
    names: Sequence[str] = (*case.place.path.split("/"), test, case.slug, case.variant, *case.tags)
    return [name.lower() for name in (*names, engine) if name]


def _tokens(expression: str) -> Iterator[str]:
    place = 0
    while place < len(expression):
        found = _TOKEN.match(expression, place)
        if found:
            yield found.group()
            place = found.end()
        elif expression[place].isspace():
            place += 1
        else:
            raise SelectionError(f"unexpected character {expression[place]!r}")


def _postfix(tokens: Iterator[str]) -> list[str | _Operator]:
    """Return words and then what combines them, by two stacks: nesting may be of any depth."""
    output: list[str | _Operator] = []
    waiting: list[_Operator] = []
    word_is_due = True
    for token in tokens:
        if word_is_due == (token in ("and", "or", ")")):
            raise SelectionError(f"unexpected {token!r}")
        if token in ("not", "("):
            waiting.append(_OPERATORS[token])
        elif token == ")":
            _close(waiting, output)
        elif token in _OPERATORS:
            while waiting and waiting[-1] >= _OPERATORS[token]:
                output.append(waiting.pop())
            waiting.append(_OPERATORS[token])
            word_is_due = True
        else:
            output.append(token.lower())
            word_is_due = False
    if word_is_due:
        raise SelectionError("a word is missing at the end")
    if _Operator.BRACKET in waiting:
        raise SelectionError("a bracket is not closed")
    return output + waiting[::-1]


def _close(waiting: list[_Operator], output: list[str | _Operator]) -> None:
    while waiting and waiting[-1] is not _Operator.BRACKET:
        output.append(waiting.pop())
    if not waiting:
        raise SelectionError("unexpected ')'")
    waiting.pop()


def _holds(postfix: Sequence[str | _Operator], names: Sequence[str]) -> bool:
    values: list[bool] = []
    for part in postfix:
        if isinstance(part, str):
            values.append(any(part in name for name in names))
        elif part is _Operator.NOT:
            values.append(not values.pop())
        else:
            right, left = values.pop(), values.pop()
            values.append(left and right if part is _Operator.AND else left or right)
    return values[0]
