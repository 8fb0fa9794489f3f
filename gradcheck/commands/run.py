"""Run cases and compare their gradients with numerical derivatives."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gradcheck import cli
from gradcheck.arguments import add_seed, positive, whole
from gradcheck.collection import Pair, add_selection, read, select
from gradcheck.reporters import REPORTERS

if TYPE_CHECKING:
    from gradcheck.executors import Executor
    from gradcheck.reporters import Writer
    from gradcheck.reporters.rows import Row, Run
    from gradcheck.vocabulary import Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `run`."""
    add_selection(parser)
    add = parser.add_argument
    add("-x", dest="maxfail", action="store_const", const=1, help="stop at the first failure")
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
    add(
        "--inconclusive",
        choices=("fail", "warn"),
        default="fail",
        help="what an undecided case is (default fail)",
    )
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
    add("-q", "--quiet", action="store_true", help="show only what did not pass, and the summary")


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
    from gradcheck.reporters.rows import Run, rows_of
    from gradcheck.reporters.table import summary

    root, cases, mistakes = read(options)
    if mistakes and not options.continue_on_collection_errors:
        return cli.EXIT_USAGE
    outcomes, interrupted = [], False
    with ExitStack() as stack:
        apart = Isolated(root, python=not options.no_python, timeout=options.timeout)
        executor = stack.enter_context(apart)
        pairs, deselected = select(cases, options, executor.unusable)
        start = time.perf_counter()
        # A run of nothing leaves the report of the last one.
        folder = _report_folder(options, root) if pairs else []
        writers = _writers(folder, options, stdout, stack)
        try:
            for outcome in _limited(_outcomes(executor, pairs, options), options):
                outcomes.append(outcome)
                for writer in writers:
                    writer.outcome(outcome)
        except KeyboardInterrupt:
            interrupted = True
        seconds = time.perf_counter() - start
        rows = rows_of(outcomes)
        run = Run(rows, deselected, seconds, options.seed, interrupted, options.quiet)
        for writer in writers:
            writer.end(run)
    if options.format != "table":
        # A pipe gets the report and nothing else; people still see what the run came to.
        print(summary(run), end="", file=sys.stderr)
    if interrupted:
        return cli.EXIT_INTERRUPTED
    return cli.EXIT_USAGE if mistakes else _exit_code(run, options)


def _outcomes(
    executor: Executor, pairs: Sequence[Pair], options: argparse.Namespace
) -> Iterable[tuple[Outcome, ...]]:
    from tqdm import tqdm

    from gradcheck.runner import Options

    several = executor.run(pairs, Options(seed=options.seed))
    # disable=None: progress is for a terminal only.
    return tqdm(several, total=len(pairs), unit="case", leave=False, disable=None, file=sys.stderr)


def _limited(
    several: Iterable[tuple[Outcome, ...]], options: argparse.Namespace
) -> Iterator[Outcome]:
    """Yield outcomes until as many cases have failed as the user will look at."""
    from gradcheck.reporters.rows import rows_of

    failures = 0
    for outcomes in several:
        yield from outcomes
        failures += sum(_is_failure(row, options) for row in rows_of(outcomes))
        if options.maxfail and failures >= options.maxfail:
            return


def _is_failure(row: Row, options: argparse.Namespace) -> bool:
    from gradcheck.vocabulary import Verdict

    accepted = [Verdict.PASS, Verdict.XFAIL, Verdict.SKIP]
    if options.inconclusive == "warn":
        accepted.append(Verdict.INCONCLUSIVE)
    return row.verdict not in accepted


def _exit_code(run: Run, options: argparse.Namespace) -> int:
    if any(_is_failure(row, options) for row in run.rows):
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


def _report_folder(options: argparse.Namespace, root: Path) -> list[tuple[str, Path]]:
    folder = Path(options.report_dir) if options.report_dir else root / "reports" / "latest"
    return [("json", folder / "results.jsonl"), ("markdown", folder / "summary.md")]


def _kind_and_file(report: str) -> tuple[str, Path]:
    kind, _, file = report.partition("=")
    if kind not in REPORTERS or not file:
        kinds = ", ".join(sorted(REPORTERS))
        raise cli.UsageError(f"--report {report!r}: expected KIND=FILE, and of kinds: {kinds}")
    return kind, Path(file)
