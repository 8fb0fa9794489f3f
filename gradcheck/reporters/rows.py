"""Outcomes of one case on one engine taken together, and what a run came to as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from gradcheck.vocabulary import Detects, Evidence, Outcome, Verdict, weakest, worst


@dataclass(frozen=True, slots=True)
class Row:
    """One case on one engine: its outcomes, one for each check."""

    case: str
    engine: str
    outcomes: tuple[Outcome, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the checks, but a case that fails as expected is XFAIL as a whole."""
        verdicts = {outcome.verdict for outcome in self.outcomes}
        verdict = worst(verdicts)
        return Verdict.XFAIL if verdict is Verdict.PASS and Verdict.XFAIL in verdicts else verdict

    @property
    def compared(self) -> int:
        """How many comparisons were made."""
        return sum(len(outcome.judgements) for outcome in self.outcomes)

    @property
    def evaluations(self) -> int:
        """How often the function was evaluated for numerical derivatives."""
        return sum(outcome.evaluations for outcome in self.outcomes)

    @property
    def seconds(self) -> float:
        """What the checks took."""
        return sum(outcome.seconds for outcome in self.outcomes)

    @property
    def detects(self) -> Detects | None:
        """The weakest detection over inputs and checks; None where no derivative was compared."""
        return weakest(outcome.detects for outcome in self.outcomes).weakest


def rows_of(outcomes: Iterable[Outcome]) -> list[Row]:
    """Group a stream of outcomes, which come case by case, into rows."""
    grouped = groupby(outcomes, key=lambda outcome: (outcome.case, outcome.engine))
    return [Row(case, engine, tuple(group)) for (case, engine), group in grouped]


_GOOD = frozenset((Verdict.PASS, Verdict.SKIP, Verdict.XFAIL))


@dataclass(frozen=True, slots=True)
class Gate:
    """What a run must come to: `lenient` lets INCONCLUSIVE pass, `detects` is what a PASS must."""

    lenient: bool = False
    detects: float | None = None

    def is_failed(self, row: Row) -> bool:
        """Whether a row makes its run a failure."""
        accepted = _GOOD | {Verdict.INCONCLUSIVE} if self.lenient else _GOOD
        return row.verdict not in accepted or self.is_weak(row)

    def is_weak(self, row: Row) -> bool:
        """Whether a row passed, and would have passed with a larger fault than was asked for."""
        if self.detects is None or row.verdict is not Verdict.PASS or row.detects is None:
            return False
        return not row.detects.entry <= self.detects


@dataclass(frozen=True, slots=True)
class Run:
    """What a run came to: its rows, and what it was asked to show.

    A `quiet` run shows the rows that did not pass only, a `verbose` one each check of each row;
    `durations` is how many of the slowest rows to name, 0 for all.
    """

    rows: Sequence[Row]
    deselected: int = 0
    seconds: float = 0.0
    seed: int = 0
    interrupted: bool = False
    quiet: bool = False
    verbose: bool = False
    durations: int | None = None
    gate: Gate = Gate()

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines in the order in which they came."""
        return tuple(dict.fromkeys(row.engine for row in self.rows))

    @property
    def by_case(self) -> dict[str, dict[str, Row]]:
        """The rows of each case by engine."""
        cases: dict[str, dict[str, Row]] = {}
        for row in self.rows:
            cases.setdefault(row.case, {})[row.engine] = row
        return cases

    @property
    def compares(self) -> bool:
        """Whether any case ran on more than one engine."""
        return len(self.by_case) < len(self.rows)

    @property
    def shown(self) -> list[Row]:
        """The rows to list."""
        return [row for row in self.rows if not self.quiet or self._is_told(row)]

    def _is_told(self, row: Row) -> bool:
        return row.verdict not in _GOOD or self.gate.is_weak(row)

    @property
    def weak(self) -> list[Row]:
        """The rows that passed and detect less than was asked for."""
        return [row for row in self.rows if self.gate.is_weak(row)]

    @property
    def slowest(self) -> list[Row]:
        """The rows that took longest, as many as were asked for."""
        if self.durations is None:
            return []
        return sorted(self.rows, key=lambda row: -row.seconds)[: self.durations or None]

    @property
    def counts(self) -> Counter[Verdict]:
        """How many rows have each verdict."""
        return Counter(row.verdict for row in self.rows)

    @property
    def compared(self) -> int:
        """How many comparisons were made in all."""
        return sum(row.compared for row in self.rows)

    @property
    def projections(self) -> int:
        """How many of them had a numerical derivative in them."""
        judgements = (j for row in self.rows for o in row.outcomes for j in o.judgements)
        return sum(isinstance(judgement.evidence, Evidence) for judgement in judgements)
