"""The command line as people and pipes meet it."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from gradcheck.cli import main

ROOT = Path(__file__).parents[2]

GOOD = """\
cases:
  - {id: sine, function: sin(x), inputs: {x: {shape: [3]}}, tags: [trig]}
  - id: softmax
    let: {e: exp(x)}
    function: e / sum(e)
    inputs: {x: {shape: [$n]}}
    matrix: {n: [2, 3]}
"""
KINK = "cases:\n  - {id: kink, function: abs(x), inputs: {x: 0.0}}\n"
WRONG = "cases:\n  - {id: off, function: sin(x), inputs: {x: 0.5}, expect: {value: 0.5}}\n"
BROKEN = """\
cases:
  - id: a
    function: sine(x)
    inputs: {x: {shpae: [3]}}
"""

# An engine with one operation, whose rule is one percent too large.
ONE_OPERATION = """\
import numpy as np

class Variable:
    def __init__(self, data):
        self.data, self.grad, self.back = data, None, None
    def backward(self):
        self.back(self.grad)

def sin(x):
    y = Variable(np.sin(x.data))
    y.back = lambda gy: setattr(x, "grad", 1.01 * gy * np.cos(x.data))
    return y
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one good case file."""
    (tmp_path / "tox.ini").touch()
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "good.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def add(project: Path, name: str, text: str) -> None:
    (project / "cases" / name).write_text(textwrap.dedent(text))


def gradcheck(*arguments: str, **options) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "gradcheck", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=60, **options
    )


def test_all_pass_is_0_with_a_table_and_a_summary(project, capsys):
    assert main(["run", "cases"]) == 0
    out, err = capsys.readouterr()
    rows = [line.split()[:3] for line in out.splitlines() if line.startswith("PASS  ")]
    assert rows[:3] == [
        ["PASS", "cases/good.yaml::sine", "engine"],
        ["PASS", "cases/good.yaml::softmax[2]", "engine"],
        ["PASS", "cases/good.yaml::softmax[3]", "engine"],
    ]
    assert out.splitlines()[-1].startswith("3 cases: 3 PASS; ")
    assert err == ""


def test_an_engine_with_another_convention_has_another_function(project, capsys):
    shifted = ONE_OPERATION.replace("1.01 * ", "").replace("np.sin(x.data)", "np.sin(x.data) + 0.5")
    (project / "steps.py").write_text(shifted)
    main(["run", "-k", "sine", "-e", "engine", "-e", "./steps.py"])
    out = capsys.readouterr().out
    assert "  functions    differ at the point itself: ||y_bar * f(x)||_2 (vjp)" in out
    assert "  gradients" not in out


def test_the_default_path_is_cases(project):
    assert main(["run"]) == 0


def test_the_paths_configured_for_pytest_are_the_default(project, monkeypatch, capsys):
    (project / "cases").rename(project / "gradients")
    (project / "tox.ini").write_text("[pytest]\ngradcheck_cases = gradients\n")
    assert main(["list"]) == 0
    assert capsys.readouterr().out.startswith("gradients/good.yaml::sine\n")
    monkeypatch.chdir(project / "gradients")
    assert main(["list"]) == 0
    (project / "tox.ini").write_text("[pytest]\ngradcheck_cases = absent\n")
    assert main(["run"]) == 2
    assert "absent" in capsys.readouterr().err


def test_results_and_summary_are_written_below_the_root(project, monkeypatch):
    monkeypatch.chdir(project / "cases")
    assert main(["run", "good.yaml"]) == 0
    latest = project / "reports" / "latest"
    assert (latest / "summary.md").read_text().startswith("# gradcheck")
    header, *records = map(json.loads, (latest / "results.jsonl").read_text().splitlines())
    assert header["schema"] == "gradcheck-results"
    assert {r["case"] for r in records} == {
        "cases/good.yaml::sine",
        "cases/good.yaml::softmax[2]",
        "cases/good.yaml::softmax[3]",
    }
    assert sorted(path.name for path in latest.iterdir()) == ["results.jsonl", "summary.md"]


def test_a_failure_is_1_and_tells_the_command_that_repeats_it(project, capsys):
    add(project, "wrong.yaml", WRONG)
    assert main(["run", "--seed", "7"]) == 1
    out = capsys.readouterr().out
    command = 'python -m gradcheck run "cases/wrong.yaml::off" -e engine --seed 7'
    assert f"  repeat       {command}" in out
    assert main(["run", "cases/wrong.yaml::off", "-e", "engine", "--seed", "7"]) == 1


def test_an_inconclusive_case_is_1_unless_it_is_a_warning(project, capsys):
    add(project, "kink.yaml", KINK)
    assert main(["run"]) == 1
    assert "INCONCLUSIVE  cases/kink.yaml::kink" in capsys.readouterr().out
    assert main(["run", "--inconclusive=warn"]) == 0


def test_mistakes_are_2_all_are_told_and_nothing_runs(project, capsys):
    add(project, "broken.yaml", BROKEN)
    assert main(["run"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert any(
        line.startswith("cases/broken.yaml:3:15: ") and "'sine'" in line for line in lines
    ), err
    assert any(
        line.startswith("cases/broken.yaml:4:18: ") and "did you mean 'shape'" in line
        for line in lines
    ), err
    assert lines[-1] == "2 mistakes in case files"


def test_the_rest_can_run_despite_mistakes_and_the_code_is_still_2(project, capsys):
    add(project, "broken.yaml", BROKEN)
    assert main(["run", "--continue-on-collection-errors"]) == 2
    assert "3 cases: 3 PASS" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nowhere"], "nowhere"),
        (["run", "cases/good.yaml::sien"], "sine"),
        (["run", "-e", "engin"], "did you mean 'engine'"),
        (["run", "-k", "and"], "expected words"),
        (["run", "--report", "pdf=x"], "of kinds: json, markdown, table"),
    ],
)
def test_what_is_not_there_is_2_and_named(project, capsys, arguments, words):
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("gradcheck: ")
    assert words in err


def test_a_wrong_option_is_2(project, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--sede", "1"])
    assert stopped.value.code == 2


def test_nothing_compared_is_5(project, capsys):
    assert main(["run", "-k", "nothing_like_it"]) == 5
    assert "3 deselected" in capsys.readouterr().out


def test_one_slug_or_one_variant(project, capsys):
    assert main(["run", "cases/good.yaml::softmax"]) == 0
    assert "2 cases: 2 PASS" in capsys.readouterr().out
    assert main(["run", "cases/good.yaml::softmax[3]"]) == 0
    assert "1 case: 1 PASS" in capsys.readouterr().out


def test_k_selects_by_slug_variant_tag_and_engine(project, capsys):
    for expression, count in [("soft", 2), ("trig", 1), ("engine", 3), ("not trig and 3", 1)]:
        main(["run", "-k", expression, "-q"])
        assert f"{count} case" in capsys.readouterr().out.splitlines()[-1]


def test_x_stops_at_the_first_failure(project, capsys):
    add(project, "a_wrong.yaml", WRONG)
    assert main(["run", "-x"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 case: 1 FAIL")


def test_json_on_stdout_is_for_a_pipe(project, capsys):
    assert main(["run", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    records = [json.loads(line) for line in out.splitlines()]
    assert records[0]["version"] == 1
    assert {r["verdict"] for r in records[1:]} == {"PASS"}
    assert "3 cases: 3 PASS" in err


def test_markdown_goes_to_a_pipe_and_the_summary_to_people(project, capsys):
    assert main(["run", "--format", "markdown"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("# gradcheck\n\n3 cases: 3 PASS; ")
    assert "| PASS      | cases/good.yaml::sine" in out
    assert err.splitlines()[-1].startswith("3 cases: 3 PASS; ")


def test_a_document_as_a_further_report(project, capsys):
    arguments = ["--report", "markdown=out/matrix.md", "--report", "table=out/table.txt"]
    assert main(["run", *arguments]) == 0
    assert Path("out/matrix.md").read_text().startswith("# gradcheck")
    assert Path("out/table.txt").read_text() == capsys.readouterr().out


def test_several_engines_are_a_matrix(project, capsys):
    (project / "steps.py").write_text(ONE_OPERATION)
    assert main(["run", "-e", "engine", "-e", "./steps.py"]) == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["case", "engine", "./steps.py"] in lines
    assert ["cases/good.yaml::sine", "PASS", "FAIL"] in lines
    assert ["cases/good.yaml::softmax[2]", "PASS", "SKIP"] in lines
    assert ["disagreements"] in lines
    assert ["./steps.py", "2", "case", "no", "operation", "'exp'"] in lines
    assert ["PASS", "3", "-"] in lines


def test_a_further_report(project):
    assert main(["run", "--report", "json=out/more.jsonl", "--report-dir", "elsewhere"]) == 0
    assert Path("out/more.jsonl").read_text() == Path("elsewhere/results.jsonl").read_text()
    assert not Path("reports").exists()


def test_the_same_seed_gives_the_same_results(project):
    for folder in ("a", "b"):
        assert main(["run", "--report-dir", folder, "--seed", "3"]) == 0

    def numbers(folder):
        lines = (project / folder / "results.jsonl").read_text().splitlines()
        return [{k: v for k, v in json.loads(li).items() if k != "seconds"} for li in lines]

    assert numbers("a") == numbers("b")


def test_quiet_shows_what_did_not_pass(project, capsys):
    add(project, "wrong.yaml", WRONG)
    main(["run", "-q"])
    rows = [line for line in capsys.readouterr().out.splitlines() if "::" in line]
    assert not [row for row in rows if row.startswith("PASS")]
    assert [row for row in rows if row.startswith("FAIL")]


def test_verbose_shows_each_check(project, capsys):
    add(project, "wrong.yaml", WRONG)
    main(["run", "-v", "-k", "sine or off"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["PASS", "cases/good.yaml::sine", "engine", "vjp"] in [line[:4] for line in lines]
    assert ["FAIL", "cases/wrong.yaml::off", "engine", "value"] in [line[:4] for line in lines]
    with pytest.raises(SystemExit):
        main(["run", "-v", "-q"])


def test_durations_name_the_slowest(project, capsys):
    assert main(["run", "--durations", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("slowest"))
    slowest = [line.split() for line in lines[at + 2 : at + 4]]
    assert [line[1] for line in slowest] == ["s", "s"]
    assert float(slowest[0][0]) >= float(slowest[1][0])
    assert lines[at + 4] == ""


def test_a_weak_pass_fails_where_more_is_required(project, capsys):
    add(project, "half.yaml", """\
        cases:
          - {id: half, function: sin(x), inputs: {x: {shape: [3], dtype: float32}}}
        """)  # fmt: skip
    assert main(["run", "--require-detects", "1e-3"]) == 0
    assert main(["run", "--require-detects", "1e-8"]) == 1
    out = capsys.readouterr().out
    assert "detects, not 1e-08" in out
    assert "; 1 detect too little; " in out.splitlines()[-1]
    assert "## Detects too little" in Path("reports/latest/summary.md").read_text()


def test_last_failed_runs_what_failed(project, capsys):
    add(project, "wrong.yaml", WRONG)
    add(project, "kink.yaml", KINK)
    assert main(["run"]) == 1
    capsys.readouterr()
    assert main(["run", "--lf"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 cases: 1 FAIL, 1 INCONCLUSIVE; ")
    assert main(["run", "--lf", "--inconclusive=warn"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].startswith("1 case: 1 FAIL; ")
    assert "; 4 deselected; " in out
    assert err == ""


def test_last_failed_runs_all_where_nothing_failed_and_says_so(project, capsys):
    for known in ("no run before", "a run that passed"):
        assert main(["run", "--lf"]) == 0, known
        out, err = capsys.readouterr()
        assert out.splitlines()[-1].startswith("3 cases: 3 PASS; ")
        assert err.startswith("gradcheck: --lf: no failure of these cases in ")


def test_results_that_cannot_be_read_are_named(project, capsys):
    assert main(["run"]) == 0
    Path("reports/latest/results.jsonl").write_text("{}")
    assert main(["run", "--lf"]) == 2
    assert "results.jsonl: no results of `gradcheck run`, or damaged" in capsys.readouterr().err


def test_list_prints_ids_and_counts_on_stderr(project, capsys):
    assert main(["list"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "cases/good.yaml::sine",
        "cases/good.yaml::softmax[2]",
        "cases/good.yaml::softmax[3]",
    ]
    assert err == "3 cases\n"
    assert main(["list", "--format", "json", "-k", "sine"]) == 0
    [record] = json.loads(capsys.readouterr().out)
    assert (record["id"], record["function"]) == ("cases/good.yaml::sine", "sin(x)")


def test_validate_runs_nothing(project, capsys):
    assert main(["validate"]) == 0
    assert capsys.readouterr().out == "no mistake: 3 case(s) in 1 file(s)\n"
    add(project, "broken.yaml", BROKEN)
    assert main(["validate"]) == 2
    assert not Path("reports").exists()


def test_what_a_case_prints_is_not_among_the_json_lines(project, capsys):
    add(
        project,
        "chatty.py",
        """\
        from gradcheck import case
        @case(inputs={"x": 0.5})
        def chatty(xp, x):
            print("hello")
            return xp.sin(x)
        """,
    )
    assert main(["run", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert all(json.loads(line) for line in out.splitlines())
    assert "hello" in err


def test_a_folder_that_cannot_be_written_is_2_and_named(project, capsys):
    (project / "taken").touch()
    assert main(["run", "--report-dir", "taken"]) == 2
    assert "taken: a file is in the way of this folder" in capsys.readouterr().err
    assert main(["run", "--report-dir", "taken/below"]) == 2
    assert "a file is in the way of this folder" in capsys.readouterr().err


def test_steps_that_run_nothing_compare_nothing(project, capsys):
    add(
        project,
        "idle.yaml",
        "cases:\n  - {id: idle, inputs: {x: 1.0}, steps: [{cleargrad: all}]}\n",
    )
    assert main(["run", "cases/idle.yaml"]) == 1
    assert "no step runs a function" in capsys.readouterr().out


def test_python_files_can_be_refused(project, capsys):
    add(
        project,
        "code.py",
        """\
        from gradcheck import case
        @case(inputs={"x": 0.5})
        def sine(xp, x):
            return xp.sin(x)
        """,
    )
    assert main(["list"]) == 0
    assert "cases/code.py::sine" in capsys.readouterr().out
    main(["list", "--no-python"])
    assert "code.py::sine" not in capsys.readouterr().out


def test_help_imports_neither_numpy_nor_yaml_nor_pydantic():
    code = (
        "import sys\nfrom gradcheck.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'yaml', 'pydantic'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "run " in done.stdout


def test_every_command_has_help():
    for command in ("run", "list", "validate"):
        done = gradcheck(command, "--help")
        assert done.returncode == 0
        assert done.stdout.startswith(f"usage: gradcheck {command}")


def test_no_progress_in_a_pipe(project):
    done = gradcheck("run", "cases")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_stops_early_is_no_fault(project):
    add(project, "many.yaml", "cases:\n" + "".join(
        f"  - {{id: c{i}, function: sin(x), inputs: {{x: 0.5}}}}\n" for i in range(300)
    ))  # fmt: skip
    command = f'"{sys.executable}" -m gradcheck list | head -n 1'
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
    )  # fmt: skip
    assert done.stdout == "cases/good.yaml::sine\n"
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
@pytest.mark.parametrize("stop", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupted_run_is_130_and_keeps_what_it_had(project, stop):
    add(
        project,
        "slow.py",
        """\
        import time
        from gradcheck import case
        @case(inputs={"x": 0.5})
        def slow(xp, x):
            open("started", "w").close()
            time.sleep(30)
            return xp.sin(x)
        """,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "gradcheck", "run"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not Path("started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(getattr(signal, stop))
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert out.splitlines()[-1].startswith("3 cases: 3 PASS")
    assert out.splitlines()[-1].endswith("interrupted")
    results = (project / "reports" / "latest" / "results.jsonl").read_text().splitlines()
    assert len(results) > 3
    assert not list((project / "reports" / "latest").glob("*.partial"))


def test_a_run_of_nothing_leaves_the_last_report(project, capsys):
    assert main(["run"]) == 0
    latest = project / "reports" / "latest"
    before = {path: path.read_text() for path in latest.iterdir()}
    assert main(["run", "-k", "nothing_of_that_name"]) == 5
    assert {path: path.read_text() for path in latest.iterdir()} == before


# ---------------------------------------------------------------- engines of one's own


def own(project: Path, addition: str = "") -> str:
    """Write a learner's engine and a case that it can run."""
    text = (ROOT / "tests" / "gradcheck" / "learners" / "one_input.py").read_text()
    (project / "my steps.py").write_text(text + addition)
    add(project, "own.yaml", "cases:\n  - {id: square, function: square(x), inputs: {x: 0.5}}\n")
    return "./my steps.py"


