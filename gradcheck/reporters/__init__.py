"""Outcomes as text and files: one file a form, found by name; nothing here opens stdout."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Protocol

from gradcheck.registry import Registry

if TYPE_CHECKING:
    from gradcheck.reporters.rows import Run
    from gradcheck.vocabulary import Outcome


class Writer(Protocol):
    """Writes a run to a stream that it was given."""

    def outcome(self, outcome: Outcome) -> None:
        """Take an outcome as it comes."""

    def end(self, run: Run) -> None:
        """Take the run as a whole, when it is over or was interrupted."""


# A writer is made of an open text stream and the run's seed.
REPORTERS: Registry[Callable[[IO[str], int], Writer]] = Registry("report", "gradcheck.reporters")


def document(kind: str) -> Callable[[Callable[[Run], str]], Callable[[Run], str]]:
    """Return a decorator that enters a function from a run to text as the report `kind`."""

    def enter(text: Callable[[Run], str]) -> Callable[[Run], str]:
        def writer(stream: IO[str], seed: int) -> Writer:
            return _AtTheEnd(stream, text)

        # The registry tells reporters apart by where they were written.
        writer.__module__, writer.__qualname__ = text.__module__, text.__qualname__
        REPORTERS.register(kind)(writer)
        return text

    return enter


class _AtTheEnd:
    """Writes a document when the run is over."""

    def __init__(self, stream: IO[str], text: Callable[[Run], str]) -> None:
        self._stream = stream
        self._text = text

    def outcome(self, outcome: Outcome) -> None:
        """Wait: the run has it."""

    def end(self, run: Run) -> None:
        self._stream.write(self._text(run))
