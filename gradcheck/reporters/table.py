"""The table that `run` ends with, and its summary."""

from __future__ import annotations

from collections.abc import Iterable

from gradcheck.reporters import document
from gradcheck.reporters.cells import tabled
from gradcheck.reporters.disagreements import all_disagreements
from gradcheck.reporters.matrix import counts, matrix, skips
from gradcheck.reporters.rows import Row, Run
from gradcheck.reporters.text import all_described, detection
from gradcheck.vocabulary import Verdict, weakest

HEADERS = ("verdict", "case", "engine", "compared", "detects", "evaluations", "ms")
CHECK_HEADERS = ("verdict", "case", "engine", "check", "compared", "detects", "ms", "reason")
_TOLD = (Verdict.INCONCLUSIVE, Verdict.XPASS, Verdict.FAIL, Verdict.ERROR)


@document("table")
def whole_table(run: Run) -> str:
    """Return rows (cases by engines, where these are compared), what is wrong, and the summary."""
    outcomes = [outcome for row in run.rows for outcome in row.outcomes]
    parts = [matrix(run) if run.compares else table(run.shown) if run.shown else ""]
    parts.append(checks(run.shown) if run.verbose else "")
    parts.append(all_described(outcomes, _TOLD))
    if run.compares and (found := all_disagreements(run)):
        parts.append(f"disagreements\n\n{found}")
    parts += [skips(run), weak(run), slowest(run), summary(run)]
    return "\n\n".join(part for part in parts if part)


def summary(run: Run) -> str:
    """Return how many cases came to each verdict, and the run in one line."""
    return f"{counts(run)}\n\n{summary_line(run)}\n"


def table(rows: Iterable[Row], tablefmt: str = "simple") -> str:
    """Return one line a case and engine."""
    return tabled([_cells(row) for row in rows], HEADERS, "lllrrrr", tablefmt)


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


def checks(rows: Iterable[Row]) -> str:
    """Return one line a check: what each of them compared, and why some did not."""
    lines = [
        (
            str(outcome.verdict),
            row.case,
            row.engine,
            outcome.check,
            str(len(outcome.judgements)),
            detection(Row(row.case, row.engine, (outcome,)).detects),
            f"{1e3 * outcome.seconds:.1f}",
            outcome.reason,
        )
        for row in rows
        for outcome in row.outcomes
    ]
    return tabled(lines, CHECK_HEADERS, "llllrrrl", "simple") if lines else ""


def weak(run: Run, tablefmt: str = "simple") -> str:
    """Return the cases that detect less than was asked for, with the input; empty for none."""
    lines = [
        (row.case, row.engine, name, f"{one.entry:.0e}")
        for row in run.weak
        for name, one in weakest(outcome.detects for outcome in row.outcomes).items()
        if not one.entry <= (run.gate.detects or 0.0)
    ]
    if not lines:
        return ""
    headers = ("case", "engine", "input", f"detects, not {run.gate.detects:g}")
    return tabled(lines, headers, "lllr", tablefmt)


def slowest(run: Run) -> str:
    """Return the rows that took longest, the longest first; empty where nobody asked."""
    lines = [(f"{row.seconds:.3f} s", row.case, row.engine) for row in run.slowest]
    return tabled(lines, ("slowest", "case", "engine"), "lll", "simple") if lines else ""


def summary_line(run: Run) -> str:
    """Return the run in one line: what was compared, how long it took, where chance began."""
    verdicts = ", ".join(f"{run.counts[v]} {v}" for v in Verdict if run.counts[v])
    cases = _counted(len(run.by_case), "case")
    where = f"{cases} on {len(run.engines)} engines" if run.compares else cases
    parts = [
        f"{where}: {verdicts or 'none ran'}",
        f"{_counted(run.compared, 'comparison')}, {run.projections} with a numerical derivative",
        f"{len(run.weak)} detect too little" if run.weak else "",
        f"{run.deselected} deselected" if run.deselected else "",
        f"{run.seconds:.1f} s",
        f"seed {run.seed}",
        "interrupted" if run.interrupted else "",
    ]
    return "; ".join(part for part in parts if part)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
