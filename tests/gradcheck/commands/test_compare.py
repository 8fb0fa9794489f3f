"""`compare` as a person runs it: on a small project with an engine of its own, under git."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from gradcheck.bench import comparison, cores
from gradcheck.bench.duel import LIMITS
from gradcheck.bench.stages import Change
from gradcheck.cli import main

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

STEPS = """\
import numpy as np
import mine

class Variable:
    def __init__(self, data):
        self.data, self.grad, self.back = np.asarray(data), None, None

    def backward(self):
        self.back(self.grad)

def sin(x):
    y = Variable(np.sin(x.data))
    def back(gy):
        mine.work()
        x.grad = np.cos(x.data) * gy
    y.back = back
    return y
"""
QUICK = "def work():\n    return sum(range(300))\n"
SLOW = "def work():\n    return sum(range(600))\n"
CASES = """\
cases:
  - {id: sine, function: sin(x), inputs: {x: 0.5}, benchmark: {phases: [backward]}}
  - {id: untimed, function: sin(x), inputs: {x: 0.5}}
"""


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with an engine in steps.py, which takes its time in mine.py."""
    folder = tmp_path / "project"
    (folder / "cases").mkdir(parents=True)
    monkeypatch.chdir(folder)
    (folder / "tox.ini").touch()
    (folder / "steps.py").write_text(STEPS)
    (folder / "mine.py").write_text(QUICK)
    (folder / "cases" / "a.yaml").write_text(CASES)
    (folder / ".gitignore").write_text("__pycache__\n")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    return folder


@pytest.fixture(autouse=True)
def short_sessions(monkeypatch):
    """What is tested here differs by half: that is seen in a moment."""
    short = replace(LIMITS, pairs=12, seconds=0.1)
    monkeypatch.setattr(comparison, "Arena", partial(comparison.Arena, limits=short))


OWN = ("-e", "./steps.py")


def nothing_is_left(project: Path) -> bool:
    listed = subprocess.run(["git", "worktree", "list"], capture_output=True, text=True, check=True)
    notes = project / ".git/worktrees"
    return len(listed.stdout.splitlines()) == 1 and not (notes.exists() and list(notes.iterdir()))


def test_slower_code_beside_the_engine_is_found_and_is_1(project, capsys):
    (project / "mine.py").write_text(SLOW)
    assert main(["compare", "HEAD", *OWN]) == 1
    out, err = capsys.readouterr()
    [row] = [line.split() for line in out.splitlines() if line.startswith("cases/")]
    assert row[:3] == ["cases/a.yaml::sine", "steps.py", "backward"]
    assert row[-1] == "slower"
    assert "HEAD (" in out.splitlines()[-1]
    assert "the working tree with its changes: 1 slower; " in out.splitlines()[-1]
    assert err == ""
    assert nothing_is_left(project)


def test_the_harness_and_the_cases_are_those_of_the_working_tree(project, capsys):
    git("rm", "--quiet", "-r", "--cached", "cases")
    git("commit", "--quiet", "-m", "a revision without cases")
    # An old gradcheck in the project must not be what measures.
    (project / "gradcheck.py").write_text("raise SystemExit(9)")
    assert main(["compare", "HEAD", *OWN, "--format", "json"]) in (0, 4)
    out, err = capsys.readouterr()
    header, record = map(json.loads, out.splitlines())
    assert header["schema"] == "gradcheck-comparison"
    assert record["case"] == "cases/a.yaml::sine"
    assert record["reason"] == ""
    assert record["old_seconds"] > 0
    assert "HEAD" in err


def test_what_the_old_side_cannot_run_has_no_base_and_is_0(project, capsys):
    git("rm", "--quiet", "--cached", "steps.py")
    git("commit", "--quiet", "-m", "a revision without an engine")
    assert main(["compare", "HEAD", *OWN]) == 0
    out = capsys.readouterr().out
    assert "no base: cases/a.yaml::sine steps.py backward: " in out
    assert "no such file" in out


def test_what_the_new_side_cannot_run_is_4(project, capsys):
    (project / "mine.py").write_text("def work():\n    raise ValueError('not today')\n")
    assert main(["compare", "HEAD", *OWN]) == 4
    assert "error: cases/a.yaml::sine steps.py backward: ValueError: not today" in (
        capsys.readouterr().out
    )


