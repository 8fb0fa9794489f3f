"""The README's comparison of engines, where all of them are installed."""

import re
from pathlib import Path

import pytest

from gradcheck import cli

ROOT = Path(__file__).parents[3]
SECTION = (ROOT / "README.md").read_text().partition("## Any engine")[2].partition("\n## ")[0]
[COMMAND] = re.findall(r"^python -m gradcheck (run .*)$", SECTION, re.M)
[SHOWN] = re.findall(r"^```text\n(.*?)^```$", SECTION, re.M | re.S)


def shape_of(line: str) -> str:
    """A line with every number as # and runs of blanks and rules as one."""
    line = re.sub(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", "#", line)
    return re.sub(r"[ -]{2,}", " ", line).strip()


def test_the_lines_shown_are_printed(tmp_path, monkeypatch, capsys):
    for engine in ("torch", "array_api_compat", "jax", "autograd"):
        pytest.importorskip(engine)
    monkeypatch.chdir(ROOT)
    assert cli.main([*COMMAND.split(), "--report-dir", str(tmp_path)]) == 0
    printed = {shape_of(line) for line in capsys.readouterr().out.splitlines()}
    assert {shape_of(line) for line in SHOWN.splitlines()} - {"..."} <= printed
