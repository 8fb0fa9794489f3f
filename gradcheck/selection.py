"""`-k`: words combined as in pytest, matched on file, slug, variant, tags and engine."""

from __future__ import annotations

import ast
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
        tree = ast.parse(source, "-k", "eval")
    except SyntaxError as error:
        raise _unreadable(expression) from error
    if any(isinstance(node, ast.Call | ast.Tuple) for node in ast.walk(tree)):
        raise _unreadable(expression)  # brackets after a word, or around nothing
    code = compile(tree, "-k", "eval")

    def selects(case: Case, engine: str) -> bool:
        names = names_of(case, engine)
        matched = [any(word in name for name in names) for word in words]
        return bool(eval(code, {"__builtins__": {}}, {"matched": matched}))

    return selects


def _unreadable(expression: str) -> SelectionError:
    return SelectionError(f"-k {expression!r}: expected words, and, or, not, ()")


def names_of(case: Case, engine: str) -> list[str]:
    """Return what `-k` looks at, in lower case."""
    parts = "-".join(part for part in (case.variant, engine) if part)
    test = f"{case.slug}[{parts}]"  # what pytest calls it
    names: Sequence[str] = (*case.place.path.split("/"), test, case.slug, case.variant, *case.tags)
    return [name.lower() for name in (*names, engine) if name]


def _tokens(expression: str) -> list[str]:
    return [match.group().strip() for match in _TOKEN.finditer(expression)]


def _translated(token: str, words: list[str]) -> str:
    if token in ("(", ")", "and", "or", "not"):
        return token
    words.append(token.lower())
    return f"matched[{len(words) - 1}]"
