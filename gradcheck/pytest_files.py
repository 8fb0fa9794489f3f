"""Which files of a project are case files, told by their names and by their text."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable
from pathlib import Path

from gradcheck.imports import IMPORTS_US

LARGEST = 8 * 2**20
"""Bytes of a file that are looked at: the loader refuses larger case files, in its own words."""

# At the start of a line, or the first thing in the file: indented, or in braces.  All repetitions
# are possessive, so that no file can make the search take more than linear time.
_CASES_KEY = re.compile(
    rb"""
    (?: ^ | \A (?:\xef\xbb\xbf)?+ (?: [ \t\r]*+ (?:(?:\#|%|---)[^\n]*+)?+ \n )*+
            [ \t]*+ (?:\{\s*+)?+ )
    (?: cases[ \t]*+:(?=\s|\Z) | (?:"cases"|'cases')[ \t]*+: )""",
    re.MULTILINE | re.VERBOSE,
)
_MEANT = {".yaml": _CASES_KEY, ".yml": _CASES_KEY, ".py": IMPORTS_US}


def reads_as_cases(path: Path) -> bool:
    """Whether the text of a file of a case file's kind says that it holds cases."""
    return _MEANT[path.suffix].search(_text(path)) is not None


def is_other_python(path: Path, patterns: Iterable[str]) -> bool:
    """Whether a Python file is there to be imported, or a test file by pytest's own pattern."""
    if path.name.startswith("_") or path.name == "conftest.py":
        return True
    return any(
        fnmatch.fnmatch(path.as_posix(), f"*/{pattern}")
        if "/" in pattern
        else fnmatch.fnmatch(path.name, pattern)
        for pattern in patterns
    )


def _text(path: Path) -> bytes:
    """Return what is looked at of a file; a file that cannot be read is not ours."""
    try:
        with path.open("rb") as stream:
            # Not read(LARGEST): that makes room for as much, for each of many small files.
            return stream.read(min(LARGEST, os.fstat(stream.fileno()).st_size))
    except OSError:
        return b""
