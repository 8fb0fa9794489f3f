"""How well the duel tells slower code from the same code: false alarms, and slowdowns found.

    python -m tests.power.duel                    # the long form
    python -m tests.power.duel --same 2 --slower 1

Both sides of A/A run the same engine; the second of A/B has extra work at the end of its reverse
walk, of a size that is calibrated and measured for each case.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from gradcheck.adapters.engine import ENGINE_FOLDER, load_engine
from gradcheck.bench.comparison import NEW, OLD, Arena, Comparison, compare
from gradcheck.bench.contestant import SETTINGS
from gradcheck.bench.cores import quiet_core
from gradcheck.bench.measure import undisturbed
from gradcheck.bench.ratio import Ratio, ratio_of
from gradcheck.bench.side import Side
from gradcheck.bench.stages import Change
from gradcheck.bench.turns import least, seconds_of, turn_for
from gradcheck.bench.workload import Workload, prepared, workloads
from gradcheck.reading import read_cases

CASES = Path(__file__).with_name("timed.py")
SIZES = (0.03, 0.05, 0.10, 0.20)

ROUNDS = 5
PAIRS = 60
"""Of one measurement of how much slower a case truly is."""

# Put at the end of the engine's backprop.py: so many empty turns of a loop after each walk, by the
# number of operations that it went through.
EXTRA_WORK = """

import json as _json
from itertools import repeat as _repeat
from pathlib import Path as _Path

_text = _Path(__file__).with_name("extra.json").read_text()
EXTRA = {int(nodes): turns for nodes, turns in _json.loads(_text).items()}
_plain_propagate = _propagate


def _propagate(order, *others):
    _plain_propagate(order, *others)
    for _ in _repeat(None, EXTRA.get(len(order), 0)):
        pass
