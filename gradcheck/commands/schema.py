"""Print the JSON schema of YAML case files, for editors."""

from __future__ import annotations

import argparse
import json

from gradcheck import cli


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`schema` has no options: redirect it into a file."""


def main(options: argparse.Namespace) -> int:
    """Print the schema; return the exit code."""
    from gradcheck.cases.schema import schema

    print(json.dumps(schema(), indent=2))
    return cli.EXIT_OK
