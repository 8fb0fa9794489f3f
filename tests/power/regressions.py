"""Regressions as a person meets them: commits in a clone, and what `compare` prints of each.

python -m tests.power.regressions
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to one file of the engine: `before`, which must be there, becomes `after`."""

    title: str
    file: str
    before: str
    after: str

    def apply(self, folder: Path) -> None:
        """Make the change in a clone of the project."""
        path = folder / self.file
        text = path.read_text()
        if self.before not in text:
            raise SystemExit(f"{self.file} no longer has {self.before!r}: mend this script")
        path.write_text(text.replace(self.before, self.after))


EDITS = (
    Edit(
        "the reverse walk sorts what waits at every push",
        "engine/backprop.py",
        "        append(y)\n",
        "        append(y)\n        waiting.sort(key=_by_number)\n",
    ),
    Edit(
        "the rule of tanh computes tanh once more: only cases that use it are slower",
        "engine/operations/elementwise.py",
        "return (1.0 - y * y) * gy",
        "return (1.0 - np.tanh(x) ** 2) * gy",
    ),
    Edit("nothing at all", "engine/backprop.py", "\n", "\n"),
)


def run(folder: Path, *command: str) -> int:
    """Run a command in the clone, its output where ours goes."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment).returncode


def shown(edit: Edit, folder: Path) -> None:
    """Print what `compare` says of an edit, against the commit before it."""
    edit.apply(folder)
    print(f"\n=== {edit.title}", flush=True)
    command = ("gradcheck", "compare", "HEAD", "tests/power/timed.py", "--control")
    print(f"$ python -m {' '.join(command)}", flush=True)
    code = run(folder, sys.executable, "-m", *command)
    print(f"exit code {code}", flush=True)
    run(folder, "git", "checkout", "--quiet", ".")


def main() -> None:
    """Show every edit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "clone")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        for edit in EDITS:
            shown(edit, folder)


if __name__ == "__main__":
    main()
