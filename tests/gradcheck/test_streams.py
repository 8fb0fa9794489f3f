"""Standard streams as pipes and closed descriptors leave them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.streams import lasting

ROOT = Path(__file__).parents[2]
WRONG = "{id: off, function: sin(x), inputs: {x: 0.5}, expect: {value: 0.5}}"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="descriptors of a POSIX shell")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with more output than a pipe holds, one case of it a failure."""
    names = [f"case_with_a_name_that_fills_the_pipe_{i}" for i in range(700)]
    good = [f"  - {{id: {name}, function: sin(x), inputs: {{x: 0.5}}}}" for name in names]
    (tmp_path / "tox.ini").touch()
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "a.yaml").write_text("\n".join(["cases:", f"  - {WRONG}", *good]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(command: str) -> subprocess.CompletedProcess:
    """Run a line of bash in which $G is our command."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "G": f"{sys.executable} -m gradcheck"}
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=120
    )


@POSIX
def test_a_reader_that_leaves_changes_neither_exit_code_nor_reports(project):
    done = shell("$G run | head -n 1; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("verdict ")
    latest = project / "reports" / "latest"
    assert "701 cases: 1 FAIL, 700 PASS" in (latest / "summary.md").read_text()
    assert not list(latest.glob("*.partial"))


@POSIX
@pytest.mark.parametrize(("command", "code"), [("list", 0), ("validate", 0), ("run -e nope", 2)])
def test_every_command_keeps_its_exit_code_when_nobody_reads(project, command, code):
    done = shell(f"$G {command} 2>&1 | true; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (code, "")


@POSIX
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_are_written_to_in_silence(project, closed):
    assert shell(f"$G run {closed}").returncode == 1
    first = (project / "reports" / "latest" / "results.jsonl").read_text().partition("\n")[0]
    assert "gradcheck-results" in first


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_is_told(project):
    done = shell("$G list > /dev/full")
    assert (done.returncode, done.stderr) == (2, "gradcheck: output: No space left on device\n")


def test_what_the_encoding_lacks_is_escaped(monkeypatch, tmp_path):
    with open(tmp_path / "out", "w", encoding="ascii") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with lasting():
            print("caf\u00e9")
    assert (tmp_path / "out").read_text() == "caf\\xe9\n"
