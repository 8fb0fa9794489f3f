"""List the full ids of cases, one a line."""

from __future__ import annotations

import argparse
import json
import sys

from gradcheck import cli
from gradcheck.collection import add_selection, read, select
from gradcheck.quoting import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `list`."""
    add_selection(parser)
    add = parser.add_argument
    add("--format", choices=("text", "json"), default="text", help="what goes to stdout")


def main(options: argparse.Namespace) -> int:
    """Print the chosen cases; return the exit code."""
    _, cases, mistakes = read(options)
    pairs, deselected = select(cases, options)
    chosen = list({case.id: case for case, _ in pairs}.values())
    engines: dict[str, list[str]] = {}
    for case, engine in pairs:
        engines.setdefault(case.id, []).append(engine)
    if options.format == "json":
        records = [
            {
                "id": case.id,
                "place": str(case.place),
                "function": case.source,
                "inputs": list(case.inputs),
                "tags": list(case.tags),
                "engines": engines[case.id],
            }
            for case in chosen
        ]
        print(json.dumps(records, indent=2))
    else:
        print(*(printable(case.id) for case in chosen), sep="\n", end="\n" if chosen else "")
    left = f", {deselected} deselected" if deselected else ""
    print(f"{len(chosen)} cases{left}", file=sys.stderr)
    if mistakes:
        return cli.EXIT_USAGE
    return cli.EXIT_OK if chosen else cli.EXIT_NOTHING
