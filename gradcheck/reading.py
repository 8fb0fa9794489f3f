"""The case library of a project: files read with every name that cases may use here."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from types import ModuleType

from gradcheck.adapters import ADAPTERS, adapter
from gradcheck.adapters.engine import engine_module
from gradcheck.cases import Loaded, load
from gradcheck.checks import CHECKS
from gradcheck.diagnosis import DIAGNOSES, WALK_DIAGNOSES
from gradcheck.localise import PLACES


def read_cases(
    paths: Sequence[str], root: Path, *, python: bool = True, importing: Path | None = None
) -> Loaded:
    """Return the cases below `paths` and the mistakes beside them.

    importing: the folder whose modules Python files may import (default: root).
    """
    if python:
        make_importable(importing or root)
    return load(
        paths,
        root=root,
        operations=operation_names(),
        checks=tuple(CHECKS),
        engines=tuple(ADAPTERS),
        findings=(*DIAGNOSES, *WALK_DIAGNOSES, *PLACES),
        modules=_engine_modules(),
        python=python,
    )


def make_importable(folder: Path) -> None:
    """Let modules of `folder` be found: a case may import some only when it runs.

    Last of all places, so that none of them hides a package.
    """
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def operation_names() -> Collection[str]:
    """Return the names that expressions may call: the operations of all engines, there or not."""
    return {operation for name in ADAPTERS for operation in _operations(name)}


def _operations(name: str) -> Iterable[str]:
    try:
        return adapter(name).operations()
    except Exception:  # what others installed; who asks for that engine is told why it cannot be
        return ()


def find_root(start: Path) -> Path:
    """Return the nearest folder from `start` upwards with a project's settings, else `start`."""
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in _OF_A_ROOT):
            return folder
    return start


_OF_A_ROOT = ("pyproject.toml", "tox.ini", "pytest.ini", ".pytest.ini", "pytest.toml")


def _engine_modules() -> dict[str, ModuleType]:
    """Our engine under the name `engine`, for Python case files while they load."""
    ours = engine_module()
    prefix = f"{ours.__name__}."
    parts = {n: m for n, m in sys.modules.items() if n.startswith(prefix)}
    return {"engine": ours, **{f"engine.{n.removeprefix(prefix)}": m for n, m in parts.items()}}
