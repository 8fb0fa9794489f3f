"""What a project has configured for pytest, and the command line keeps to: where its cases are."""

from __future__ import annotations

import configparser
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

KEY = "gradcheck_cases"

# In pytest's order: the first file with its table counts.
_TABLES: Sequence[tuple[str, Sequence[str]]] = (
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pytest.ini", ("pytest",)),
    (".pytest.ini", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest", "ini_options")),
    ("pyproject.toml", ("tool", "pytest")),
    ("tox.ini", ("pytest",)),
    ("setup.cfg", ("tool:pytest",)),
)


class Unreadable(ValueError):
    """A file of settings cannot be read; the text says which and why."""


def configured_paths(root: Path) -> list[str]:
    """Return the whole paths that `gradcheck_cases` names in the files of `root`; none without it.

    Raises Unreadable for a file that is no TOML or INI, or a value that is no list of paths.
    """
    for name, keys in _TABLES:
        table = _table(root / name, keys)
        if table is not None:
            return [str(root / path) for path in _paths(name, table.get(KEY, []))]
    return []


def _paths(name: str, value: Any) -> list[str]:
    paths = shlex.split(value) if isinstance(value, str) else value
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise Unreadable(f"{name}: {KEY} = {value!r}: expected a list of paths")
    return paths


def _table(file: Path, keys: Sequence[str]) -> Mapping[str, Any] | None:
    """Return what stands below `keys`; None where the file or the table is not there."""
    if not file.is_file():
        return None
    try:
        text = file.read_text(encoding="utf-8-sig")
        found: Any = tomllib.loads(text) if file.suffix == ".toml" else _sections(text)
    except (tomllib.TOMLDecodeError, configparser.Error, UnicodeDecodeError) as error:
        raise Unreadable(f"{file.name}: {error}") from error
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _sections(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    return {name: {k: v or "" for k, v in parser[name].items()} for name in parser.sections()}
