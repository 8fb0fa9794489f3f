"""What became slower, as a table for people, Markdown for a pull request, or JSON lines."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.bench.comparison import Comparison
from gradcheck.bench.ratio import Ratio
from gradcheck.bench.stages import Change
from gradcheck.quoting import printable
from gradcheck.reporters.benchmark import duration
from gradcheck.reporters.cells import tabled

HEADERS = (
    "case",
    "engine",
    "phase",
    "old",
    "new",
    "ratio",
    "95 % interval",
    "sessions",
    "opcodes",
    "verdict",
)
_ALIGN = "lllrrrrrrl"
SCHEMA = "gradcheck-comparison"


@dataclass(frozen=True, slots=True)
class Comparisons:
    """A run of `compare`: what was compared with what, row by row, and what to know of it."""

    old: str
    new: str
    rows: Sequence[Comparison]
    notes: Sequence[str] = ()
    seconds: float = 0.0


def comparison_table(run: Comparisons, tablefmt: str = "simple") -> str:
    """Return one line a workload."""
    return tabled([_cells(row) for row in run.rows], HEADERS, _ALIGN, tablefmt)


def _cells(row: Comparison) -> tuple[str, ...]:
    named, ratio = (row.case, row.engine, row.phase), row.ratio
    if ratio is None:
        return (*named, *[""] * 6, str(row.change))
    low, high = ratio.interval
    return (
        *named,
        duration(ratio.old),
        duration(ratio.new),
        f"{math.exp(ratio.log_ratio):.3f}",
        f"{low:.3f} .. {high:.3f}",
        str(row.sessions),
        _opcodes(row.opcodes),
        str(row.change),
    )


def _opcodes(opcodes: tuple[int | None, int | None]) -> str:
    old, new = opcodes
    if old is None or new is None:
        return ""
    return f"{old:,} -> {new:,}" if old != new else f"{old:,}"


def comparison_text(run: Comparisons) -> str:
    """Return what people read: the table, why some rows have no ratio, and the summary."""
    parts = [comparison_table(run), *_reasons(run), *run.notes, summary(run)]
    return "\n\n".join(part for part in parts if part)


def comparison_markdown(run: Comparisons) -> str:
    """Return the same as a Markdown document: what changed stands first, the rest is folded."""
    changed = [row for row in run.rows if row.change not in (Change.SAME, Change.SKIPPED)]
    parts = [f"### gradcheck compare: {run.old} -> {run.new}", summary(run)]
    if changed:
        parts.append(comparison_table(_only(run, changed), "github"))
    parts += [*map(_listed, _reasons(run)), *run.notes]
    whole = comparison_table(run, "github")
    parts.append(f"<details><summary>all {len(run.rows)}</summary>\n\n{whole}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _only(run: Comparisons, rows: Sequence[Comparison]) -> Comparisons:
    return Comparisons(run.old, run.new, rows)


def _listed(text: str) -> str:
    return "\n".join(f"- {line}" for line in text.splitlines())


def _reasons(run: Comparisons) -> list[str]:
    """Return each reason once, with the first timing that it holds for."""
    alike: dict[tuple[Change, str], list[Comparison]] = {}
    for row in run.rows:
        if row.reason:
            alike.setdefault((row.change, printable(row.reason)), []).append(row)
    told = [f"{change}: {_first(rows)}: {reason}" for (change, reason), rows in alike.items()]
    return ["\n".join(told)] if told else []


def _first(rows: Sequence[Comparison]) -> str:
    row, others = rows[0], len(rows) - 1
    more = f" and {others} other{'s' * (others > 1)}" if others else ""
    return printable(f"{row.case} {row.engine} {row.phase}{more}")


def comparison_json(run: Comparisons) -> str:
    """Return JSON Lines: a header, then one line a workload."""
    header = {"schema": SCHEMA, "version": 1, "old": run.old, "new": run.new}
    lines = [header | {"notes": list(run.notes)}, *(_record(row) for row in run.rows)]
    return "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)


def _record(row: Comparison) -> dict[str, Any]:
    return {
        "case": row.case,
        "engine": row.engine,
        "phase": row.phase,
        "verdict": str(row.change),
        "reason": row.reason,
        "sessions": row.sessions,
        "opcodes": list(row.opcodes),
        **(_numbers(row.ratio) if row.ratio else {}),
        "control": _numbers(row.control) if row.control else None,
    }


def _numbers(ratio: Ratio) -> dict[str, Any]:
    low, high = ratio.interval
    se = ratio.se if math.isfinite(ratio.se) else None
    return {
        "old_seconds": ratio.old,
        "new_seconds": ratio.new,
        "ratio": math.exp(ratio.log_ratio),
        "interval": [low, high],
        "log_ratio": ratio.log_ratio,
        "se": se,
        "pairs": ratio.pairs,
    }


def summary(run: Comparisons) -> str:
    """Return the run in one line: what was compared, and how many of each verdict."""
    counts = Counter(row.change for row in run.rows)
    told = ", ".join(f"{counts[change]} {change}" for change in Change if counts[change])
    return f"{run.old} -> {run.new}: {told or 'nothing compared'}; {run.seconds:.0f} s"


def noise(rows: Sequence[Comparison]) -> str:
    """Return how far the old revision was from itself, in the same turns as the comparison."""
    logs = [abs(row.control.log_ratio) for row in rows if row.control is not None]
    if not logs:
        return ""
    return (
        f"control: the old revision against itself is off by {statistics.median(logs):.1%} in the "
        f"median and {max(logs):.1%} at most, in {len(logs)} sessions"
    )