def test_what_an_own_engine_prints_is_not_among_the_json_lines(project):
    engine = own(project, '\nprint("printed on import")\n')
    result = gradcheck("run", "cases/own.yaml", "-e", engine, "--format", "json")
    assert result.returncode == 0
    assert all(json.loads(line) for line in result.stdout.splitlines())
    assert "printed on import" in result.stderr


def test_an_own_engine_that_hangs_is_an_error_after_the_timeout(project):
    engine = own(project, "\ndef exp(x):\n    while True:\n        pass\n")
    add(project, "hang.yaml", "cases:\n  - {id: exp, function: exp(x), inputs: {x: 0.5}}\n")
    result = gradcheck("run", "cases/hang.yaml", "cases/own.yaml", "-e", engine, "--timeout", "2")
    assert result.returncode == 1
    assert "2 cases: 1 ERROR, 1 PASS; " in result.stdout
    assert "no result within 2 s" in result.stdout
    assert f'run "cases/hang.yaml::exp" -e "{engine}" --seed 0 --timeout 2' in result.stdout


def test_a_reader_that_has_enough_ends_the_run_quietly(project):
    engine = own(project)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "gradcheck", "run", "cases/own.yaml", "-e", engine]
    run = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    run.stdout.close()
    assert run.wait(60) == 0
    assert run.stderr.read() == b""
    run.stderr.close()


