"""Run cases and compare their gradients with numerical derivatives."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gradcheck import cli
from gradcheck.arguments import add_seed, positive, whole
from gradcheck.collection import Pair, add_selection, read, select
from gradcheck.reporters import REPORTERS

if TYPE_CHECKING:
    from gradcheck.executors import Executor
    from gradcheck.reporters import Writer
    from gradcheck.reporters.rows import Gate, Run
    from gradcheck.vocabulary import Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `run`."""
    add_selection(parser)
    _add_conduct(parser)
    _add_verdicts(parser)
    _add_reports(parser)
    _add_shown(parser)


def _add_conduct(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-x", dest="maxfail", action="store_const", const=1, help="stop at the first failure")
    add("--lf", action="store_true", help="run what failed in the last run; all if nothing did")
    add("--maxfail", type=whole(1), metavar="N", help="stop after N failures")
    add(
        "--continue-on-collection-errors",
        action="store_true",
        help="run the rest when case files hold mistakes; the exit code is still 2",
    )
    add_seed(parser)
    add(
        "--timeout",
        type=positive,
        metavar="S",
        help="seconds that a case may take, before it is an ERROR; cases then run in a process "
        "beside this one, where one that hangs or crashes costs itself alone. Engines of your own "
        "(-e ./steps.py) always run so, with 10 s if nothing else is said",
    )


def _add_verdicts(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--inconclusive",
        choices=("fail", "warn"),
        default="fail",
        help="what an undecided case is (default fail)",
    )
    add(
        "--require-detects",
        type=positive,
        metavar="X",
        help="fail, too, where a PASS would not have caught a fault of X in the median entry of a "
        "gradient (its `detects`); cases that compare no derivative are not held to it",
    )


def _add_reports(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    # Reporters are found when their names are asked for; a metavar keeps argparse from asking now.
    add(
        "--format",
        choices=REPORTERS,
        default="table",
        metavar="KIND",
        help="what goes to stdout: %(choices)s (default table)",
    )
    add(
        "--report",
        action="append",
        default=[],
        metavar="KIND=FILE",
        help="write a further report, of the same kinds",
    )
    add(
        "--report-dir",
        metavar="DIR",
        help="folder of results.jsonl and summary.md (default reports/latest)",
    )


def _add_shown(parser: argparse.ArgumentParser) -> None:
    add = parser.add_mutually_exclusive_group().add_argument
    add("-q", "--quiet", action="store_true", help="show only what did not pass, and the summary")
    add("-v", "--verbose", action="store_true", help="show each check of each case, too")
    parser.add_argument(
        "--durations", type=whole(0), metavar="N", help="name the N slowest cases (0: all)"
    )


def main(options: argparse.Namespace) -> int:
    """Run the chosen cases; return the exit code."""
    stdout = sys.stdout
    with ExitStack() as stack:
        if options.format != "table":
            # A case may print: not into what a pipe reads.
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        return _run(options, stdout)


def _run(options: argparse.Namespace, stdout: IO[str]) -> int:
    from gradcheck.executors.isolated import Isolated
    from gradcheck.reporters.rows import Gate
    from gradcheck.reporters.table import summary

    root, cases, mistakes = read(options)
    if mistakes and not options.continue_on_collection_errors:
        return cli.EXIT_USAGE
    gate = Gate(options.inconclusive == "warn", options.require_detects)
    folder = Path(options.report_dir) if options.report_dir else root / "reports" / "latest"
    with ExitStack() as stack:
        apart = Isolated(root, python=not options.no_python, timeout=options.timeout)
        executor = stack.enter_context(apart)
        everything, deselected = select(cases, options, executor.unusable)
        pairs = _last_failed(everything, folder, gate) if options.lf else everything
        # A run of nothing leaves the report of the last one.
        writers = _writers(_files_in(folder) if pairs else [], options, stdout, stack)
        run = _carried_out(_outcomes(executor, pairs, options), writers, options, gate)
        run = replace(run, deselected=deselected + len(everything) - len(pairs))
        for writer in writers:
            writer.end(run)
    if options.format != "table":
        # A pipe gets the report and nothing else; people still see what the run came to.
        print(summary(run), end="", file=sys.stderr)
    if run.interrupted:
        return cli.EXIT_INTERRUPTED
    return cli.EXIT_USAGE if mistakes else _exit_code(run)


def _carried_out(
    several: Iterable[tuple[Outcome, ...]],
    writers: Sequence[Writer],
    options: argparse.Namespace,
    gate: Gate,
) -> Run:
    """Pass outcomes on as they come, and return what they came to."""
    from gradcheck.reporters.rows import Run, rows_of

    outcomes, interrupted = [], False
    start = time.perf_counter()
    try:
        for outcome in _limited(several, gate, options.maxfail):
            outcomes.append(outcome)
            for writer in writers:
                writer.outcome(outcome)
    except KeyboardInterrupt:
        interrupted = True
    return Run(
        rows_of(outcomes),
        seconds=time.perf_counter() - start,
        seed=options.seed,
        interrupted=interrupted,
        quiet=options.quiet,
        verbose=options.verbose,
        durations=options.durations,
        gate=gate,
    )


def _outcomes(
    executor: Executor, pairs: Sequence[Pair], options: argparse.Namespace
) -> Iterable[tuple[Outcome, ...]]:
    from tqdm import tqdm

    from gradcheck.runner import Options

    several = executor.run(pairs, Options(seed=options.seed))
    # disable=None: progress is for a terminal only.
    return tqdm(several, total=len(pairs), unit="case", leave=False, disable=None, file=sys.stderr)


def _limited(
    several: Iterable[tuple[Outcome, ...]], gate: Gate, most: int | None
) -> Iterator[Outcome]:
    """Yield outcomes until as many cases have failed as the user will look at."""
    from gradcheck.reporters.rows import rows_of

    failures = 0
    for outcomes in several:
        yield from outcomes
        failures += sum(map(gate.is_failed, rows_of(outcomes)))
        if most and failures >= most:
            return


def _last_failed(pairs: list[Pair], folder: Path, gate: Gate) -> list[Pair]:
    """Return those that failed in the run reported in `folder`; all, where none of them did."""
    from gradcheck.reporters.json_lines import NoResults, outcomes_in
    from gradcheck.reporters.rows import rows_of

    file = folder / "results.jsonl"
    try:
        rows = rows_of(outcomes_in(file))
    except FileNotFoundError:
        rows = []
    except NoResults as error:
        raise cli.UsageError(f"--lf: {error}") from error
    failed = {(row.case, row.engine) for row in rows if gate.is_failed(row)}
    again = [(case, engine) for case, engine in pairs if (case.id, engine) in failed]
    if not again:
        cli.say(f"--lf: no failure of these cases in {file}: running all")
    return again or pairs


def _exit_code(run: Run) -> int:
    if any(map(run.gate.is_failed, run.rows)):
        return cli.EXIT_FAILED
    return cli.EXIT_OK if run.compared else cli.EXIT_NOTHING


# ---------------------------------------------------------------- what is written where


def _writers(
    files: Sequence[tuple[str, Path]],
    options: argparse.Namespace,
    stdout: IO[str],
    stack: ExitStack,
) -> list[Writer]:
    """Open every report, to be closed and put in place with `stack`."""
    from gradcheck.reporters.json_lines import replacing

    files = [*files, *map(_kind_and_file, options.report)]
    streams = [(kind, stack.enter_context(replacing(file))) for kind, file in files]
    return [REPORTERS[k](s, options.seed) for k, s in [*streams, (options.format, stdout)]]


def _files_in(folder: Path) -> list[tuple[str, Path]]:
    return [("json", folder / "results.jsonl"), ("markdown", folder / "summary.md")]


def _kind_and_file(report: str) -> tuple[str, Path]:
    kind, _, file = report.partition("=")
    if kind not in REPORTERS or not file:
        kinds = ", ".join(sorted(REPORTERS))
        raise cli.UsageError(f"--report {report!r}: expected KIND=FILE, and of kinds: {kinds}")
    return kind, Path(file)
