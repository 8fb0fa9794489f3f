"""Engines seen from the harness: one file each, found without a list."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from gradcheck.registry import Registry
from gradcheck.vocabulary import Adapter

ADAPTERS: Registry[Callable[[], Adapter]] = Registry(
    "engine", "gradcheck.adapters", group="gradcheck.engines"
)


@cache
def adapter(name: str) -> Adapter:
    """Return the adapter named `name`, or that of the engine in the file or module `name`."""
    if name in ADAPTERS:
        return ADAPTERS[name]()
    from gradcheck.adapters.own_file import own_engine

    return own_engine(name)


def is_known(name: str) -> bool:
    """Whether `name` is an engine's, or may be that of a file or module with an engine."""
    from gradcheck.adapters.own_file import is_own

    return name in ADAPTERS or is_own(name)


@cache
def unusable(name: str) -> str:
    """Return why the engine `name` cannot be used here, with the next step; empty if it can."""
    from gradcheck.adapters.own_file import unusable_file

    if not is_known(name):
        return f"no adapter for {name} in this version"
    if name not in ADAPTERS:
        return unusable_file(name)
    try:
        missing: Callable[[], str] = getattr(adapter(name), "missing", str)
    except Exception as error:  # what others installed may raise anything when it is imported
        return f"{name} cannot be used: {type(error).__name__}: {error}"
    return missing()
