"""Values of options, each refused with what is allowed in its place."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def positive(text: str) -> float:
    """Return a number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: expected a number above 0")
    return number


def whole(least: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number, not below `least` if that is given."""
    allowed = "a whole number" if least is None else f"a whole number of {least} or more"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text}: expected {allowed}") from None
        if least is not None and number < least:
            raise argparse.ArgumentTypeError(f"{text}: expected {allowed}")
        return number

    return read


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Declare the option of the seed."""
    parser.add_argument(
        "--seed",
        type=whole(),
        default=0,
        metavar="N",
        help="origin of all random choices (default 0)",
    )
