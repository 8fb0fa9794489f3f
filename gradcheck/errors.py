"""The errors that users meet."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradcheck.vocabulary import Place


class GradientError(AssertionError):
    """A gradient is wrong; the text is the report."""


class InconclusiveError(AssertionError):
    """A gradient could not be judged; the text is the report with its reason."""


class MissingOperation(AttributeError):
    """An engine lacks an operation that a case uses; the case is skipped there."""


class MissingCapability(MissingOperation):
    """An engine cannot do what one check is about; only that check is skipped."""


class NothingToCompare(ValueError):
    """A check has nothing to say of a case; where no other has either, the case is an ERROR."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a case file: what was found, what was expected, the nearest name."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class CaseError(ValueError):
    """Case files hold mistakes: all of them, one line each."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


# ---------------------------------------------------------------- exceptions of users' code

_TOO_DEEP = (
    "a function calls itself once for each operation of a deep graph, and Python allows about a "
    "thousand such calls: walk the graph in a loop over a list"
)
_NOBODY = "the code asks for input, and nobody is there to answer"
_WAYS_OUT: Sequence[tuple[type[Exception], str]] = (
    (RecursionError, _TOO_DEEP),
    (EOFError, _NOBODY),
)


def told(error: BaseException) -> str:
    """Return an exception with its notes, the innermost place in users' code, and a way out."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}:{error.lineno})"
    text = "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)
    place = users_place([(frame.filename, frame.lineno or 0) for frame in frames])
    ways_out = [words for kind, words in _WAYS_OUT if isinstance(error, kind)]
    return "; ".join([f"{text} ({place})" if place else text, *ways_out])


def users_place(frames: Sequence[tuple[str, int]]) -> str:
    """Return "file:line" of the last frame in a user's file, else in any but ours; "" for none."""
    foreign = [frame for frame in frames if not frame[0].startswith((_OWN_FOLDER, "<"))]
    users = [frame for frame in foreign if not _is_of_a_library(frame[0])]
    return "{}:{}".format(*(users or foreign)[-1]) if foreign else ""


_OWN_FOLDER = __file__.rpartition("errors.py")[0]


def _is_of_a_library(file: str) -> bool:
    installed = ("site-packages", "dist-packages")
    return any(part in installed for part in Path(file).parts) or file.startswith(_STDLIB)


_STDLIB = sysconfig.get_path("stdlib")
