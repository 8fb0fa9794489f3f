"""What pytest reports of cases: their text, and the files of --gradcheck-report-dir."""

from __future__ import annotations

import base64
import contextlib
import pickle
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gradcheck.quoting import printable
from gradcheck.reporters.json_lines import JsonLines, replacing
from gradcheck.reporters.json_lines import unwritable as unwritable
from gradcheck.reporters.markdown import markdown
from gradcheck.reporters.rows import Run, rows_of
from gradcheck.reporters.table import table
from gradcheck.reporters.text import all_described
from gradcheck.vocabulary import Verdict

if TYPE_CHECKING:
    from gradcheck.reporters.rows import Row
    from gradcheck.vocabulary import Outcome

_NAME = "gradcheck_outcomes"


def told(row: Row) -> str:
    """Return the command line's text about a case: its blocks, or its line where all is well."""
    verdicts = [v for v in Verdict if v not in (Verdict.PASS, Verdict.SKIP)]
    return all_described(row.outcomes, verdicts) or table([row])


def in_short(row: Row) -> str:
    """Return the verdict and why, in one line: "INCONCLUSIVE: vjp: kink"."""
    parts = []
    for outcome in row.outcomes:
        if outcome.verdict is row.verdict:
            reason = outcome.reason or next((f.text for f in outcome.findings), "")
            parts.append(f"{outcome.check}: {reason}" if reason else outcome.check)
    return printable(f"{row.verdict}: {'; '.join(parts)}")


def attach(outcomes: Sequence[Outcome], report: pytest.TestReport) -> None:
    """Let `report` carry `outcomes` to the process that writes.

    They go as text: xdist sends an attribute of a report along if it is a number, text or list.
    """
    vars(report)[_NAME] = base64.b64encode(pickle.dumps(tuple(outcomes))).decode("ascii")


def detach(report: pytest.TestReport) -> tuple[Outcome, ...]:
    """Return the outcomes that `report` carries, which is none for most, and take them off."""
    text = vars(report).pop(_NAME, None)
    outcomes: tuple[Outcome, ...] = pickle.loads(base64.b64decode(text)) if text else ()
    return outcomes


class ReportWriter:
    """Writes results.jsonl as outcomes come in from all processes, and summary.md at the end.

    Where no case ran, nothing is written and an earlier report stays.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._seed = seed
        self._outcomes: list[Outcome] = []
        self._stack = contextlib.ExitStack()
        self._lines: JsonLines | None = None
        self._start = time.perf_counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the outcomes attached to a report."""
        for outcome in detach(report):
            self._opened().outcome(outcome)
            self._outcomes.append(outcome)

    def _opened(self) -> JsonLines:
        if self._lines is None:
            stream = self._stack.enter_context(replacing(self._folder / "results.jsonl"))
            self._lines = JsonLines(stream, self._seed)
        return self._lines

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Put the results in place and write their summary."""
        if self._lines is None:
            return
        self._stack.close()
        # Workers finish in any order; people read in the files' order.
        rows = sorted(rows_of(self._outcomes), key=_place)
        seconds = time.perf_counter() - self._start
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        run = Run(rows, seconds=seconds, seed=self._seed, interrupted=interrupted)
        with replacing(self._folder / "summary.md") as stream:
            stream.write(markdown(run))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the report is."""
        if self._lines is not None:
            terminalreporter.write_sep("-", f"gradcheck report: {self._folder / 'summary.md'}")


def _place(row: Row) -> tuple[str, int]:
    place = row.outcomes[0].place
    return place.path, place.line
