"""The phrases that messages about case files are made of."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

LONGEST = 40
"""Characters of a value that a message shows."""

HERE = "\0"
"""Stands in a message for what the value is meant for, which its check does not know."""

MOST = 24
"""Names that a message lists; of more it gives the nearest only."""


def nearest(name: str, options: Collection[str]) -> str:
    """Return "; did you mean 'shape'?" where one of `options` is near `name`, else ""."""
    # difflib's cost grows with the product of the lengths: a name of a megabyte is no typing slip
    close = difflib.get_close_matches(name[:LONGEST], options, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def unknown(
    what: str, name: str, options: Collection[str], listed: str = "names", where: str = ""
) -> str:
    """Return the sentence for a `name` that is none of `options`, with the nearest and the rest."""
    return among(f"unknown {what} {shown(name)}{where}", name, options, listed)


def among(sentence: str, name: str, options: Collection[str], listed: str) -> str:
    """Return `sentence` about `name` with the nearest of `options`, and all if they are few."""
    hint = nearest(name, options)
    if not 0 < len(options) <= MOST:
        return f"{sentence}{hint}"
    return f"{sentence}{hint or ';'} {listed}: {', '.join(sorted(options))}"


def undeclared(name: str, symbols: Collection[str]) -> str:
    """Return the sentence for a `$` name that no `matrix` declares."""
    declared = [f"${symbol}" for symbol in symbols]
    sentence = f"undeclared name {shown('$' + name)}"
    if not declared:
        return f"{sentence}; declare its values in 'matrix'"
    return among(sentence, "$" + name, declared, "names")


def shown(value: Any) -> str:
    """Return a value as a message shows it: quoted text, clipped."""
    text = repr(value[: LONGEST + 1] if isinstance(value, str) else value)
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST - 1] + "…" + (text[0] if isinstance(value, str) else "")


def found(value: Any) -> str:
    """Return what `value` is, for the end of a sentence: "the text 'abc'", "a list"."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, int | float | complex):
        return f"the number {shown(value)}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return f"a value of type {type(value).__name__}"
