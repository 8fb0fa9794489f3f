"""Time cases: forward, backward and the whole gradient check."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gradcheck import cli
from gradcheck.arguments import add_seed, positive, whole
from gradcheck.collection import (
    add_selection,
    nothing_timed,
    paths_of,
    progress,
    read,
    relative,
    timed,
)
from gradcheck.timing import PHASES

if TYPE_CHECKING:
    from gradcheck.bench.process import Measured
    from gradcheck.bench.workload import Workload
    from gradcheck.vocabulary import Case

CLOCKS = {"wall": "time.perf_counter", "cpu": "time.process_time"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bench`."""
    parser.description = (
        "Time the cases that have a `benchmark`, at its sizes: building y (forward), the backward "
        "pass alone, and the whole gradient check, each engine beside the NumPy floor, which is "
        "the same arrays computed without a tape. The times are pytest-benchmark's, and so is the "
        "file: `pytest-benchmark compare` and its histograms read it."
    )
    parser.epilog = (
        "Exit codes: 0 measured, 2 a mistake in the command line or a case file, 4 something "
        "could not be measured, 5 nothing to time, 130 interrupted."
    )
    add_selection(parser)
    add = parser.add_argument
    add("--phase", action="append", default=[], choices=PHASES, help="time this phase only")
    add("--json", metavar="FILE", help="where timings go (default reports/latest/benchmark.json)")
    add_seed(parser)
    add(
        "--ratios",
        type=whole(0),
        default=3,
        metavar="N",
        help="sessions of the ratio to the frozen engine, for `compare` (default 3; 0: none)",
    )
    add("--no-data", action="store_true", help="write no single rounds, for a file to be kept")
    add(
        "--clock",
        choices=tuple(CLOCKS),
        default="wall",
        help="what is read: wall time, or the processor time of this process, which on a busy "
        "machine alone says how cost grows (default wall)",
    )
    add("--no-floor", action="store_true", help="leave out the NumPy floor")
    add(
        "--max-time",
        type=positive,
        default=0.5,
        metavar="S",
        help="seconds to spend on a workload (default 0.5), if three rounds of it take no longer",
    )
    add(
        "--timeout",
        type=positive,
        default=300.0,
        metavar="S",
        help="seconds after which a workload is given up (default 300)",
    )


def main(options: argparse.Namespace) -> int:
    """Time the chosen cases and print tables; return the exit code."""
    from gradcheck.bench.process import Measured, ProcessFailed
    from gradcheck.reporters.json_lines import replacing

    options.engine = [relative(name) for name in options.engine]
    root, cases, mistakes = read(options)
    if mistakes:
        return cli.EXIT_USAGE
    workloads = _workloads(cases, options)
    if not workloads:
        cli.say(f"nothing to time: {nothing_timed(options)}")
        return cli.EXIT_NOTHING
    file = Path(options.json) if options.json else root / "reports" / "latest" / "benchmark.json"
    measured = Measured()
    # Opened before minutes are spent: a place that cannot be written to is told at once.
    with replacing(file) as stream:
        try:
            interrupted = _interrupted_in(options, root, workloads, measured)
        except ProcessFailed as error:
            raise cli.Unmeasured(str(error)) from error
        if measured.timings:
            _write(measured, stream, options, interrupted)
    _report(measured, file, interrupted)
    if interrupted:
        return cli.EXIT_INTERRUPTED
    return cli.EXIT_UNMEASURED if measured.failed or not measured.timings else cli.EXIT_OK


def _interrupted_in(
    options: argparse.Namespace, root: Path, workloads: Sequence[Workload], measured: Measured
) -> bool:
    """Measure, and return whether it was interrupted: the timings so far are kept."""
    try:
        _measure(options, root, workloads, measured)
        _relate(options, root, workloads, measured)
    except KeyboardInterrupt:
        return True
    return False


def _workloads(cases: Sequence[Case], options: argparse.Namespace) -> list[Workload]:
    from gradcheck.bench.workload import with_floor

    chosen = timed(cases, options)
    return chosen if options.no_floor else with_floor(chosen)


def _measure(
    options: argparse.Namespace, root: Path, workloads: Sequence[Workload], measured: Measured
) -> None:
    from tqdm import tqdm

    from gradcheck.bench.process import measure

    request = {
        "root": str(root),
        "paths": paths_of(options, root),
        "python": not options.no_python,
        "engines": options.engine,
        "seed": options.seed,
        "timer": CLOCKS[options.clock],
        "max_time": options.max_time,
        "min_rounds": 3,
    }
    keys = [each.key for each in workloads]
    done = measure(request, keys, options.timeout, measured)
    for _ in tqdm(done, total=len(keys), unit="", leave=False, disable=None, file=sys.stderr):
        pass


def _relate(
    options: argparse.Namespace, root: Path, workloads: Sequence[Workload], measured: Measured
) -> None:
    """Add to each timing its ratio to the frozen engine, which another run can be compared with."""
    from gradcheck.bench.cores import quiet_core
    from gradcheck.bench.frozen import frozen_hash, frozen_ratios, said_of
    from gradcheck.bench.side import side_here
    from gradcheck.bench.workload import FLOOR

    if not options.ratios or not measured.timings:
        return
    side = side_here(root, paths_of(options, root), options.engine, not options.no_python)
    side = replace(side, core=quiet_core())
    left = [w for w in workloads if w.engine != FLOOR]
    ratios = frozen_ratios(
        side, left, progress, sessions=options.ratios, call_limit=options.timeout
    )
    named = {(w.case.id, w.engine, w.phase): ratios[w.key] for w in left}
    for timing in measured.timings:
        said = timing["extra_info"]["gradcheck"]
        if (name := (said["case"], said["engine"], said["phase"])) in named:
            said |= said_of(named[name])
    measured.document["gradcheck"]["frozen_engine"] = frozen_hash()


def _report(measured: Measured, file: Path, interrupted: bool) -> None:
    from gradcheck.reporters.benchmark import growth, reasons, times, timings

    found = timings(measured.timings)
    parts = [times(found), growth(found)] if found else []
    if measured.skipped:
        parts.append(reasons("not timed:", measured.skipped))
    if measured.failed:
        parts.append(reasons("could not be measured:", measured.failed))
    if found:
        parts.append(f"{len(found)} timings in {file}")
    print(*filter(None, parts), sep="\n\n")
    if interrupted:
        cli.say("interrupted; the rest is not measured")


def _write(
    measured: Measured, stream: IO[str], options: argparse.Namespace, interrupted: bool
) -> None:
    document = measured.document
    if interrupted:
        document["gradcheck"]["interrupted"] = True
    if options.no_data:
        for timing in measured.timings:
            timing["stats"].pop("data", None)
    json.dump(document, stream, indent=1)
    stream.write("\n")
