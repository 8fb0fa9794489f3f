"""Which cases a command line means: paths, `-e`, `-k`, and the mistakes found on the way."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck import cli
from gradcheck.quoting import printable
from gradcheck.settings import Unreadable, configured_paths

if TYPE_CHECKING:
    from gradcheck.bench.workload import Workload
    from gradcheck.errors import Mistake
    from gradcheck.vocabulary import Case

Pair = tuple["Case", str]
DEFAULT_PATHS = ("cases",)


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that choose cases."""
    add = parser.add_argument
    where = "folder, file, or file::slug (default: the ini gradcheck_cases, else cases)"
    add("paths", nargs="*", default=[], metavar="PATH", help=where)
    add("-k", default="", metavar="EXPR", help="only cases whose names match, as in pytest")
    add(
        "-e",
        dest="engine",
        action="append",
        default=[],
        metavar="ENGINE",
        help="engine to run on: a name, or a file or module with one of your own (./steps.py)",
    )
    add("--no-python", action="store_true", help="refuse Python case files: they are code")


def read(options: argparse.Namespace) -> tuple[Path, list[Case], list[Mistake]]:
    """Return the root, the cases and the mistakes; the mistakes are printed on stderr."""
    from gradcheck.cases import MissingPath
    from gradcheck.reading import find_root, make_importable, read_cases

    root = find_root(Path.cwd())
    if options.engine:  # a module of one's own, perhaps
        make_importable(Path.cwd())
        make_importable(root)
    try:
        loaded = read_cases(paths_of(options, root), root, python=not options.no_python)
    except MissingPath as error:
        raise cli.UsageError(str(error)) from error
    for mistake in loaded.mistakes:
        print(printable(str(mistake)), file=sys.stderr)
    if loaded.mistakes:
        count = len(loaded.mistakes)
        print(f"{count} mistake{'s' * (count > 1)} in case files", file=sys.stderr)
    return root, list(loaded.cases), list(loaded.mistakes)


def paths_of(options: argparse.Namespace, root: Path) -> list[str]:
    """Return the paths that a command line means: its own, those configured, or the default."""
    if options.paths:
        return [_from(root, path) for path in options.paths]
    try:
        return configured_paths(root) or [_from(root, path) for path in DEFAULT_PATHS]
    except Unreadable as error:
        raise cli.UsageError(str(error)) from error


def _from(root: Path, path: str) -> str:
    """Reports show paths from the root: such a path is understood from a folder below, too."""
    file = path.partition("::")[0]
    return path if Path(file).exists() or not (root / file).exists() else str(root / path)


def relative(engine: str) -> str:
    """Return how timings call an engine: one's own file by its place from here.

    In a revision it is another file, and in another run the same, however it was spelt.
    """
    if not engine.endswith(".py"):
        return engine
    try:
        return Path(os.path.relpath(engine)).as_posix()
    except ValueError:  # on Windows, another drive
        return Path(engine).as_posix()


def select(
    cases: Sequence[Case],
    options: argparse.Namespace,
    unusable: Callable[[str], str] | None = None,
) -> tuple[list[Pair], int]:
    """Return each case with each engine it is to run on, and how many were left out.

    `unusable` says why an engine cannot be used, where the caller has a process to ask in.
    """
    from gradcheck.runner import engines_of

    engines = list(dict.fromkeys(options.engine))
    selects = selection(options, unusable)
    everything = [(c, e) for c in cases for e in engines_of(c, engines) or ("",)]
    kept = [(case, engine) for case, engine in everything if engine and selects(case, engine)]
    return kept, len(everything) - len(kept)


def selection(
    options: argparse.Namespace, unusable: Callable[[str], str] | None = None
) -> Callable[[Case, str], bool]:
    """Return whether a case on an engine is meant by `-k`; the engines of `-e` must be there."""
    from gradcheck.executors.isolated import Isolated
    from gradcheck.selection import SelectionError, selector

    if unusable:
        _require_engines(options.engine, unusable)
    else:
        with Isolated(Path.cwd()) as executor:
            _require_engines(options.engine, executor.unusable)
    try:
        return selector(options.k)
    except SelectionError as error:
        raise cli.UsageError(str(error)) from error


def progress(workloads: Iterable[Workload], stage: str) -> Iterable[Workload]:
    """Pass workloads on, and show on a terminal how far they are."""
    from tqdm import tqdm

    # disable=None: progress is for a terminal only.
    return tqdm(workloads, stage, unit="case", leave=False, disable=None, file=sys.stderr)


def nothing_timed(options: argparse.Namespace) -> str:
    """Return why a selection holds nothing to time, and what would be."""
    among = f" among those that match -k {options.k!r}" if options.k else ""
    return (
        f"no case chosen has a `benchmark`{among} (one with "
        "`benchmark: {sizes: {n: [100, 10000]}}` is timed at these sizes)"
    )


def timed(cases: Sequence[Case], options: argparse.Namespace) -> list[Workload]:
    """Return what is to be timed of cases; `-k` chooses a size by its own name, too."""
    from gradcheck.bench.workload import PHASES, workloads

    selects = selection(options)
    engines = tuple(dict.fromkeys(options.engine))
    found = workloads(cases, engines, options.phase or PHASES)
    return [each for each in found if selects(each.case, each.engine)]


def _require_engines(names: Sequence[str], unusable: Callable[[str], str]) -> None:
    import difflib

    from gradcheck.adapters import ADAPTERS, is_known

    for name in names:
        if not is_known(name):
            file = [f"./{name}.py"] if Path(f"{name}.py").is_file() else []
            near = file or difflib.get_close_matches(name, list(ADAPTERS), 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            known = ", ".join(sorted(ADAPTERS))
            raise cli.UsageError(f"no engine {name!r}; {hint}engines: {known}")
        if reason := unusable(name):
            raise cli.UsageError(reason)
