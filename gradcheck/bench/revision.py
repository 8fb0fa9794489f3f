"""A revision of a project checked out beside its working tree, and taken away again."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gradcheck.adapters.engine import ENGINE_FOLDER
from gradcheck.bench.side import Side, counterpart
from gradcheck.signals import deaf, terminable

# A hook is told by these where its repository is, which would misplace a worktree.
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")


class RevisionError(Exception):
    """There is no such revision to compare with; the text says why, and the next step."""


class NothingThere(Exception):
    """The revision has not got what is to be compared."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision by the name it was called, its commit, the working tree and its own files."""

    name: str
    commit: str
    top: Path
    folder: Path

    def __str__(self) -> str:
        return self.name if self.commit.startswith(self.name) else f"{self.name} ({self.commit})"


@contextlib.contextmanager
def checked_out(name: str, start: Path) -> Iterator[Revision]:
    """Check the revision `name` of the repository around `start` out into a temporary folder.

    Whatever ends the block, the folder and git's note of it are removed.  RevisionError where
    there is no git, no repository or no such revision.
    """
    top = Path(_git(start, "rev-parse", "--show-toplevel").strip())
    commit = _commit(name, top)
    with terminable(), tempfile.TemporaryDirectory(prefix="gradcheck-") as temporary:
        folder = Path(temporary, "revision").resolve()
        try:
            # Hooks are for the user's own checkouts.
            hooks = f"core.hooksPath={os.devnull}"
            _git(top, "-c", hooks, "worktree", "add", "--detach", "--quiet", str(folder), commit)
            yield Revision(name, commit[:10], top, folder)
        finally:
            _remove(folder, top)


def _remove(folder: Path, top: Path) -> None:
    """Remove a worktree, even one that git was stopped in making; Ctrl-C comes too late here."""
    with deaf():
        with contextlib.suppress(RevisionError):  # it is locked only while it is made
            _git(top, "worktree", "unlock", str(folder))
        shutil.rmtree(folder, ignore_errors=True)
        _git(top, "worktree", "prune")


def _commit(name: str, top: Path) -> str:
    try:
        # `--end-of-options`: a revision named like an option is no option.
        arguments = ("--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return _git(top, "rev-parse", *arguments).strip()
    except RevisionError:
        pass
    shallow = _git(top, "rev-parse", "--is-shallow-repository").strip() == "true"
    hint = (
        "this clone is shallow: run `git fetch --unshallow`, or have CI fetch the whole history "
        "(actions/checkout with `fetch-depth: 0`)"
        if shallow
        else "`git log --oneline` shows those that there are"
    )
    raise RevisionError(f"no revision {name!r} in {top}; {hint}")


def sides_of(revision: Revision, new: Side) -> tuple[Side, Side]:
    """Return the side of `revision` and that of the working tree, which differ in their code.

    Where our engine is part of the project, each has its own.  NothingThere where the revision has
    no engine, or not the folder that the command was started in.
    """
    trees = (str(revision.top), str(revision.folder))
    engine = ENGINE_FOLDER if _is_tracked(ENGINE_FOLDER, revision.top) else None
    old = replace(
        new,
        folder=_required(Path(new.folder), trees, revision),
        trees=trees,
        engine=_required(engine, trees, revision) if engine else "",
    )
    return old, replace(new, engine=str(engine or ""))


def _is_tracked(folder: Path, top: Path) -> bool:
    """Whether a folder is part of the repository, and not of an environment that stands in it."""
    return folder.is_relative_to(top) and bool(_git(top, "ls-files", str(folder)))


def _required(folder: Path, trees: Sequence[str], revision: Revision) -> str:
    there = counterpart(str(folder), trees)
    if there is None or not there.is_dir():
        shown = folder.relative_to(revision.top).as_posix()
        raise NothingThere(f"revision {revision} has no folder {shown!r}: nothing to compare with")
    return str(there)


def is_dirty(top: Path) -> bool:
    """Whether the working tree differs from its own commit."""
    return bool(_git(top, "status", "--porcelain").strip())


def _git(folder: Path, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in _OF_A_HOOK}
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C must not end git halfway
        )
    except FileNotFoundError as error:
        raise RevisionError("git is not installed: a revision cannot be checked out") from error
    if done.returncode:
        said = done.stderr.strip().removeprefix("fatal: ").splitlines()
        raise RevisionError(f"git {arguments[0]}: {said[0] if said else 'failed'} (in {folder})")
    return done.stdout
