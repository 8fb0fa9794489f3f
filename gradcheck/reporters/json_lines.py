"""Results as JSON Lines: a header, then one line an outcome, flushed as they come."""

from __future__ import annotations

import errno
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from gradcheck.reporters import REPORTERS
from gradcheck.reporters.rows import Run
from gradcheck.vocabulary import Detects, Outcome, Verdict, plain

SCHEMA = "gradcheck-results"
VERSION = 1


@REPORTERS.register("json")
class JsonLines:
    """Writes a header and then outcomes to an open text stream."""

    def __init__(self, stream: IO[str], seed: int) -> None:
        self._stream = stream
        self._write(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "seed": seed,
                "python": platform.python_version(),
                "numpy": np.__version__,
            }
        )

    def outcome(self, outcome: Outcome) -> None:
        """Write one outcome."""
        self._write({**plain(outcome), "place": str(outcome.place)})

    def end(self, run: Run) -> None:
        """Write nothing: every line stands already."""

    def _write(self, record: dict[str, Any]) -> None:
        self._stream.write(json.dumps(record, allow_nan=False) + "\n")
        self._stream.flush()


class NoResults(ValueError):
    """A file holds no results that can be read; the text says why."""


def outcomes_in(file: Path) -> list[Outcome]:
    """Return the outcomes of a file of results, as far as verdicts and detections go.

    Raises NoResults for a file of another kind, or a damaged one; OSError where there is none.
    """
    try:
        header, *records = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        if (header["schema"], header["version"]) != (SCHEMA, VERSION):
            raise NoResults(f"{file}: results of another kind: {header['schema']}")
        return [_outcome(record) for record in records]
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, NoResults):
            raise
        raise NoResults(f"{file}: no results of `gradcheck run`, or damaged: {error}") from error


def _outcome(record: dict[str, Any]) -> Outcome:
    detects = {
        name: Detects(float(one["factor"]), float(one["entry"]), bool(one["absolute"]))
        for name, one in record["detects"].items()
    }
    verdict = Verdict(record["verdict"])
    return Outcome(record["case"], record["engine"], record["check"], verdict, detects=detects)


@contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """Open a file that takes the place of `path` in one move when the block ends.

    Whatever ends the block, what was written is kept, and nothing written replaces nothing; only a
    kill leaves it under its temporary name, in the same folder and ending in `.partial`.  What is
    no file (a device, a pipe) stays what it is and is written to; a folder is an OSError.
    """
    if path.exists() and not path.is_file():
        with open(path, "w", encoding="utf-8") as stream:
            yield stream
        return
    file = path.resolve()  # a link stays one, too
    handle, name = _temporary(file)
    try:
        with open(handle, "w", encoding="utf-8") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
    finally:
        _put(name, file)


def unwritable(folder: Path) -> str:
    """Return why no file can be put into `folder`, which may still have to be made; "" if it can.

    Nothing is written.
    """
    there = next((place for place in (folder, *folder.parents) if place.exists()), None)
    if there is None:
        return "there is no such drive"
    if not there.is_dir():
        return "a file is in the way of this folder"
    return "" if os.access(there, os.W_OK) else "this folder cannot be written to"


def _temporary(file: Path) -> tuple[int, str]:
    if reason := unwritable(file.parent):
        raise PermissionError(errno.EACCES, reason, str(file.parent))
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return tempfile.mkstemp(".partial", f"{file.name}.", file.parent)
    except OSError as error:  # people know the name that they gave
        raise OSError(error.errno, error.strerror, str(file)) from error


def _put(name: str, path: Path) -> None:
    if not os.path.getsize(name):
        os.unlink(name)
        return
    # mkstemp makes files that only their owner reads; a report is for everybody.
    os.chmod(name, 0o666 & ~_umask())
    os.replace(name, path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
