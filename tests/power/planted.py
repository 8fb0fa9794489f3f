"""Plant a wrong rule into one operation of the engine, and see which case of the library tells.

`python -m tests.power.planted [FACTOR]` prints the table for every operation.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from gradcheck.adapters import adapter
from gradcheck.adapters.fault import planted
from gradcheck.cli import main
from gradcheck.errors import MissingOperation
from gradcheck.vocabulary import Fault

CASES = Path(__file__).parents[2] / "cases"
FACTOR = 1 + 1e-6


def operations() -> list[str]:
    """Return the engine's operations that have a rule of their own, without their aliases."""
    named = adapter("engine").operations().items()
    return [name for name, f in named if f.__name__ == name and _has_rule(name)]


def _has_rule(operation: str) -> bool:
    try:
        adapter("engine").operation_class(operation)
    except MissingOperation:
        return False
    return True


@contextlib.contextmanager
def scaled(operation: str, factor: float) -> Iterator[None]:
    """Multiply every gradient of an operation by `factor`, until the block ends."""
    cls = adapter("engine").operation_class(operation)
    with planted(cls, Fault(operation, "scale", factor)):
        yield


def run_library(*arguments: str) -> tuple[int, str]:
    """Run the case library until something fails; return the exit code and what was printed."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(["run", str(CASES), "-x", "-q", "--report-dir", folder, *arguments])
    return code, out.getvalue()


def table(factor: float) -> str:
    """Return one line an operation: the exit code, and the first case that fails."""
    lines = []
    for name in operations():
        with scaled(name, factor):
            code, printed = run_library("-k", name)
        failure = next((line for line in printed.splitlines() if line.startswith("FAIL  ")), "")
        lines.append((name, code, failure.split()[1] if failure else "none"))
    return tabulate(lines, ("operation", "exit code", "first failing case"), disable_numparse=True)


if __name__ == "__main__":
    print(table(float(sys.argv[1]) if len(sys.argv) > 1 else FACTOR))
