"""`-k`: words combined as in pytest, matched on file, slug, variant, tags and engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gradcheck.vocabulary import Case

_TOKEN = re.compile(r"\s*(?:(?P<bracket>[()])|(?P<word>[^\s()]+))")


class SelectionError(ValueError):
    """The expression given to `-k` cannot be read."""


def selector(expression: str) -> Callable[[Case, str], bool]:
    """Return whether a case on an engine is meant by `expression`.

    Words match anywhere in a name, whatever their case; `and`, `or`, `not` and brackets combine
    them.  An empty expression means every case.
    """
    if not expression.strip():
        return lambda case, engine: True
    words: list[str] = []
    source = " ".join(_translated(token, words) for token in _tokens(expression))
    try:
        # Nothing but brackets, and, or, not and matched[<number>] can be in `source`.
        code = compile(source, "-k", "eval")
    except SyntaxError as error:
        raise SelectionError(f"-k {expression!r}: expected words, and, or, not, ()") from error

    def selects(case: Case, engine: str) -> bool:
        names = names_of(case, engine)
        matched = [any(word in name for name in names) for word in words]
        return bool(eval(code, {"__builtins__": {}}, {"matched": matched}))

    return selects


def names_of(case: Case, engine: str) -> list[str]:
    """Return what `-k` looks at, in lower case."""
    names: Sequence[str] = (*case.place.path.split("/"), case.slug, case.variant, *case.tags)
    return [name.lower() for name in (*names, engine) if name]


def _tokens(expression: str) -> list[str]:
    return [match.group().strip() for match in _TOKEN.finditer(expression)]


def _translated(token: str, words: list[str]) -> str:
    if token in ("(", ")", "and", "or", "not"):
        return token
    words.append(token.lower())
    return f"matched[{len(words) - 1}]"
