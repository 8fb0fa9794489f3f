"""Paths -> cases: folders, files, and `file::slug[variant]`."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from gradcheck.cases.python_file import read_python
from gradcheck.cases.schema import Known
from gradcheck.cases.wording import nearest
from gradcheck.cases.yaml_file import read_yaml
from gradcheck.errors import Mistake
from gradcheck.imports import IMPORTS_US
from gradcheck.vocabulary import Case, Place

YAML = (".yaml", ".yml")


class MissingPath(LookupError):
    """A path, or a case in it, does not exist."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The cases of all files, and every mistake in any of them."""

    cases: tuple[Case, ...]
    mistakes: tuple[Mistake, ...]


@dataclass(slots=True)
class _Wanted:
    """A file to load; `names` are slugs or slugs with a variant, none means all its cases."""

    path: Path
    named: bool
    names: list[str]


def load(
    paths: Iterable[str | Path],
    *,
    root: Path,
    operations: Collection[str],
    checks: Collection[str],
    engines: Collection[str],
    findings: Collection[str] = (),
    modules: Mapping[str, ModuleType] | None = None,
    python: bool = True,
) -> Loaded:
    """Return the cases below `paths` and every mistake of every file.

    A path is a folder, a file, `file::slug` or `file::slug[8-float32]`. Files are shown
    relative to `root`. `operations`, `checks`, `engines` and `findings` are the names that
    cases may use; `modules` stand in `sys.modules` while Python files load. Without `python`
    those in folders are left out and a named one is a mistake. Raises MissingPath for a path or
    a case that is not there.
    """
    known = Known(frozenset(operations), tuple(checks), tuple(engines), tuple(findings))
    cases: list[Case] = []
    mistakes: list[Mistake] = []
    with _without_collector():
        for wanted in _wanted(paths, python):
            made, wrong = _read(wanted, _shown(wanted.path, root), known, modules or {}, python)
            cases += _chosen(made, wanted, wrong)
            mistakes += wrong
    return Loaded(tuple(cases), tuple(mistakes))


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the cyclic collector off: it would walk all that has been loaded, again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read(
    wanted: _Wanted,
    shown: str,
    known: Known,
    modules: Mapping[str, ModuleType],
    python: bool,
) -> tuple[list[Case], list[Mistake]]:
    if wanted.path.suffix != ".py":
        return read_yaml(wanted.path, shown, known)
    if python:
        return read_python(wanted.path, shown, known, modules)
    return [], [Mistake(Place(shown), "a Python case file is code, and is refused here")]


def _shown(path: Path, root: Path) -> str:
    """Return `path` relative to `root`, or whole where it lies elsewhere, with `/`."""
    path, root = Path(os.path.abspath(path)), Path(os.path.abspath(root))
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


# ---------------------------------------------------------------- files


def _wanted(paths: Iterable[str | Path], python: bool) -> list[_Wanted]:
    """Return each file once, in the order in which it is first met."""
    files: dict[Path, _Wanted] = {}
    for text in map(str, paths):
        name, separator, case = text.partition("::")
        path = Path(name)
        if separator and not (name and case):
            raise MissingPath(f"{text!r} names no case: expected a file, '::' and the case's id")
        if case and path.is_dir():
            raise MissingPath(f"{name!r} is a folder: name the file in it that holds {case!r}")
        if not path.exists():
            raise MissingPath(f"no file or folder {name!r}{_near_file(path)}")
        for file in _below(path, python):
            key = Path(os.path.abspath(file))
            known = key in files
            wanted = files.setdefault(key, _Wanted(file, not path.is_dir(), []))
            if not case:
                wanted.names.clear()
            elif not known or wanted.names:
                wanted.names.append(case)
    return list(files.values())


def _near_file(path: Path) -> str:
    siblings = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    return nearest(path.name, siblings)


def _below(path: Path, python: bool) -> Iterator[Path]:
    if not path.is_dir():
        if path.suffix not in (*YAML, ".py") or not path.is_file():
            raise MissingPath(f"{str(path)!r} is no case file: .yaml, .yml or .py")
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(n for n in folders if n[0] != "." and n != "__pycache__")
        for name in sorted(names):
            if name[0] != "." and _holds_cases(Path(folder, name), python):
                yield Path(folder, name)


def _holds_cases(file: Path, python: bool) -> bool:
    """Return whether a file in a folder is meant to hold cases."""
    if file.suffix in YAML:
        return file.is_file() and not file.stem.endswith(".schema")
    name = file.stem
    skipped = name.startswith(("_", "test_")) or name.endswith("_test") or name == "conftest"
    if file.suffix != ".py" or skipped or not python or not file.is_file():
        return False
    return IMPORTS_US.search(file.read_bytes()) is not None


# ---------------------------------------------------------------- cases


def _chosen(cases: list[Case], wanted: _Wanted, mistakes: list[Mistake]) -> list[Case]:
    """Return the cases that are asked for; a case with a mistake is there, though not usable.

    A variant at one of the sizes to time it at is there under its name, and not otherwise.
    """
    if not wanted.names:
        return cases
    sized = {each.id: each for case in cases for each in case.sized}
    declared = {case.id for case in cases}
    cases = [*cases, *(each for name, each in sized.items() if name not in declared)]
    for name in wanted.names:
        if not any(_is_named(case, name) for case in cases) and not mistakes:
            options = {case.slug for case in cases} | {_full_name(case) for case in cases}
            raise MissingPath(f"no case {name!r} in {str(wanted.path)!r}{nearest(name, options)}")
    # A slug alone means the variants that are declared.
    slugs = {case.id: case.slug if case.id in declared else "" for case in cases}
    return [case for case in cases if {_full_name(case), slugs[case.id]} & {*wanted.names}]


def _is_named(case: Case, name: str) -> bool:
    return name in (case.slug, _full_name(case))


def _full_name(case: Case) -> str:
    return case.id.partition("::")[2]
