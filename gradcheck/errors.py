"""The errors that users meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.vocabulary import Place


class GradientError(AssertionError):
    """A gradient is wrong; the text is the report."""


class InconclusiveError(AssertionError):
    """A gradient could not be judged; the text is the report with its reason."""


class MissingOperation(AttributeError):
    """An engine lacks an operation that a case uses; the case is skipped there."""


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