"""


def all_workloads() -> list[Workload]:
    """Return the backward pass of every case in timed.py."""
    return workloads(read_cases([str(CASES)], CASES.parent).cases)


# ---------------------------------------------------------------- slower on purpose


@dataclass(frozen=True, slots=True)
class Slowed:
    """By the key of each workload: the operations of its walk, and the turns of an empty loop
    that were put behind it."""

    nodes: dict[str, int]
    turns: dict[str, int]


class Brake:
    """Calibrates extra work on a copy of the engine, which must be the first in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ENGINE_FOLDER, folder)
        (folder / "extra.json").write_text("{}")
        with (folder / "backprop.py").open("a") as stream:
            stream.write(EXTRA_WORK)
        self._backprop = sys.modules[f"{load_engine(folder).__name__}.backprop"]

    def slowed(self, every: Sequence[Workload], size: float) -> Slowed:
        """Return the work that slows each workload by `size`."""
        calls = {workload.key: prepared(workload) for workload in every}
        nodes = {key: self._nodes(call) for key, call in calls.items()}
        assert len(set(nodes.values())) == len(nodes), "cases must differ in operations"
        turns = {key: round(size * seconds_of(call) / 8e-9) for key, call in calls.items()}
        slowed = Slowed(nodes, turns)
        for _ in range(2):
            for key, log_ratio in self.true_sizes(every, slowed).items():
                turns[key] = max(1, round(turns[key] * math.log1p(size) / max(log_ratio, 1e-4)))
        return slowed

    def true_sizes(self, every: Sequence[Workload], slowed: Slowed) -> dict[str, float]:
        """Return by how much each workload is slower, as a log: the median of several rounds.

        Each round has graphs of its own: one lies in memory so, another so, and a machine's
        moments differ, too.
        """
        found: dict[str, list[float]] = {workload.key: [] for workload in every}
        for _ in range(ROUNDS):
            for workload in every:
                nodes, turns = slowed.nodes[workload.key], slowed.turns[workload.key]
                with undisturbed():
                    ratio = self._ratio(prepared(workload), nodes, turns)
                found[workload.key].append(ratio.log_ratio)
        return {key: statistics.median(logs) for key, logs in found.items()}

    def _nodes(self, call) -> int:
        """How many operations the walk goes through, by which its extra work is found."""
        seen: list[int] = []
        plain = self._backprop._plain_propagate
        self._backprop._plain_propagate = lambda order, *others: seen.append(len(order))
        call()
        self._backprop._plain_propagate = plain
        return seen[0]

    def _ratio(self, call, nodes: int, turns: int) -> Ratio:
        """Measure the work in one process, on one graph: with it and without it in turns."""
        turn = turn_for(seconds_of(call))
        taken: dict[int, list[float]] = {0: [], turns: []}
        for _ in range(PAIRS // 2):
            for work in (0, turns, turns, 0):
                self._backprop.EXTRA[nodes] = work
                taken[work].append(least(call, turn, time.perf_counter))
        self._backprop.EXTRA.clear()
        return ratio_of(taken[0], taken[turns])


def slowed_engine(brake: Brake, folder: Path, slowed: Slowed) -> Path:
    """Return a copy of the engine that does the extra work."""
    shutil.copytree(brake.folder, folder)
    extra = {nodes: slowed.turns[key] for key, nodes in slowed.nodes.items()}
    (folder / "extra.json").write_text(json.dumps(extra))
    return folder


# ---------------------------------------------------------------- runs


@contextlib.contextmanager
def competing_load(core: int | None) -> Iterator[None]:
    """Keep every other core busy with arithmetic and with memory traffic."""
    code = (
        "import os, sys\nimport numpy as np\n"
        "if len(sys.argv) > 1: os.sched_setaffinity(0, {int(sys.argv[1])})\n"
        "x, parent = np.zeros(2_000_000), os.getppid()\n"
        "while os.getppid() == parent:\n    x += 1.0\n    sum(range(200_000))\n"
    )
    others = sorted(os.sched_getaffinity(0) - {core}) if core is not None else [None]
    commands = [
        [sys.executable, "-c", code, *([str(other)] if other is not None else [])]
        for other in others
    ]
    busy = [subprocess.Popen(command) for command in commands]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class Plan:
    """How often two engines are compared, and whether each comparison is printed."""

    times: int
    show_rows: bool = False


@dataclass(frozen=True, slots=True)
class Runs:
    """Comparisons of several runs, and the seconds that all took."""

    rows: list[Comparison]
    seconds: float

    def count(self, change: Change) -> int:
        return sum(row.change is change for row in self.rows)


def runs(old: Path, new: Path, every: Sequence[Workload], plan: Plan, loaded: bool) -> Runs:
    """Compare two engines, each time in fresh workers."""
    core = quiet_core()
    side = Side(str(CASES.parent), [str(CASES)], str(CASES.parent), core=core)
    sides = {OLD: with_engine(side, old), NEW: with_engine(side, new)}
    rows: list[Comparison] = []
    start = time.monotonic()
    with competing_load(core) if loaded else contextlib.nullcontext():
        for _ in range(plan.times):
            rows += compare(Arena(sides, random.Random()), every, lambda w, stage: w).rows
    for row in rows if plan.show_rows else ():
        r = row.ratio
        numbers = f"{r.log_ratio:+.2%} +- {r.width:.2%}" if r else row.reason
        print(row.case, "loaded" if loaded else "calm", row.change, row.sessions, numbers)
    return Runs(rows, time.monotonic() - start)


def with_engine(side: Side, engine: Path) -> Side:
    return Side(side.root, side.paths, side.folder, engine=str(engine), core=side.core)


# ---------------------------------------------------------------- tables


def same(folder: Path, plan: Plan) -> str:
    """Return the table of A/A: half of the runs under a competing load."""
    every = all_workloads()
    names = "a", "b" * 100  # a longer path alone arranges memory otherwise
    engines = [Path(shutil.copytree(ENGINE_FOLDER, folder / name)) for name in names]
    lines = []
    for loaded in (False, True):
        done = runs(engines[0], engines[1], every, plan, loaded)
        lines.append(
            (
                "loaded" if loaded else "calm",
                len(done.rows),
                done.count(Change.SLOWER),
                done.count(Change.FASTER),
                done.count(Change.UNSURE),
                done.count(Change.ERROR) + done.count(Change.NO_BASE),
                sum(row.sessions > 1 for row in done.rows),
                f"{covering(done.rows):.1%}",
                f"{done.seconds / len(done.rows):.2f}",
            )
        )
    headers = ("A/A", "compared", "slower", "faster", "unsure", "failed", "suspects",
               "interval holds 1", "s a case")  # fmt: skip
    return tabulate(lines, headers)


def covering(rows: Sequence[Comparison]) -> float:
    """Return the share of intervals that hold one, which the ratio truly is."""
    intervals = [row.ratio.interval for row in rows if row.ratio is not None]
    return sum(low <= 1.0 <= high for low, high in intervals) / max(1, len(intervals))


def slower(brake: Brake, folder: Path, sizes: Sequence[float], plan: Plan) -> str:
    """Return the table of A/B: what was found of slowdowns, half of the runs under load."""
    every, lines = all_workloads(), []
    for size in sizes:
        slowed = brake.slowed(every, size)
        engine = slowed_engine(brake, folder / f"slower{round(100 * size)}", slowed)
        for loaded in (False, True):
            before = brake.true_sizes(every, slowed)
            done = runs(brake.folder, engine, every, plan, loaded)
            after = brake.true_sizes(every, slowed)
            true = sorted(math.expm1((before[key] + after[key]) / 2) for key in before)
            found = done.count(Change.SLOWER)
            missed = Counter(
                row.case.rpartition("::")[2] for row in done.rows if row.change is not Change.SLOWER
            )
            lines.append(
                (
                    f"{size:.0%}",
                    f"{true[0]:.1%} .. {true[-1]:.1%}",
                    "loaded" if loaded else "calm",
                    len(done.rows),
                    found,
                    f"{found / len(done.rows):.1%}",
                    done.count(Change.UNSURE),
                    f"{done.seconds / len(done.rows):.2f}",
                    ", ".join(f"{name} {n}" for name, n in missed.items()),
                )
            )
    headers = ("A/B", "true size", "machine", "compared", "found", "share", "unsure", "s a case",
               "not found")  # fmt: skip
    return tabulate(lines, headers)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--same", type=int, default=10, metavar="N", help="runs of A/A, calm and loaded each")
    add("--slower", type=int, default=5, metavar="N", help="runs of A/B for each size, likewise")
    add("--sizes", type=float, nargs="+", default=SIZES, metavar="S", help="slowdowns, as 0.05")
    add("--rows", action="store_true", help="print each comparison, too")
    options = parser.parse_args()
    if not os.environ.keys() >= SETTINGS.keys():  # calibrate as workers run
        command = [sys.executable, "-m", "tests.power.duel", *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | SETTINGS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        brake = Brake(folder / "calibrated")
        if options.same:
            print(same(folder, Plan(options.same, options.rows)), end="\n\n", flush=True)
        if options.slower:
            plan = Plan(options.slower, options.rows)
            print(slower(brake, folder, options.sizes, plan), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
