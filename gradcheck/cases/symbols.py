"""`$` names: the matrix that declares them, its variants, and what stands in their place."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gradcheck.cases.complaints import Complaints
from gradcheck.cases.document import Loc
from gradcheck.cases.scalars import BROKEN
from gradcheck.cases.schema import IDENTIFIER, RESERVED, SYMBOL
from gradcheck.cases.wording import shown, undeclared, unknown

MAX_VARIANTS = 10_000

SITES = ("inputs", "expect", "steps", "tolerance", "fault")
"""Where a `$` name can stand as a whole value; expressions have them as constants."""

_SYMBOL = re.compile(SYMBOL)
_INSIDE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_IDENTIFIER = re.compile(IDENTIFIER)


def count(matrix: Any) -> int:
    """Return how many variants a matrix makes."""
    values = matrix.values() if isinstance(matrix, Mapping) else ()
    return math.prod(len(each) for each in values if isinstance(each, list) and each)


def variants(matrix: Any, complaints: Complaints) -> Iterator[dict[str, Any]]:
    """Yield the values of each variant, names in order of declaration; one empty without matrix.

    What the matrix declares in vain (reserved values, repetitions, too many variants) is noted;
    its types are the schema's concern.
    """
    usable = _usable(matrix, complaints)
    if (many := count(usable)) > MAX_VARIANTS:
        complaints.value(("matrix",), f"{many:,} variants; a case has at most {MAX_VARIANTS:,}")
        usable = {name: values[:1] for name, values in usable.items()}
    for values in itertools.product(*usable.values()):
        yield dict(zip(usable, values, strict=True))


def _usable(matrix: Any, complaints: Complaints) -> dict[str, list[Any]]:
    """Return the part of a matrix that can be used; what is not of the right type is left out."""
    if not isinstance(matrix, Mapping):
        return {}
    usable = {}
    for name, values in matrix.items():
        if isinstance(values, list) and values and _IDENTIFIER.match(name):
            _note_repeated(name, values, complaints)
            usable[name] = _allowed(name, values, complaints)
    return usable


def _note_repeated(name: str, values: list[Any], complaints: Complaints) -> None:
    seen: set[str] = set()
    for i, value in enumerate(values):
        if str(value) in seen:
            complaints.value(("matrix", name, i), f"{shown(value)} stands twice in 'matrix'")
        seen.add(str(value))


def _allowed(name: str, values: list[Any], complaints: Complaints) -> list[Any]:
    """Return the values that a name may have, so that the rest of the case can be read."""
    options = RESERVED.get(name)
    if options is None:
        return values
    for i, value in enumerate(values):
        if value not in options:
            message = unknown(f"{name} of 'matrix'", str(value), options, f"{name}s")
            complaints.value(("matrix", name, i), message)
    return [value for value in values if value in options] or [options[0]]


class Substitution:
    """Puts one variant's values in place of `$` names and remembers which were used."""

    def __init__(self, symbols: Mapping[str, Any], complaints: Complaints) -> None:
        self.used: set[str] = set()
        self._symbols = symbols
        self._complaints = complaints

    def case(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the case with every `$` name in `SITES` replaced; expressions keep theirs."""
        data = dict(raw)
        for site in SITES:
            if site in data:
                data[site] = self._value(data[site], (site,))
        return data

    def _value(self, value: Any, loc: Loc) -> Any:
        if isinstance(value, str):
            return self._text(value, loc) if "$" in value else value
        if isinstance(value, list):
            return [self._value(item, (*loc, i)) for i, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self._entry(key, item, loc) for key, item in value.items()}
        return value

    def _entry(self, key: str, value: Any, loc: Loc) -> Any:
        if key == "function" and loc[:1] == ("steps",):
            return value
        return self._value(value, (*loc, key))

    def _text(self, text: str, loc: Loc) -> Any:
        name = text[1:]
        if not _SYMBOL.match(text):
            self.used |= set(_INSIDE.findall(text))
            self._complaints.value(
                loc,
                f"a `$` name stands alone, without arithmetic; found {shown(text)}: "
                "declare another name in 'matrix'",
            )
        elif name not in self._symbols:
            self._complaints.value(loc, undeclared(name, self._symbols))
        else:
            self.used.add(name)
            return self._symbols[name]
        return BROKEN
