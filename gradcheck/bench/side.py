"""A side of a duel: which code a worker runs on the cases of the working tree."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Side:
    """What a worker is told when it starts: plain text and numbers, for they go through JSON.

    Cases are read from `paths`, below `root`, always of the working tree; so is the harness.
    `folder` is where the worker stands and looks for modules first.  `trees` is empty for the
    working tree itself, else that tree and the one to take code from in its stead.  `engine` is the
    folder of the engine to use as our own, empty for the one beside the harness; `instead` names an
    engine that stands in for that of every workload.
    """

    root: str
    paths: Sequence[str]
    folder: str
    engines: Sequence[str] = ()
    trees: Sequence[str] = ()
    engine: str = ""
    instead: str = ""
    python: bool = True
    core: int | None = None


def side_here(root: Path, paths: Sequence[str], engines: Sequence[str], python: bool) -> Side:
    """Return the side of the working tree, as it is seen from the current folder."""
    places = [os.path.abspath(path) for path in paths]
    return Side(str(root), places, os.getcwd(), engines, python=python)


def workloads_of(side: Side) -> Callable[[str], Callable[[], object]]:
    """Move this process to `side`, read its cases, and return what prepares a workload by key.

    Preparing raises LookupError for a case that could not be read here, and ImportError where the
    wrong side's modules came in.
    """
    _stand(side)
    from gradcheck.bench.workload import prepared, workloads
    from gradcheck.reading import read_cases

    loaded = read_cases(
        list(side.paths),
        Path(side.root),
        python=side.python,
        importing=Path(moved(side.root, side.trees)),
    )
    by_key = {w.key: w for w in workloads(loaded.cases, engines=side.engines)}

    def prepare(key: str) -> Callable[[], object]:
        if key not in by_key:
            told = "; ".join(map(str, loaded.mistakes))
            raise LookupError(told or "the case cannot be read here")
        workload = by_key[key]
        call = prepared(replace(workload, engine=side.instead) if side.instead else workload)
        _refuse_strangers(side)
        return call

    return prepare


def _stand(side: Side) -> None:
    os.chdir(side.folder)
    sys.path[:] = [side.folder, *(moved(entry, side.trees) for entry in sys.path)]
    if side.engine:
        from gradcheck.adapters.engine import load_engine

        load_engine(Path(side.engine))


def moved(path: str, trees: Sequence[str]) -> str:
    """Return what stands in the other tree where `path` stands in the working tree.

    What the other tree has not (an environment's packages, say) stays as it is.
    """
    there = counterpart(path, trees)
    return str(there) if there is not None and there.exists() else path


def counterpart(path: str, trees: Sequence[str]) -> Path | None:
    """Return where the other tree would have `path`; None for what is outside of this one."""
    if not trees:
        return None
    here, there = trees
    absolute = Path(os.path.abspath(path))
    return Path(there, absolute.relative_to(here)) if absolute.is_relative_to(here) else None


def strangers(modules: Iterable[ModuleType], trees: Sequence[str]) -> list[str]:
    """Return the modules that came from the working tree and should be those of the other one."""
    found = []
    for module in modules:
        name, file = module.__name__, getattr(module, "__file__", None)
        if not file or name.partition(".")[0] == "gradcheck" or name.startswith("_gradcheck_cases"):
            continue
        there = counterpart(file, trees)
        if there is not None and there.exists():
            found.append(name)
    return found


def _refuse_strangers(side: Side) -> None:
    found = strangers(list(sys.modules.values()), side.trees)
    if found:
        raise ImportError(
            f"{', '.join(sorted(found)[:3])} came from the working tree and not from the revision: "
            "an installed package was found first; run without it, or with it below the project"
        )
