"""Tables as text and as Markdown: what tabulate leaves to its user."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tabulate import tabulate

from gradcheck.quoting import printable

# What would end a cell, or be taken for markup.
_MARKUP = re.compile(r"[|*`<]")


def tabled(
    lines: Iterable[Sequence[str]], headers: Sequence[str], align: str, tablefmt: str
) -> str:
    """Return lines of cells below their headers.

    `align` has one letter a column, l or r; "" is left for all.  `tablefmt` is tabulate's.
    """
    cells = [[_cell(text, tablefmt) for text in line] for line in lines]
    sides = ["right" if letter == "r" else "left" for letter in align or "l" * len(headers)]
    # Without disable_numparse a case named "1e5" would be printed as 100000.
    return tabulate(cells, headers, tablefmt, disable_numparse=True, colalign=sides)


def _cell(text: str, tablefmt: str) -> str:
    text = printable(" ".join(text.split()))
    return _MARKUP.sub(r"\\\g<0>", text) if tablefmt == "github" else text
