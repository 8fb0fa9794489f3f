"""The namespace `xp` that a case's function sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcheck.errors import MissingOperation


class Namespace:
    """An engine's operations as attributes; one that it lacks raises MissingOperation."""

    def __init__(self, engine: str, operations: Mapping[str, Callable[..., Any]]) -> None:
        self.__dict__.update(operations)
        self.__name__ = engine

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        raise MissingOperation(f"{self.__name__} has no operation {operation!r}")
