"""Declarative case files: YAML and Python -> `Case`s, or every mistake in them at once."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.cases.loading import Loaded as Loaded
    from gradcheck.cases.loading import MissingPath as MissingPath
    from gradcheck.cases.loading import load as load
    from gradcheck.cases.python_file import case as case

__all__ = ["Loaded", "MissingPath", "case", "load"]


def __getattr__(name: str) -> Any:
    # `case` must come without YAML and pydantic: a case file is imported by others, too
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "python_file" if name == "case" else "loading"
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