TIMED = """\
import numpy as np
from gradcheck import case
from mine import work

def forward(x):
    return x

def backward(y_bars, xs, ys):
    work()
    return y_bars[0]

case(id="rule", rule=(forward, backward), inputs={"x": 0.5}, benchmark={"phases": ["backward"]})
"""


def test_case_files_import_each_side_of_the_project_from_its_root(project, monkeypatch, capsys):
    (project / "cases" / "b.py").write_text(TIMED)
    (project / "cases" / "a.yaml").unlink()
    (project / "mine.py").write_text(SLOW)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    monkeypatch.chdir(project / "cases")
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    assert main(["compare", "HEAD"]) == 1
    assert "cases/b.py::rule" in capsys.readouterr().out


def test_a_side_that_does_not_answer_is_given_up(project, capsys):
    (project / "mine.py").write_text("import time\ndef work():\n    time.sleep(60)\n")
    assert main(["compare", "HEAD", *OWN, "--timeout", "1.5"]) == 4
    assert "it took longer than 1.5 s" in capsys.readouterr().out


def test_what_is_unsure_comes_with_the_command_that_asks_again(project, monkeypatch, capsys):
    monkeypatch.setattr(comparison, "is_suspect", lambda screen: True)
    monkeypatch.setattr(comparison, "change_of", lambda screen, sessions: Change.UNSURE)
    assert main(["compare", "HEAD", *OWN, "--phase", "backward"]) == 4
    again = 'python -m gradcheck compare HEAD "cases/a.yaml::sine" -e "steps.py" --phase backward'
    assert f"has less to do: {again}\n" in capsys.readouterr().out


def test_a_module_of_the_wrong_tree_is_noticed(project, capsys):
    # As an editable installation does it: behind the path of both sides, from the working tree.
    (project / "steps.py").write_text(
        STEPS.replace(
            "import mine", f"import sys; sys.path.insert(0, {str(project)!r})\nimport mine"
        )
    )
    git("commit", "--quiet", "-am", "an engine that reaches out")
    assert main(["compare", "HEAD", *OWN]) == 0
    assert "mine came from the working tree and not from the revision" in capsys.readouterr().out


def test_one_core_serves_both_sides(project, monkeypatch, capsys):
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("no affinity on this system")
    one = min(os.sched_getaffinity(0))
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {one})
    (project / "mine.py").write_text(SLOW)
    assert main(["compare", "HEAD", *OWN]) == 1


def test_without_affinity_it_takes_more_sessions_and_says_so(project, monkeypatch, capsys):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert cores.quiet_core() is None
    (project / "mine.py").write_text(SLOW)
    assert main(["compare", "HEAD", *OWN, "--format", "json"]) == 1
    header, record = map(json.loads, capsys.readouterr().out.splitlines())
    assert "could not be kept on one core" in header["notes"][0]
    assert record["sessions"] >= 7


def test_the_control_is_told(project, capsys):
    main(["compare", "HEAD", *OWN, "--control"])
    assert "control: the old revision against itself is off by" in capsys.readouterr().out


def test_reports_are_written_beside(project):
    kinds = [f"--report={kind}=out/a.{kind}" for kind in ("table", "markdown", "json")]
    main(["compare", "HEAD", *OWN, *kinds])
    assert (project / "out/a.markdown").read_text().startswith("### gradcheck compare: HEAD (")
    assert "95 % interval" in (project / "out/a.table").read_text()
    assert json.loads((project / "out/a.json").read_text().splitlines()[0])["version"] == 1


def test_a_report_with_no_place_is_told_before_anything_is_measured(project, capsys, monkeypatch):
    monkeypatch.setattr(comparison, "compare", None)  # which nobody may call
    for arguments in (["HEAD", *OWN], ["a.json", "b.json"]):
        assert main(["compare", *arguments, "--report", "markdown=cases"]) == 2
        out, err = capsys.readouterr()
        assert (out, err[:18]) == ("", "gradcheck: cases: ")


def test_nothing_that_is_timed_is_5(project, capsys):
    assert main(["compare", "HEAD", *OWN, "-k", "untimed"]) == 5
    assert "no case chosen has a `benchmark` among those that match -k 'untimed'" in (
        capsys.readouterr().err
    )


