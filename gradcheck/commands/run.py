"""Run cases and compare their gradients with numerical derivatives."""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gradcheck import cli
from gradcheck.collection import Pair, add_selection, read, select

if TYPE_CHECKING:
    from gradcheck.executors import Executor
    from gradcheck.reporters.json_lines import JsonLines
    from gradcheck.reporters.rows import Row, Run
    from gradcheck.vocabulary import Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `run`."""
    add_selection(parser)
    add = parser.add_argument
    add("-x", dest="maxfail", action="store_const", const=1, help="stop at the first failure")
    add("--maxfail", type=_positive, metavar="N", help="stop after N failures")
    add(
        "--continue-on-collection-errors",
        action="store_true",
        help="run the rest when case files hold mistakes; the exit code is still 2",
    )
    add("--seed", type=int, default=0, metavar="N", help="origin of all random choices (default 0)")
    add(
        "--timeout",
        type=_seconds,
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
    add("--format", choices=("table", "json"), default="table", help="what goes to stdout")
    add(
        "--report",
        action="append",
        default=[],
        metavar="KIND=FILE",
        help="write a further report; kinds: json",
    )
    add(
        "--report-dir",
        metavar="DIR",
        help="folder of results.jsonl and summary.md (default reports/latest)",
    )
    add("-q", "--quiet", action="store_true", help="show only what did not pass, and the summary")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected 1 or more")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: expected seconds, more than 0")
    return number


def main(options: argparse.Namespace) -> int:
    """Run the chosen cases; return the exit code."""
    stdout = sys.stdout
    with ExitStack() as stack:
        if options.format == "json":
            # A case may print: not between the lines that a pipe reads.
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        return _run(options, stdout)


def _run(options: argparse.Namespace, stdout: IO[str]) -> int:
    from gradcheck.executors.isolated import Isolated
    from gradcheck.reporters.rows import Run, rows_of

    root, cases, mistakes = read(options)
    if mistakes and not options.continue_on_collection_errors:
        return cli.EXIT_USAGE
    outcomes, interrupted = [], False
    with ExitStack() as stack:
        apart = Isolated(root, python=not options.no_python, timeout=options.timeout)
        executor = stack.enter_context(apart)
        pairs, deselected = select(cases, options, executor.unusable)
        start = time.perf_counter()
        writers = _writers(options, root, stdout, stack)
        try:
            for outcome in _limited(_outcomes(executor, pairs, options), options):
                outcomes.append(outcome)
                for writer in writers:
                    writer.outcome(outcome)
        except KeyboardInterrupt:
            interrupted = True
    seconds = time.perf_counter() - start
    run = Run(rows_of(outcomes), deselected, seconds, options.seed, interrupted)
    _report(run, options, root)
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
    options: argparse.Namespace, root: Path, stdout: IO[str], stack: ExitStack
) -> list[JsonLines]:
    """Open every stream of results, to be closed and put in place with `stack`."""
    from gradcheck.reporters.json_lines import JsonLines, replacing

    files = [_folder(options, root) / "results.jsonl", *map(_json_file, options.report)]
    streams = [stack.enter_context(replacing(file)) for file in files]
    if options.format == "json":
        streams.append(stdout)
    return [JsonLines(stream, options.seed) for stream in streams]


def _folder(options: argparse.Namespace, root: Path) -> Path:
    return Path(options.report_dir) if options.report_dir else root / "reports" / "latest"


def _json_file(report: str) -> Path:
    kind, separator, file = report.partition("=")
    if kind != "json" or not separator or not file:
        raise cli.UsageError(f"--report {report!r}: expected KIND=FILE, and of kinds: json")
    return Path(file)


def _report(run: Run, options: argparse.Namespace, root: Path) -> None:
    """Print what a person reads, and write the summary beside the results."""
    from gradcheck.reporters.json_lines import replacing
    from gradcheck.reporters.markdown import markdown
    from gradcheck.reporters.table import counts, summary_line

    with replacing(_folder(options, root) / "summary.md") as stream:
        stream.write(markdown(run))
    # A pipe gets results and nothing else; people still see what the run came to.
    to = sys.stderr if options.format == "json" else sys.stdout
    if options.format == "table":
        _print_rows(run, options)
    print(counts(run), summary_line(run), sep="\n\n", file=to)


def _print_rows(run: Run, options: argparse.Namespace) -> None:
    from gradcheck.reporters.table import table
    from gradcheck.reporters.text import all_described
    from gradcheck.vocabulary import Verdict

    quiet = (Verdict.PASS, Verdict.SKIP, Verdict.XFAIL)
    shown = [row for row in run.rows if not options.quiet or row.verdict not in quiet]
    if shown:
        print(table(shown), end="\n\n")
    told = (Verdict.INCONCLUSIVE, Verdict.XPASS, Verdict.FAIL, Verdict.ERROR)
    blocks = all_described([o for row in run.rows for o in row.outcomes], told)
    if blocks:
        print(blocks, end="\n\n")
