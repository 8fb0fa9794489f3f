"""Say which cases became slower: between a revision and the working tree, or two saved runs."""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import time
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gradcheck import cli
from gradcheck.arguments import positive, whole
from gradcheck.collection import (
    add_selection,
    nothing_timed,
    paths_of,
    progress,
    read,
    relative,
    timed,
)
from gradcheck.quoting import quoted
from gradcheck.timing import PHASES

if TYPE_CHECKING:
    from gradcheck.bench.comparison import Comparison
    from gradcheck.bench.revision import Revision
    from gradcheck.bench.stages import Change
    from gradcheck.bench.workload import Workload
    from gradcheck.reporters.comparison import Comparisons

_KINDS = ("table", "markdown", "json")
_UNPINNED = (
    "the workers could not be kept on one core here: more sessions were taken, and the figures "
    "are less sure"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `compare`."""
    parser.description = (
        "Say which cases became slower since a git revision: its code and that of the working tree "
        "take turns on one core.  Or compare two runs that `bench --json` saved: "
        "`compare OLD.json NEW.json`, which takes no case and is good for 10 %."
    )
    parser.epilog = (
        "Exit codes: 0 nothing is slower, 1 something is, 2 a mistake in the command line or a "
        "case file, 4 the sessions scatter too much to say or a case cannot be run, 5 nothing "
        "that is timed, 130 interrupted."
    )
    add = parser.add_argument
    add("old", metavar="REV|OLD.json", help="git revision, or a file written by `bench --json`")
    add_selection(parser)
    add("--phase", action="append", default=[], choices=PHASES, help="only this phase")
    add("--control", action="store_true", help="measure the revision against itself, too")
    add("--seed", type=whole(), metavar="N", help="order of the workers' turns (default: random)")
    add(
        "--timeout",
        type=positive,
        default=60.0,
        metavar="S",
        help="seconds after which a side is given up that does not answer (default 60)",
    )
    add("--format", choices=_KINDS, default="table", help="what goes to stdout")
    add(
        "--report",
        action="append",
        default=[],
        metavar="KIND=FILE",
        help="write a further report; kinds: table, markdown, json",
    )


def main(options: argparse.Namespace) -> int:
    """Compare, print what changed, and return the exit code."""
    from gradcheck.reporters.comparison import summary
    from gradcheck.reporters.json_lines import replacing

    reports = [_report(report) for report in options.report]
    stdout = sys.stdout
    with contextlib.ExitStack() as stack:
        # Opened before minutes are spent: a place that cannot be written to is told at once.
        streams = [(kind, stack.enter_context(replacing(file))) for kind, file in reports]
        with contextlib.redirect_stdout(sys.stderr):  # a case file may print while it is read
            run = _saved(options) if _is_saved(options) else _measured(options)
        if not run.rows:
            why = f"{run.new} holds no timings" if _is_saved(options) else nothing_timed(options)
            cli.say(f"nothing to compare: {why}")
            return cli.EXIT_NOTHING
        _write(run, [*streams, (options.format, stdout)])
    if options.format != "table":  # a pipe gets its format and nothing else
        print(summary(run), file=sys.stderr)
    return exit_code({row.change for row in run.rows})


def _is_saved(options: argparse.Namespace) -> bool:
    return bool(options.old.endswith(".json"))


def exit_code(changes: Set[Change]) -> int:
    """Return 1 where something is slower, 4 where it cannot be told whether something is, else 0.

    What has no base, or no verdict, is no trouble beside what has one.
    """
    from gradcheck.bench.stages import Change

    if Change.SLOWER in changes:
        return cli.EXIT_FAILED
    unclear = changes & {Change.UNSURE, Change.ERROR} or changes <= {
        Change.NO_VERDICT,
        Change.SKIPPED,
    }
    return cli.EXIT_UNMEASURED if unclear else cli.EXIT_OK


# ---------------------------------------------------------------- against a revision


def _measured(options: argparse.Namespace) -> Comparisons:
    """Return how the working tree compares with a revision."""
    from gradcheck.bench.revision import NothingThere, RevisionError, checked_out
    from gradcheck.reporters.comparison import Comparisons

    root, workloads = _chosen(options)
    if not workloads:
        return Comparisons(options.old, "the working tree", ())
    try:
        with checked_out(options.old, Path.cwd()) as revision:
            return _compared(options, root, revision, workloads)
    except NothingThere as error:
        raise cli.Unmeasured(str(error)) from error
    except RevisionError as error:
        raise cli.UsageError(str(error)) from error


def _chosen(options: argparse.Namespace) -> tuple[Path, list[Workload]]:
    """Return the root, and what is to be timed of the cases that the command line means."""
    options.engine = [relative(name) for name in options.engine]
    root, cases, mistakes = read(options)
    if mistakes:
        raise cli.UsageError("nothing is compared while case files hold mistakes")
    return root, timed(cases, options)


def _compared(
    options: argparse.Namespace, root: Path, revision: Revision, workloads: Sequence[Workload]
) -> Comparisons:
    from gradcheck.bench.comparison import CONTROL, NEW, OLD, Arena, compare
    from gradcheck.bench.cores import quiet_core
    from gradcheck.bench.revision import is_dirty, sides_of
    from gradcheck.bench.side import side_here
    from gradcheck.reporters.comparison import Comparisons, noise

    side = side_here(root, paths_of(options, root), options.engine, not options.no_python)
    side = replace(side, core=quiet_core())
    start = time.monotonic()
    old, new = sides_of(revision, side)
    sides = {OLD: old, **({CONTROL: old} if options.control else {}), NEW: new}
    arena = Arena(sides, random.Random(options.seed), call_limit=options.timeout)
    compared = compare(arena, workloads, progress)
    notes = [noise(compared.rows), "" if compared.pinned else _UNPINNED]
    notes.append(_unsure(compared.rows, options))
    tree = "the working tree" + (" with its changes" if is_dirty(revision.top) else "")
    seconds = time.monotonic() - start
    return Comparisons(str(revision), tree, compared.rows, [n for n in notes if n], seconds)


def _unsure(rows: Iterable[Comparison], options: argparse.Namespace) -> str:
    """The command that asks once more what could not be told."""
    from gradcheck.bench.stages import Change

    command = _compare_again(options.old, rows, Change.UNSURE)
    if not command:
        return ""
    chosen = [f" -e {quoted(name)}" for name in options.engine]
    chosen += [f" --phase {phase}" for phase in options.phase]
    return f"unsure: ask again when the machine has less to do: {command}{''.join(chosen)}"


def _compare_again(old: str, rows: Iterable[Comparison], change: Change) -> str:
    """Return the command that compares the cases of one verdict with a revision; "" for none."""
    cases = list(dict.fromkeys(row.case for row in rows if row.change is change))
    named = " ".join(map(quoted, cases))
    return f"python -m gradcheck compare {old} {named}" if cases else ""


# ---------------------------------------------------------------- two saved runs


def _saved(options: argparse.Namespace) -> Comparisons:
    """Return how one saved run compares with another."""
    from gradcheck.bench.saved import Unreadable, compare_saved, floor_of, read_saved
    from gradcheck.reporters.comparison import Comparisons

    if len(options.paths) != 1 or not options.paths[0].endswith(".json"):
        raise cli.UsageError("a saved run is compared with one other: compare OLD.json NEW.json")
    if options.control or options.engine or options.phase or options.k:
        raise cli.UsageError("-k, -e, --phase and --control are for a comparison with a revision")
    try:
        old, new = read_saved(Path(options.old)), read_saved(Path(options.paths[0]))
    except Unreadable as error:
        raise cli.UsageError(str(error)) from error
    rows = compare_saved(old, new)
    told = (
        f"ratios to the frozen engine, each sure to {floor_of(old, new):.1%} at best; seconds of "
        "another moment, or machine, are shown and not compared"
    )
    notes = [told, _maybe(rows, old.commit)]
    return Comparisons(old.name, new.name, rows, [note for note in notes if note])


def _maybe(rows: Iterable[Comparison], commit: str) -> str:
    """The command that decides what two files cannot."""
    from gradcheck.bench.stages import Change

    command = _compare_again(commit or "REV", rows, Change.MAYBE)
    return command and f"maybe slower; to be sure: {command}"


# ---------------------------------------------------------------- what is written where


def _report(text: str) -> tuple[str, Path]:
    kind, separator, file = text.partition("=")
    if kind not in _KINDS or not separator or not file:
        kinds = ", ".join(_KINDS)
        raise cli.UsageError(f"--report {text!r}: expected KIND=FILE, and of kinds: {kinds}")
    return kind, Path(file)


def _write(run: Comparisons, streams: Iterable[tuple[str, IO[str]]]) -> None:
    from gradcheck.reporters import comparison

    render = {
        "table": lambda run: comparison.comparison_text(run) + "\n",
        "markdown": comparison.comparison_markdown,
        "json": comparison.comparison_json,
    }
    for kind, stream in streams:
        stream.write(render[kind](run))