@pytest.mark.parametrize("options", [(), ("--no-python",)])
def test_a_module_of_ones_own_is_found_from_the_current_folder(project, options):
    """-P is how the console script starts: the current folder is no place of modules."""
    own(project)
    (project / "below" / "package").mkdir(parents=True)
    (project / "my steps.py").rename(project / "below" / "package" / "steps.py")
    command = [sys.executable, "-P", "-m", "gradcheck", "run", "../cases/own.yaml"]
    done = subprocess.run(
        [*command, "-e", "package.steps", *options],
        capture_output=True, text=True, cwd=project / "below",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_listing_is_not_ended_by_an_engine(project, capsys):
    (project / "ends.py").write_text("import os\nos._exit(0)")
    assert main(["list", "-e", "./ends.py"]) == 2
    assert "./ends.py: while it is imported: the process" in capsys.readouterr().err


def test_a_file_meant_as_an_engine_is_suggested(project, capsys):
    (project / "steps.py").touch()
    assert main(["run", "-e", "steps"]) == 2
    assert "no engine 'steps'; did you mean './steps.py'?" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan", "soon"])
def test_a_timeout_is_a_number_of_seconds(project, seconds, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["run", f"--timeout={seconds}"])
    assert caught.value.code == 2
    assert "--timeout" in capsys.readouterr().err


def test_a_file_that_hides_a_package_is_named(project):
    (project / "numpy.py").write_text("array = list\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-m", "gradcheck", "run"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert result.returncode == 2
    assert "numpy.py in this folder hides the package 'numpy': rename it" in result.stderr
