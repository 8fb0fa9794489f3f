"""What a child is given, and what it reads by itself."""

import json
import pickle
import signal
import subprocess

import pytest

from gradcheck.executors import child
from gradcheck.executors.child import BEGUN, READY, Inquiry, Trial, _CaseFiles, command
from gradcheck.runner import Options


@pytest.fixture
def root(tmp_path):
    text = "cases:\n  - {id: sine, function: sin(x), inputs: {x: 0.5}}\n"
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.py").write_text(
        "from gradcheck import case\n\n\n@case(inputs={'x': 0.5})\ndef f(xp, x):\n    return x\n"
    )
    return tmp_path


def test_a_case_is_found_by_its_id(root):
    files = _CaseFiles(root, python=True)
    assert files.case("a.yaml::sine").slug == "sine"
    assert files.case("b.py::f").slug == "f"
    assert files.case("a.yaml::cosine") is None


def test_python_files_are_refused_where_the_run_refuses_them(root):
    assert _CaseFiles(root, python=False).case("b.py::f") is None


def answers(root, *requests):
    """The answers of a child to `requests`, as it writes them."""
    text = b"".join(map(pickle.dumps, requests))
    process = subprocess.Popen(
        command(root, python=True, memory=0), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdin.write(text)
    process.stdin.flush()
    found = [pickle.load(process.stdout) for _ in range(1 + 2 * len(requests))]
    process.stdin.close()
    process.stdout.close()
    process.wait(60)  # it ends when there are no more requests
    return found


def test_the_time_counts_from_the_case_on(root):
    ready, begun, reason, again, outcomes = answers(
        root, Inquiry("engine"), Trial("a.yaml::sine", "engine", Options(), 60.0)
    )
    assert (ready, begun, reason, again) == (READY, BEGUN, "", BEGUN)
    assert {outcome.case for outcome in outcomes} == {"a.yaml::sine"}


def test_what_stands_in_the_folder_hides_nothing(root, monkeypatch):
    (root / "json.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(root)
    assert answers(root, Inquiry("engine"))[-1] == ""


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="POSIX alone has alarms")
def test_a_child_ends_by_itself_where_nobody_can_end_it(monkeypatch):
    monkeypatch.setattr(child, "_GRACE", 5)
    with child._ending(1.5):
        assert 6 <= signal.alarm(1000) <= 7
    assert signal.alarm(0) == 0


def test_settings_travel_as_text(root):
    *_, settings = command(root, python=False, memory=5)
    assert json.loads(settings) == {"root": str(root), "python": False, "memory": 5}
