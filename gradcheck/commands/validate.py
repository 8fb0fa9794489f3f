"""Read case files and report every mistake in them; run nothing."""

from __future__ import annotations

import argparse

from gradcheck import cli
from gradcheck.collection import add_selection, read, select


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `validate`."""
    add_selection(parser)


def main(options: argparse.Namespace) -> int:
    """Print what was read, or on stderr what is wrong with it; return the exit code."""
    _, cases, mistakes = read(options)
    select(cases, options)
    if mistakes:
        return cli.EXIT_USAGE
    files = len({case.place.path for case in cases})
    print(f"no mistake: {len(cases)} case(s) in {files} file(s)")
    return cli.EXIT_OK
