"""A process that serves another one: its pipes are for the two, and not for what it runs."""

from __future__ import annotations

import os
import sys
from typing import IO


def taken() -> tuple[IO[bytes], IO[bytes]]:
    """Take stdin and stdout for requests and answers, and put nothing and stderr in their place."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    # Line by line: what ends the process must not take along what was said before.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a real stream here
    return requests, answers
