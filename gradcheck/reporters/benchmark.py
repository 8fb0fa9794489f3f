"""Timings as tables: each case, phase and engine, and how cost grows with size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tabulate import tabulate

from gradcheck.bench.growth import fitted, large
from gradcheck.bench.workload import FLOOR
from gradcheck.quoting import printable

OURS = "engine"


@dataclass(frozen=True, slots=True)
class Timing:
    """One timing out of pytest-benchmark's JSON: seconds of a call, and what was counted."""

    case: str
    slug: str
    engine: str
    phase: str
    symbols: Mapping[str, Any]
    sizes: Sequence[str]
    nodes: int | None
    opcodes: int | None
    memory: int | None
    least: float
    median: float


def timings(benchmarks: Iterable[Mapping[str, Any]]) -> list[Timing]:
    """Return the timings of cases among the `benchmarks` of a JSON file."""
    return [_timing(each) for each in benchmarks if "gradcheck" in each["extra_info"]]


def _timing(each: Mapping[str, Any]) -> Timing:
    said, stats = each["extra_info"]["gradcheck"], each["stats"]
    return Timing(
        case=said["case"],
        slug=said["case"].rpartition("[")[0] or said["case"],
        engine=said["engine"],
        phase=said["phase"],
        symbols=said["symbols"],
        sizes=said["sizes"],
        nodes=said["nodes"],
        opcodes=said["opcodes"],
        memory=said["memory"],
        least=stats["min"],
        median=stats["median"],
    )


def times(found: Sequence[Timing]) -> str:
    """Return the table of every timing; ratios are of least times, which noise moves least."""
    least = {(t.case, t.phase, t.engine): t.least for t in found}
    rows = [
        {
            "case": printable(t.case),
            "phase": t.phase,
            "engine": t.engine,
            "nodes": t.nodes,
            "min": duration(t.least),
            "median": duration(t.median),
            "min/node": duration(t.least / t.nodes) if t.nodes else None,
            "median/node": duration(t.median / t.nodes) if t.nodes else None,
            "x floor": _ratio(t, least, FLOOR),
            "x engine": _ratio(t, least, OURS),
            "bytes/node": round(t.memory / t.nodes) if t.memory is not None and t.nodes else None,
            "opcodes": t.opcodes,
        }
        for t in found
    ]
    return tabulate(rows, headers="keys", disable_numparse=True, colalign=_ALIGNED)


_ALIGNED = ("left", "left", "left", *["right"] * 9)


def _ratio(t: Timing, least: Mapping[tuple[str, str, str], float], other: str) -> str | None:
    base = least.get((t.case, t.phase, other))
    return f"{t.least / base:.3g}" if base and t.engine != other else None


def duration(seconds: float) -> str:
    """Three digits and a unit: "1.25 us"."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def growth(found: Sequence[Timing]) -> str:
    """Return the table of exponents p in time = c size**p; empty where no case has two sizes."""
    groups: dict[tuple[Any, ...], dict[float, float]] = {}
    for t in found:
        for name in t.sizes:
            if isinstance(t.symbols[name], int | float):
                others = tuple((k, v) for k, v in t.symbols.items() if k != name)
                key = (t.slug, t.phase, t.engine, name, others)
                groups.setdefault(key, {})[t.symbols[name]] = t.least
    rows = [_growth_row(key, at) for key, at in groups.items() if len(at) > 1]
    return tabulate(rows, headers="keys", disable_numparse=True) if rows else ""


def _growth_row(key: tuple[Any, ...], at: Mapping[float, float]) -> dict[str, Any]:
    slug, phase, engine, name, others = key
    sizes = large(sorted(at))
    exponent, error = fitted(sizes, [at[size] for size in sizes])
    said = "" if math.isnan(error) else f" +- {error:.2f}"
    return {
        "case": printable("".join([slug, *(f" {k}={v}" for k, v in others)])),
        "phase": phase,
        "engine": engine,
        "size": f"{name} = {sizes[0]:,} to {sizes[-1]:,}",
        "exponent": f"{exponent:.2f}{said}",
    }


def reasons(title: str, by_key: Mapping[str, str]) -> str:
    """Return why workloads were not timed, one line each."""
    lines = [title, *(f"  {key}: {reason}" for key, reason in by_key.items())]
    return printable("\n".join(lines))
