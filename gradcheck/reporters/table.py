"""The table that `run` ends with, and its summary."""

from __future__ import annotations

from collections.abc import Iterable

from tabulate import tabulate

from gradcheck.reporters.rows import Row, Run
from gradcheck.reporters.text import detection
from gradcheck.vocabulary import Verdict

HEADERS = ("verdict", "case", "engine", "compared", "detects", "evaluations", "ms")
_ALIGN = ("left", "left", "left", "right", "right", "right", "right")


def table(rows: Iterable[Row], tablefmt: str = "simple") -> str:
    """Return one line a case and engine."""
    cells = [_cells(row) for row in rows]
    if tablefmt == "github":
        # tabulate leaves a bar in a cell as it is, which would end the cell.
        cells = [tuple(cell.replace("|", "\\|") for cell in row) for row in cells]
    # Without disable_numparse a case named "1e5" would be printed as 100000.
    return tabulate(cells, HEADERS, tablefmt, disable_numparse=True, colalign=_ALIGN)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        str(row.verdict),
        row.case,
        row.engine,
        str(row.compared),
        detection(row.detects),
        str(row.evaluations),
        f"{1e3 * row.seconds:.1f}",
    )


def counts(run: Run, tablefmt: str = "simple") -> str:
    """Return how many cases came to each verdict."""
    cells = [(str(v), str(run.counts[v])) for v in Verdict if run.counts[v]]
    headers = ("verdict", "cases")
    aligned = ("left", "right")
    return tabulate(cells, headers, tablefmt, disable_numparse=True, colalign=aligned)


def summary_line(run: Run) -> str:
    """Return the run in one line: what was compared, how long it took, where chance began."""
    verdicts = ", ".join(f"{run.counts[v]} {v}" for v in Verdict if run.counts[v])
    parts = [
        f"{_counted(len(run.rows), 'case')}: {verdicts or 'none ran'}",
        f"{_counted(run.compared, 'comparison')}, {run.projections} with a numerical derivative",
        f"{run.deselected} deselected" if run.deselected else "",
        f"{run.seconds:.1f} s",
        f"seed {run.seed}",
        "interrupted" if run.interrupted else "",
    ]
    return "; ".join(part for part in parts if part)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
