"""Engines seen from the harness: one file each, found without a list."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from gradcheck.registry import Registry
from gradcheck.vocabulary import Adapter

ADAPTERS: Registry[Callable[[], Adapter]] = Registry("engine", "gradcheck.adapters")


@cache
def adapter(name: str) -> Adapter:
    """Return the adapter named `name`; KeyError where there is none."""
    return ADAPTERS[name]()
