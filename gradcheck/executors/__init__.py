"""Where cases run: in this process, or in one beside it that they cannot take along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from gradcheck.runner import Options
from gradcheck.vocabulary import Case, Outcome

Pair = tuple[Case, str]


class Executor(Protocol):
    """Runs cases, each on one engine; used as a context, at whose end nothing is left behind."""

    def unusable(self, engine: str) -> str:
        """Return why `engine` cannot be used here; empty if it can."""

    def run(self, pairs: Iterable[Pair], options: Options) -> Iterator[tuple[Outcome, ...]]:
        """Yield the outcomes of each pair of case and engine, in order."""
