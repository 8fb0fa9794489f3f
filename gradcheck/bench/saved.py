"""Saved runs of `bench` compared: what carries from file to file is the ratio to the frozen engine.

Seconds do not (another CPU, another hour), nor do ratios from under another Python or NumPy.  Nor
are saved ratios as sure as a duel: 10 % is what they can say, and from 5 % on "maybe".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcheck.bench.comparison import Comparison
from gradcheck.bench.machine import SCHEMA
from gradcheck.bench.ratio import Ratio
from gradcheck.bench.stages import Change
from gradcheck.bench.workload import FLOOR

GATE = 0.10
MAYBE = 0.05
SDS = 3
"""A change gates from 10 % or three standard deviations on, whichever is more."""

SAME_CPU_SD = 0.01
OTHER_CPU_SD = 0.025
"""No saved ratio is surer than that."""


class Unreadable(Exception):
    """A file is no saved run; the text says what was found."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A run as it was saved: its commit, what it depended on, and its timings.

    These are pytest-benchmark's records, by case, engine and phase.
    """

    name: str
    commit: str
    machine: Mapping[str, Any]
    cpu: str
    timings: Mapping[tuple[str, str, str], Mapping[str, Any]]


def read_saved(file: Path) -> Saved:
    """Return the run that `bench --json` wrote into `file`.

    Unreadable where it wrote none of it, OSError where there is no such file.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        timings = [each for each in document["benchmarks"] if "gradcheck" in each["extra_info"]]
        named = {_name(each): each for each in timings}
        machine = document["gradcheck"]
        schema = machine.get("schema", SCHEMA)
        cpu = str(document.get("machine_info", {}).get("cpu", {}).get("brand_raw", ""))
        commit = str(document.get("commit_info", {}).get("id") or "")[:10]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(
            f"{file}: not a file of `gradcheck bench --json` ({type(error).__name__}: {error})"
        ) from error
    if schema != SCHEMA:
        raise Unreadable(
            f"{file}: it has schema {schema}, and this gradcheck reads {SCHEMA}: save the run again"
        )
    return Saved(str(file), commit, machine, cpu, named)


def _name(timing: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what a timing is of; whatever is missing of it, or is no number, raises."""
    said = timing["extra_info"]["gradcheck"]
    numbers = [timing["stats"]["min"]]
    if said.get("log_ratio_frozen") is not None:
        numbers += [said["log_ratio_frozen"], said["se"], said["sessions"]]
    if any(map(math.isnan, numbers)):
        raise ValueError(f"NaN in {said['case']}")
    return said["case"], said["engine"], said["phase"]


def incomparable(old: Saved, new: Saved) -> str:
    """Return why no verdict can be given between two runs; empty where one can."""
    for what in ("python", "numpy"):
        before, now = (str(run.machine.get(what) or "") for run in (old, new))
        if _minor(before) != _minor(now):
            name = {"python": "Python", "numpy": "NumPy"}[what]
            return (
                f"{name} was {before or 'unknown'} and is {now or 'unknown'}: ratios do not carry "
                f"over. Save the old run again under {name} {now}, or compare with its revision"
            )
    if old.machine.get("frozen_engine") != new.machine.get("frozen_engine"):
        return "the runs refer to different frozen engines: save the old run again"
    return ""


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]


def floor_of(old: Saved, new: Saved) -> float:
    """Return how sure a saved ratio can be between the machines of two runs, as a sd."""
    alike = old.cpu == new.cpu and old.machine.get("simd") == new.machine.get("simd")
    return SAME_CPU_SD if alike and old.cpu else OTHER_CPU_SD


def compare_saved(old: Saved, new: Saved) -> tuple[Comparison, ...]:
    """Return what became of each timing of `new` since `old`; those only in `old` are left out.

    So are those of the NumPy floor, which is no engine.
    """
    why, floor = incomparable(old, new), floor_of(old, new)
    return tuple(
        _compared(name, old.timings.get(name), timing, why, floor)
        for name, timing in new.timings.items()
        if name[1] != FLOOR
    )


def _compared(
    name: tuple[str, str, str],
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    why: str,
    floor: float,
) -> Comparison:
    if old is None:
        return Comparison(*name, Change.NO_BASE, reason="it is not in the old file")
    before, now = old["extra_info"]["gradcheck"], new["extra_info"]["gradcheck"]
    opcodes = (before.get("opcodes"), now.get("opcodes"))
    if before.get("case_hash") != now.get("case_hash"):
        reason = "the case itself was changed"
        return Comparison(*name, Change.NO_BASE, reason=reason, opcodes=opcodes)
    ratio = _ratio(old, new, floor)
    if ratio is None or why:
        reason = why or _unsaved(before) or _unsaved(now)
        return Comparison(*name, Change.NO_VERDICT, ratio, reason, opcodes)
    sessions = min(before["sessions"], now["sessions"])
    return Comparison(*name, _change(ratio), ratio, "", opcodes, sessions=sessions)


def _unsaved(said: Mapping[str, Any]) -> str:
    if said.get("log_ratio_frozen") is not None:
        return ""
    return str(said.get("no_ratio") or "no ratio to the frozen engine was saved")


def _ratio(old: Mapping[str, Any], new: Mapping[str, Any], floor: float) -> Ratio | None:
    """Return how the ratios to the frozen engine changed, beside the seconds, which may not count.

    None where either run has none.
    """
    before, now = old["extra_info"]["gradcheck"], new["extra_info"]["gradcheck"]
    if before.get("log_ratio_frozen") is None or now.get("log_ratio_frozen") is None:
        return None
    sd = max(floor, math.hypot(before["se"], now["se"]))
    change = now["log_ratio_frozen"] - before["log_ratio_frozen"]
    return Ratio(change, sd, 100, old["stats"]["min"], new["stats"]["min"])


def _change(ratio: Ratio) -> Change:
    gate = max(math.log1p(GATE), SDS * ratio.se)
    if abs(ratio.log_ratio) > gate:
        return Change.SLOWER if ratio.log_ratio > 0 else Change.FASTER
    return Change.MAYBE if ratio.log_ratio > math.log1p(MAYBE) else Change.SAME
