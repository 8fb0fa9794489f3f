"""Literal numbers: what may stand in `data` and `expect`, and what is nearly a number.

The checks raise ValueError(message, place), the place counted from the value that they were given.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from gradcheck.cases.scalars import BROKEN, resolve
from gradcheck.cases.wording import HERE, found

MAX_AXES = 32

Path = tuple[int, ...]
_COMPLEX = re.compile(r"[-+.0-9eE]*[0-9.]j", re.ASCII)


def number(value: Any) -> Any:
    """Return `value`; a text that looks like a number raises with the way to write it."""
    if isinstance(value, str):
        raise ValueError(f"expected a number{HERE}, found {found(value)}{as_number(value)}", ())
    return value


def numbers(value: Any) -> Any:
    """Return a number or nested lists of numbers, complex numbers written as text converted."""
    return _read(value, ())


def rectangular(value: Any) -> Any:
    """Return what `numbers` returns, once all rows are known to be of one length."""
    read = _read(value, ())
    _shape(read, ())
    return read


def _read(value: Any, at: Path) -> Any:
    if isinstance(value, bool | int | float | complex | np.longdouble | np.clongdouble):
        return value
    if isinstance(value, list) and len(at) < MAX_AXES:
        return [_read(item, (*at, i)) for i, item in enumerate(value)]
    if isinstance(value, str) and _COMPLEX.fullmatch(value):
        return _complex(value, at)
    if value is BROKEN:
        return 0.0
    raise ValueError(f"expected a number{HERE}, found {found(value)}{as_number(value)}", at)


def _complex(text: str, at: Path) -> complex:
    try:
        return complex(text)
    except ValueError as error:
        raise ValueError(
            f"expected a number such as 1+2j{HERE}, found {found(text)}", at
        ) from error


def as_number(value: Any) -> str:
    """Return the hint for a text that was meant as a number."""
    plain = value.strip().replace("_", "").replace(",", "") if isinstance(value, str) else ""
    try:
        meant = resolve(plain)
    except ValueError:
        return ""
    is_number = isinstance(meant, int | float) and not isinstance(meant, bool)
    return f"; write {plain}, without quotes" if is_number else ""


def _shape(value: Any, at: Path) -> tuple[int, ...]:
    if not isinstance(value, list):
        return ()
    shapes = [_shape(item, (*at, i)) for i, item in enumerate(value)]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ValueError(
                f"rows of unequal shape: expected {list(shapes[0])} like the first, "
                f"found {list(shape)}",
                (*at, i),
            )
    return (len(value), *(shapes[0] if shapes else ()))
