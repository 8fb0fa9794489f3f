"""The snippets of CONTRIBUTING.md run as they stand, each in a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.M | re.S)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_a_snippet_runs(snippet):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", snippet],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_there_is_a_snippet_for_everything_that_can_be_added():
    sections = re.findall(r"^## An? (\w+)", TEXT, re.M)
    assert sections == ["operation", "check", "adapter", "reporter"]
    for section in re.split(r"^## ", TEXT, flags=re.M)[1:]:
        assert "```python" in section or not re.match(r"An? ", section), section[:40]