def test_a_saved_run_without_timings_is_5_and_named(tmp_path, capsys):
    old, new = saved(tmp_path, "old.json", 0.5), tmp_path / "new.json"
    new.write_text(json.dumps(json.loads(Path(old).read_text()) | {"benchmarks": []}))
    assert main(["compare", old, str(new)]) == 5
    assert "new.json holds no timings" in capsys.readouterr().err


def test_help_and_usage_speak_of_saved_runs_and_require_no_path(capsys):
    with pytest.raises(SystemExit):
        main(["compare", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert "compare OLD.json NEW.json" in out
    assert "good for 10 %." in out
    assert "Exit codes: 0 nothing is slower" in out
    with pytest.raises(SystemExit):
        main(["compare"])
    assert capsys.readouterr().err.endswith("required: REV|OLD.json\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["v9"], "no revision 'v9'"),
        (["HEAD", "nowhere"], "nowhere"),
        (["HEAD", "-e", "engin"], "did you mean 'engine'"),
        (["HEAD", "--report", "pdf=x"], "kinds: table, markdown, json"),
        (["a.json"], "compare OLD.json NEW.json"),
        (["a.json", "b.json"], "a.json: No such file"),
        (["a.json", "b.json", "--control"], "comparison with a revision"),
    ],
)
def test_a_mistake_in_the_command_is_2_and_named(project, capsys, arguments, words):
    assert main(["compare", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_folder_without_a_repository_is_2(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(CASES)
    assert main(["compare", "HEAD", "a.yaml"]) == 2
    assert "not a git repository" in capsys.readouterr().err


def test_a_mistake_in_a_case_file_is_2(project, capsys):
    (project / "cases" / "b.yaml").write_text("cases:\n  - {id: a, inputs: {x: 1}}\n")
    assert main(["compare", "HEAD"]) == 2
    assert "nothing is compared while case files hold mistakes" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_comparison_is_130_and_leaves_nothing(project, number):
    (project / "mine.py").write_text(
        "import os, time\ndef work():\n    open(os.environ['STARTED'], 'w').close()\n"
        "    time.sleep(0.2)\n"
    )
    git("commit", "--quiet", "-am", "slow")
    started = project.parent / "started"
    process = subprocess.Popen(
        [sys.executable, "-m", "gradcheck", "compare", "HEAD", *OWN],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "STARTED": str(started),
             "TMPDIR": str(project.parent)},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "gradcheck: interrupted\n"
    assert nothing_is_left(project)
    assert list(project.parent.glob("gradcheck-*")) == []


def saved(folder: Path, name: str, ratio: float, **machine: str) -> str:
    said = {
        "case": "a.yaml::a", "engine": "engine", "phase": "backward", "case_hash": "1",
        "opcodes": 10, "log_ratio_frozen": ratio, "se": 0.001, "sessions": 3,
    }  # fmt: skip
    document = {
        "benchmarks": [{"stats": {"min": 1.0}, "extra_info": {"gradcheck": said}}],
        "gradcheck": {"python": "3.11.1", "numpy": "2.4.0", "frozen_engine": "f"} | machine,
        "commit_info": {"id": "abcdef0123"},
    }
    (folder / name).write_text(json.dumps(document))
    return str(folder / name)


@pytest.mark.parametrize(("change", "code"), [(0.0, 0), (0.07, 0), (0.2, 1), (-0.2, 0)])
def test_saved_runs_are_compared_by_their_ratios(tmp_path, capsys, change, code):
    old, new = saved(tmp_path, "old.json", 0.5), saved(tmp_path, "new.json", 0.5 + change)
    assert main(["compare", old, new]) == code
    out = capsys.readouterr().out
    assert ('compare abcdef0123 "a.yaml::a"' in out) == (change == 0.07)


def test_a_baseline_of_another_python_gives_a_table_and_is_4(tmp_path, capsys):
    old = saved(tmp_path, "old.json", 0.5)
    new = saved(tmp_path, "new.json", 0.5, python="3.13.0")
    assert main(["compare", old, new]) == 4
    out = capsys.readouterr().out
    assert out.count("Python was 3.11.1 and is 3.13.0: ratios do not carry over") == 1
    assert "no verdict" in out
