"""Plug-ins by name: one registry a kind, filled by the files of one package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Plugin = TypeVar("Plugin")


class Registry(Generic[Plugin]):
    """Names and what they stand for; every module of `package` is imported before the first look.

    A name is taken once: a second registration raises ValueError, for replacing in silence is how
    plug-ins get lost.
    """

    def __init__(self, kind: str, package: str) -> None:
        self._kind = kind
        self._package = package
        self._entries: dict[str, Plugin] = {}
        self._complete = False

    def register(self, name: str) -> Callable[[Plugin], Plugin]:
        """Return a decorator that enters what it decorates under `name`."""

        def enter(plugin: Plugin) -> Plugin:
            if name in self._entries:
                raise ValueError(f"there is already a {self._kind} named {name!r}")
            self._entries[name] = plugin
            return plugin

        return enter

    def __getitem__(self, name: str) -> Plugin:
        self._discover()
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        self._discover()
        return iter(self._entries)

    def _discover(self) -> None:
        if self._complete:
            return
        self._complete = True
        package = importlib.import_module(self._package)
        for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"{self._package}.{module}")
