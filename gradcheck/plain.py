"""Dataclasses as what JSON knows: dicts, lists, numbers and text."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

_PLAIN = frozenset((str, int, bool, type(None)))


def plain(thing: Any) -> Any:
    """Return dataclasses, enums and tuples as dicts, text and lists, for JSON.

    JSON has no NaN and no infinity: these become text.
    """
    if type(thing) in _PLAIN:  # most of what there is
        return thing
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else str(thing)
    if is_dataclass(thing):
        return {f.name: plain(getattr(thing, f.name)) for f in fields(thing)}
    if isinstance(thing, enum.Enum):
        return str(thing)
    if isinstance(thing, Mapping):
        return {str(key): plain(value) for key, value in thing.items()}
    if isinstance(thing, tuple | list):
        return [plain(value) for value in thing]
    return thing
