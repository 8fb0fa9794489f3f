"""Cases by engines: what stands in the place of the long table where engines are compared."""

from __future__ import annotations

from collections import Counter

from gradcheck.reporters.cells import tabled
from gradcheck.reporters.rows import Run
from gradcheck.vocabulary import Verdict

ABSENT = "-"
"""Not run there: the case does not allow the engine, or was left out."""
_GOOD = frozenset((Verdict.PASS, Verdict.XFAIL, Verdict.SKIP))


def matrix(run: Run, tablefmt: str = "simple") -> str:
    """Return one line a case and one column an engine; of a quiet run what is not all good.

    Empty where no line is left.
    """
    lines = []
    for case, rows in run.by_case.items():
        verdicts = {row.verdict for row in rows.values()}
        if run.quiet and len(verdicts) == 1 and verdicts <= _GOOD:
            continue
        cells = (str(rows[e].verdict) if e in rows else ABSENT for e in run.engines)
        lines.append((case, *cells))
    return tabled(lines, ("case", *run.engines), "", tablefmt) if lines else ""


def counts(run: Run, tablefmt: str = "simple") -> str:
    """Return how many cases came to each verdict, on each engine where they are compared."""
    if not run.compares:
        total = [(str(v), str(run.counts[v])) for v in Verdict if run.counts[v]]
        return tabled(total, ("verdict", "cases"), "lr", tablefmt)
    counted = Counter((row.verdict, row.engine) for row in run.rows)
    lines = [
        (str(v), *(str(counted[v, e] or ABSENT) for e in run.engines))
        for v in Verdict
        if run.counts[v]
    ]
    return tabled(lines, ("verdict", *run.engines), "l" + "r" * len(run.engines), tablefmt)


def skips(run: Run, tablefmt: str = "simple") -> str:
    """Return why cases and checks were skipped, counted by engine; empty where none was."""
    counted = Counter(
        (row.engine, outcome.check, _reason(outcome.reason, row.engine))
        for row in run.rows
        for outcome in row.outcomes
        if outcome.verdict is Verdict.SKIP
    )
    place = {engine: i for i, engine in enumerate(run.engines)}
    order = sorted(counted, key=lambda key: (place[key[0]], -counted[key], key))
    lines = [(e, str(counted[e, what, why]), what, why) for e, what, why in order]
    return (
        tabled(lines, ("engine", "cases", "skipped", "reason"), "lrll", tablefmt) if lines else ""
    )


def _reason(reason: str, engine: str) -> str:
    """The reason without the engine that stands beside it already."""
    return reason.removeprefix(f"{engine} has ").removeprefix(f"{engine}: ")
