"""Text of users as shells and terminals take it: quoted, and without control characters."""

from __future__ import annotations

import os
import re

_ACTIVE = re.compile(r'["\\$`]')


def quoted(text: str) -> str:
    """Return `text` in double quotes, as one word of a command line.

    "!" stands in single quotes: between double ones an interactive shell looks it up in its
    history, and keeps a backslash before it.  Windows has none of these characters.
    """
    if os.name == "nt":
        return f'"{text}"'
    return '"' + _ACTIVE.sub(r"\\\g<0>", text).replace("!", "\"'!'\"") + '"'


def printable(text: str) -> str:
    """Return `text` with control characters escaped, but for new lines."""
    if text.isprintable():  # nearly all
        return text
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
