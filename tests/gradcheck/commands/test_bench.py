"""`gradcheck bench` as people meet it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.bench import process
from gradcheck.bench.frozen import SHA256
from gradcheck.cli import main

CASES = """\
cases:
  - id: sine
    function: sum(sin(x))
    inputs: {x: {shape: [$n]}}
    matrix: {n: [2]}
    benchmark: {sizes: {n: [3, 30]}}
  - {id: plain, function: square(x), inputs: {x: 3.0}}
"""
STEPS = """\
class Variable:
    def __init__(self, data):
        self.data, self.grad = data, None

    def backward(self): ...

def sin(x):
    return Variable(x.data)

sum = sin
"""
QUICK = ("--max-time", "0.001", "--ratios", "0")


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "tox.ini").touch()
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "a.yaml").write_text(CASES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_cases_are_timed_and_the_file_is_pytest_benchmarks(project, capsys):
    assert main(["bench", "-e", "engine", "--phase", "backward", *QUICK]) == 0
    out = capsys.readouterr().out
    assert "cases/a.yaml::sine[30]" in out
    assert "n = 3 to 30" in out
    file = project / "reports" / "latest" / "benchmark.json"
    assert "4 timings in" in out
    names = [each["fullname"] for each in json.loads(file.read_text())["benchmarks"]]
    parts = ["3-numpy", "3-engine", "30-numpy", "30-engine"]
    assert names == [f"cases/a.yaml::sine[{part}-backward]" for part in parts]
    command = [sys.executable, "-m", "pytest_benchmark", "compare", str(file), "--columns=min"]
    compared = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "sine[30-engine-backward]" in compared.stdout


def test_one_size_is_timed_by_its_name(project, capsys):
    one = ["bench", "cases/a.yaml::sine[30]", "--no-floor", "--no-data", *QUICK]
    one += ["--json", "x/own.json", "--clock", "cpu"]
    assert main(one) == 0
    document = json.loads(Path("x/own.json").read_text())
    assert {each["options"]["timer"] for each in document["benchmarks"]} == {"process_time"}
    assert not any("data" in each["stats"] for each in document["benchmarks"])
    assert [each["extra_info"]["gradcheck"]["phase"] for each in document["benchmarks"]] == [
        "forward",
        "backward",
        "check",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-k", "plain"], 5, "nothing to time"),
        (["-e", "tocrh"], 2, "did you mean 'torch'?"),
        (["-k", "a b"], 2, "expected words"),
        (["cases/none.yaml"], 2, "no file or folder"),
    ],
)
def test_what_cannot_be_timed_is_told(project, capsys, arguments, code, said):
    assert main(["bench", *arguments]) == code
    assert said in capsys.readouterr().err


def test_a_case_that_cannot_be_measured_is_4_and_named(project, capsys):
    broken = "cases: [{id: off, function: x @ x, inputs: {x: 3.0}, benchmark: {}}]"
    (project / "cases" / "a.yaml").write_text(broken)
    assert main(["bench", "--phase", "forward", *QUICK]) == 4
    out = capsys.readouterr().out
    assert "could not be measured:\n  cases/a.yaml::off  numpy  forward: ValueError" in out
    assert not list((project / "reports").rglob("*.*"))


def test_what_was_timed_before_a_termination_is_kept(project, capsys, monkeypatch):
    from gradcheck.bench import process

    measure = process.measure

    def terminated(*arguments):
        for key in measure(*arguments):
            yield key
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(process, "measure", terminated)
    handler = signal.getsignal(signal.SIGTERM)
    assert main(["bench", "--phase", "forward", *QUICK]) == 130
    assert signal.getsignal(signal.SIGTERM) == handler
    document = json.loads((project / "reports" / "latest" / "benchmark.json").read_text())
    assert len(document["benchmarks"]) == 1
    assert document["gradcheck"]["interrupted"] is True
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--max-time", "0"], ["--phase", "sideways"]])
def test_options_are_checked(project, capsys, options):
    with pytest.raises(SystemExit, match="2"):
        main(["bench", *options])


def test_an_engine_of_ones_own_has_one_name_however_it_is_spelt(project):
    (project / "steps.py").write_text(STEPS)
    names = set()
    for spelt in ("./steps.py", "steps.py", str(project / "steps.py")):
        main(["bench", "-e", spelt, "--phase", "forward", "--no-floor", *QUICK, "--json", "a.json"])
        document = json.loads(Path("a.json").read_text())
        names |= {each["extra_info"]["gradcheck"]["engine"] for each in document["benchmarks"]}
    assert names == {"steps.py"}


def test_a_file_with_no_place_is_told_before_anything_is_timed(project, capsys, monkeypatch):
    monkeypatch.setattr(process, "measure", None)  # which nobody may call
    assert main(["bench", *QUICK, "--json", "cases"]) == 2
    out, err = capsys.readouterr()
    assert (out, err[:18]) == ("", "gradcheck: cases: ")


def test_ratios_to_the_frozen_engine_are_saved_and_can_be_compared(project, capsys):
    case = ["cases/a.yaml::sine[30]", "--phase", "backward", "--phase", "check"]
    assert main(["bench", *case, "--json", "a.json", "--max-time", "0.001", "--ratios", "1"]) == 0
    document = json.loads(Path("a.json").read_text())
    floor, backward, check = (e["extra_info"]["gradcheck"] for e in document["benchmarks"])
    assert document["gradcheck"]["frozen_engine"] == SHA256
    assert "log_ratio_frozen" not in floor
    assert -3 < backward["log_ratio_frozen"] < 3
    assert backward["se"] > 0
    assert backward["sessions"] == 1
    assert check["log_ratio_frozen"] is None
    assert "compare it with a revision" in check["no_ratio"]
    capsys.readouterr()
    assert main(["compare", "a.json", "a.json"]) == 0
    assert "1 no verdict, 1 same" in capsys.readouterr().out
