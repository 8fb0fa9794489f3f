"""Plug-ins by name: one registry a kind, filled by the files of one package."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Plugin = TypeVar("Plugin")


class Registry(Generic[Plugin]):
    """Names and what they stand for; every module of `package` is imported before the first look.

    What others have installed under the entry-point group `group` is known by name, and imported
    when it is asked for.  A name is taken once: a second registration raises ValueError, for
    replacing in silence is how plug-ins get lost.
    """

    def __init__(self, kind: str, package: str, group: str = "") -> None:
        self._kind = kind
        self._package = package
        self._group = group
        self._entries: dict[str, Plugin] = {}
        self._points: dict[str, importlib.metadata.EntryPoint] = {}
        self._complete = False

    def register(self, name: str) -> Callable[[Plugin], Plugin]:
        """Return a decorator that enters what it decorates under `name`."""

        def enter(plugin: Plugin) -> Plugin:
            # A module that is imported anew enters its own once more.
            if name in self._entries and _origin(self._entries[name]) != _origin(plugin):
                raise ValueError(f"the {self._kind} {name!r} is there already")
            self._entries[name] = plugin
            return plugin

        return enter

    def __getitem__(self, name: str) -> Plugin:
        self._discover()
        if name not in self._entries and name in self._points:
            # Its module may register what it has by itself.
            loaded: Plugin = self._points[name].load()
            self._entries.setdefault(name, loaded)
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._entries or name in self._points

    def __iter__(self) -> Iterator[str]:
        self._discover()
        return iter(dict.fromkeys([*self._entries, *self._points]))

    def _discover(self) -> None:
        if self._complete:
            return
        self._complete = True
        package = importlib.import_module(self._package)
        for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"{self._package}.{module}")
        for point in importlib.metadata.entry_points(group=self._group) if self._group else ():
            if point.name in self._entries or point.name in self._points:
                known = f"the {self._kind} {point.name!r} is there already"
                raise ValueError(f"entry point {point.value!r} of {self._group}: {known}")
            self._points[point.name] = point


def _origin(plugin: object) -> object:
    """Where a class or function was written; of anything else the thing itself."""
    name = getattr(plugin, "__qualname__", None)
    return (getattr(plugin, "__module__", None), name) if name else plugin
