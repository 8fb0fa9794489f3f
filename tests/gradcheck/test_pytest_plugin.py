"""The pytest plugin as a person meets it: every test here runs pytest in a project of its own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import gradcheck.api
from gradcheck.pytest_files import LARGEST
from gradcheck.reporters.text import all_described
from gradcheck.runner import engines_of
from gradcheck.selection import selector
from gradcheck.vocabulary import Verdict

pytest_plugins = ["pytester"]

HOME = Path(gradcheck.__file__).parents[1]

LOSS = """\
cases:
  - id: softmax
    let: {e: exp(x)}
    function: e / sum(e, axis=1, keepdims=True)
    inputs: {x: {shape: [$n, 5]}}
    matrix: {n: [1, 8], dtype: [float32, float64]}
    tags: [loss, skip, smooth-ish]
  - id: later
    function: exp(x)
    inputs: {x: 1.0}
    skip: not today
"""
SOFTMAX = [f"cases/loss.yaml::softmax[{n}-float{b}-engine]" for n in (1, 8) for b in (32, 64)]

RULES = """\
import numpy as np
from gradcheck import case

def sine(scale):
    return np.sin, lambda y_bars, xs, ys: scale * y_bars[0] * np.cos(xs[0])

def broken(y_bars, xs, ys):
    raise ZeroDivisionError("no rule for this")

absolute = (np.abs, lambda y_bars, xs, ys: y_bars[0] * np.sign(xs[0]))

case(id="right", rule=sine(1.0), inputs={"x": [0.5, 1.0]})
case(id="wrong", rule=sine(1.1), inputs={"x": [0.5, 1.0]})
case(id="kink", rule=absolute, inputs={"x": [0.0, 1.0]})
case(id="erring", rule=(np.sin, broken), inputs={"x": [0.5]})
"""
FAILING = {f"cases/rules.py::{slug}[rule]" for slug in ("wrong", "kink", "erring")}

EXPECTED_TO_FAIL = RULES.replace("]})", ']}, xfail="issue 7")')


@pytest.fixture
def project(pytester, monkeypatch, tmp_path_factory):
    """An empty project where pytest finds the plugin by its entry point, installed or not."""
    site = tmp_path_factory.mktemp("site")
    info = site / "gradcheck_here-0.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: gradcheck-here\nVersion: 0\n"
    )
    info.joinpath("entry_points.txt").write_text(
        "[pytest11]\ngradcheck = gradcheck.pytest_plugin\n"
    )
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{HOME}")
    # Other people's plugins take longer to load than all that is tested here.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    # Plain asserts: pytest would warn that what is loaded here cannot be rewritten again.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p gradcheck --assert=plain")
    return pytester


@pytest.fixture
def autoload(monkeypatch):
    """Let pytest find its plugins by itself."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    monkeypatch.delenv("PYTEST_ADDOPTS")


@pytest.fixture
def library(project):
    """A project with cases that pass, fail, cannot be decided and err."""
    write(project, {"cases/loss.yaml": LOSS, "cases/rules.py": RULES})
    return project


def write(project, files):
    for name, content in files.items():
        path = project.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def collected(project, *arguments):
    """The node ids that pytest collects, in order."""
    result = project.runpytest("--collect-only", "-q", *arguments)
    return [line for line in result.outlines if "::" in line]


def short(result):
    """The short summary: what it says of each node id."""
    pattern = re.compile(r"^(?:FAILED|SKIPPED|XFAIL|ERROR) (\S+?)(?: - (.*))?$")
    return dict(m.groups() for line in result.outlines if (m := pattern.match(line)))


def one_case(slug, source=RULES):
    """The Python file with that case alone."""
    lines = source.splitlines()
    return "\n".join(n for n in lines if not n.startswith("case(") or f'"{slug}"' in n)


# ---------------------------------------------------------------- items


def test_each_case_variant_and_engine_is_an_item(library):
    rules = [f"cases/rules.py::{slug}[rule]" for slug in ("right", "wrong", "kink", "erring")]
    assert collected(library) == [*SOFTMAX, "cases/loss.yaml::later[engine]", *rules]


def test_verdicts_become_outcomes(library):
    library.runpytest().assert_outcomes(passed=5, failed=3, skipped=1)


def test_a_failure_is_told_in_the_command_lines_words(library):
    result = library.runpytest("cases/rules.py::wrong")
    [case] = gradcheck.api.load_cases(["cases/rules.py::wrong"], root=library.path)
    told = all_described(list(gradcheck.api.run([case])), [Verdict.FAIL])
    assert told.startswith("FAIL  cases/rules.py::wrong  rule  vjp")
    assert told in "\n".join(result.outlines)
    assert short(result)["cases/rules.py::wrong[rule]"].startswith("FAIL: vjp: d y[")


@pytest.mark.parametrize("slug", ["wrong", "kink", "erring"])
def test_a_failure_has_no_traceback_unless_it_is_asked_for(library, slug):
    text = str(library.runpytest(f"cases/rules.py::{slug}").stdout)
    assert "pytest_plugin.py" not in text
    assert "runner.py" not in text
    full = library.runpytest(f"cases/rules.py::{slug}", "--full-trace")
    full.stdout.fnmatch_lines(["*pytest_plugin.py*"])


def test_an_undecided_case_fails_in_its_own_words(library):
    result = library.runpytest("cases/rules.py::kink", "--junitxml=junit.xml")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "INCONCLUSIVE  cases/rules.py::kink  rule  vjp *cases/rules.py:14",
            "  undecided    kink: the bound *Move the point off the kink*",
            "FAILED cases/rules.py::kink* - INCONCLUSIVE: vjp: kink",
        ]
    )
    [failure] = ElementTree.parse(library.path / "junit.xml").iter("failure")
    assert failure.get("message") == "INCONCLUSIVE: vjp: kink"
    assert failure.text.startswith("INCONCLUSIVE  cases/rules.py::kink")


def test_an_undecided_case_can_be_a_warning_even_where_warnings_are_errors(library):
    library.makeini("[pytest]\nfilterwarnings = error")
    result = library.runpytest("cases/rules.py::kink", "--gradcheck-inconclusive=warn")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*cases/rules.py:14: PytestWarning: INCONCLUSIVE: vjp: kink"])


def test_a_warning_asked_for_stays_one_where_warnings_are_errors(library):
    asked = ("--gradcheck-inconclusive=warn", "-W", "error")
    result = library.runpytest("cases/rules.py::kink", *asked)
    result.assert_outcomes(passed=1, warnings=1)


def test_an_erring_case_fails_with_its_exception(library):
    result = library.runpytest("cases/rules.py::erring")
    assert short(result)["cases/rules.py::erring[rule]"].startswith("ERROR: structure: ZeroDiv")
    result.stdout.fnmatch_lines(["*ZeroDivisionError: no rule for this (*rules.py:8)"])


def test_a_failure_is_placed_in_the_case_file(library):
    result = library.runpytest("cases/rules.py::kink", "--tb=line")
    result.stdout.fnmatch_lines([f"{library.path}/cases/rules.py:14: INCONCLUSIVE: vjp: kink"])
    verbose = library.runpytest("-v", "cases/rules.py::right")
    verbose.stdout.re_match_lines([r"cases/rules\.py::right\[rule\] PASSED"])


def test_what_a_pass_detects_can_be_seen(library):
    result = library.runpytest("-rP", "cases/rules.py::right")
    result.stdout.fnmatch_lines(["*Captured gradcheck call*", "PASS  *cases/rules.py::right*"])


@pytest.mark.parametrize(
    ("slug", "outcome", "words"),
    [
        ("wrong", "xfailed", "issue 7"),
        ("right", "failed", "[XPASS(strict)] issue 7"),
        ("kink", "failed", "INCONCLUSIVE: vjp: kink"),
        ("erring", "failed", "ERROR: structure: ZeroDivisionError"),
    ],
)
def test_xfail_is_strict_and_covers_a_failure_only(project, slug, outcome, words):
    write(project, {"cases/rules.py": one_case(slug, EXPECTED_TO_FAIL)})
    result = project.runpytest("-rxf")
    result.assert_outcomes(**{outcome: 1})
    result.stdout.fnmatch_lines([f"*{words.replace('[', '[[]')}*"])


def test_runxfail_takes_expectations_away(project):
    write(project, {"cases/rules.py": EXPECTED_TO_FAIL})
    project.runpytest("--runxfail").assert_outcomes(passed=1, failed=3)


def test_a_skip_has_its_reason_and_the_place_of_the_case(library):
    elsewhere = "cases:\n  - {id: a, function: exp(x), inputs: {x: 1.0}, engines: [torch]}\n"
    absent = "import sys\nsys.modules['torch'] = None\n"  # whether it is installed or not
    write(library, {"cases/elsewhere.yaml": elsewhere, "conftest.py": absent})
    result = library.runpytest_subprocess("-rs")
    skips = [line for line in result.outlines if line.startswith("SKIPPED")]
    assert skips[1] == "SKIPPED [1] cases/loss.yaml:8: not today"
    assert skips[0].startswith("SKIPPED [1] cases/elsewhere.yaml:2: ")


# ---------------------------------------------------------------- selection


@pytest.mark.parametrize(
    "expression",
    ["softmax", "float32", "8-float64", "RULES and not wrong", "loss or kink", "smooth-ish"],
)
def test_k_selects_what_the_command_line_selects(library, expression):
    cases = gradcheck.api.load_cases(["cases"], root=library.path)
    selects = selector(expression)
    chosen = [c.id for c in cases for engine in engines_of(c, ()) if selects(c, engine)]
    found = [re.sub(r"-?(rule|engine)\]$", "]", i) for i in collected(library, "-k", expression)]
    assert [i.removesuffix("[]") for i in found] == chosen
    assert chosen


def test_tags_are_markers_under_strict_markers(library):
    assert collected(library, "--strict-markers", "-m", "loss") == SOFTMAX
    assert collected(library, "--strict-markers", "-m", "smooth-ish and loss") == SOFTMAX


def test_a_tag_named_as_a_marker_that_acts_does_nothing(library):
    library.runpytest("-k", "softmax and skip").assert_outcomes(passed=4, deselected=5)


def test_a_node_id_selects_one_item_and_a_slug_its_variants(library):
    assert collected(library, SOFTMAX[2]) == [SOFTMAX[2]]
    assert collected(library, "cases/loss.yaml::softmax") == SOFTMAX


def test_a_python_case_file_is_collected_once_when_it_is_named(library):
    assert len(collected(library, "cases/rules.py")) == 4
    write(library, {"cases/rules.py": RULES + "\ndef test_nothing():\n    pass\n"})
    assert len(collected(library, "cases/rules.py")) == 4


def test_last_failed_runs_what_failed(library):
    assert set(short(library.runpytest())) == FAILING
    result = library.runpytest("--lf")
    result.assert_outcomes(failed=3)
    assert set(short(result)) == FAILING


def test_x_stops_and_stepwise_goes_on(library):
    library.runpytest("-x").assert_outcomes(passed=5, failed=1, skipped=1)
    library.runpytest("--sw").assert_outcomes(passed=5, failed=1, skipped=1)
    library.runpytest("--sw").assert_outcomes(failed=1, deselected=6)
    library.runpytest("--sw", "--sw-skip").assert_outcomes(failed=2, deselected=6)


def test_cases_that_do_not_allow_a_chosen_engine_are_deselected(library):
    result = library.runpytest("--gradcheck-engine=engine", "--gradcheck-engine=engine")
    result.assert_outcomes(passed=4, skipped=1, deselected=4)


def test_an_unknown_engine_is_a_mistake_of_usage(library):
    result = library.runpytest("--gradcheck-engine", "engin")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown engine 'engin'; did you mean 'engine'?*"])


# ---------------------------------------------------------------- files

ONE = "cases:\n  - {id: one, function: exp(x), inputs: {x: 1.0}}\n"
ONE_IN_PYTHON = 'from gradcheck import case\ncase(id="one", function="exp(x)", inputs={"x": 1.0})\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cases/a.yaml", ONE),
        ("cases/a.yml", ONE),
        ("cases/deep/er/a.yaml", ONE),
        ("cases/a.yaml", f"%YAML 1.2\n# words\n---\n{ONE}"),
        ("cases/a.yaml", ONE.replace("cases", '"cases"')),
        ("cases/a.yaml", b"\xef\xbb\xbf" + ONE.encode()),
        ("cases/a.yaml", ONE.replace("\n", "\r\n")),
        ("cases/a.yaml", ONE.replace("cases", "   cases").replace("  - ", "     - ")),
        ("cases/a.yaml", '{\n  "cases": [{id: one, function: exp(x), inputs: {x: 1.0}}]}'),
        ("cases/a.py", ONE_IN_PYTHON),
        ("cases/tested.py", ONE_IN_PYTHON),
    ],
)
def test_a_case_file_is_collected(project, name, text):
    write(project, {name: text})
    assert collected(project) == [f"{name}::one[engine]"]
    assert collected(project, name) == [f"{name}::one[engine]"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("other/a.yaml", ONE),
        ("other/a.py", ONE_IN_PYTHON),
        ("cases.yaml", ONE),
        ("cases/.a.yaml", ONE),
        ("cases/a.txt", ONE),
        ("cases/a.yaml", "suite:\n  cases:\n    - 1\n"),
        ("cases/a.yaml", "- name: a\n  cases: 1\n"),
        ("cases/a.yaml", "# cases:\nshowcases: 1\ncases_of: 2\n"),
        ("cases/a.yaml", ""),
        ("cases/a.py", "from torch.autograd import gradcheck\nraise SystemExit\n"),
        ("cases/a.py", "import gradcheckers\nraise SystemExit\n"),
        ("cases/_a.py", ONE_IN_PYTHON + "raise SystemExit\n"),
        ("cases/__init__.py", ONE_IN_PYTHON),
        ("cases/conftest.py", ONE_IN_PYTHON),
        ("cases/test_a.py", ONE_IN_PYTHON),
        ("cases/a_test.py", ONE_IN_PYTHON),
    ],
)
def test_other_files_are_left_alone(project, name, text):
    write(project, {name: text})
    result = project.runpytest()
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "gradcheck: seed" not in str(result.stdout)


def test_a_test_file_is_what_python_files_says(project):
    write(project, {"cases/one.py": ONE_IN_PYTHON, "cases/sub/two.py": ONE_IN_PYTHON})
    assert collected(project, "-o", "python_files=one*.py") == ["cases/sub/two.py::one[engine]"]
    assert collected(project, "-o", "python_files=cases/sub/*.py") == ["cases/one.py::one[engine]"]


def test_the_ini_names_other_folders(project):
    names = ("cases/a.yaml", "gradients/a.yaml", "more/deep/a.yaml")
    write(project, dict.fromkeys(names, ONE))
    project.makeini("[pytest]\ngradcheck_cases = gradients more/deep")
    assert collected(project) == [f"{name}::one[engine]" for name in names[1:]]


def test_a_file_that_is_too_large_is_told_without_reading_it(project):
    write(project, {"cases/large.yaml": ONE + "#" * LARGEST, "cases/other.yaml": "#" * LARGEST})
    result = project.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["cases/large.yaml: *bytes; a case file has at most 8,388,608"])


def test_files_that_cannot_be_read_are_left_alone(project, monkeypatch):
    write(project, {"cases/a.yaml": ONE, "cases/secret.yaml": ONE})
    project.path.joinpath("cases/dangling.yaml").symlink_to("nowhere")
    os.mkfifo(project.path / "cases/pipe.yaml")
    opened = Path.open

    def guarded(path, *arguments, **options):
        if path.name == "secret.yaml":
            raise PermissionError
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", guarded)
    assert collected(project) == ["cases/a.yaml::one[engine]"]


def test_mistakes_are_listed_with_their_places_and_nothing_runs(library):
    bad = "cases:\n  - id: a\n    function: sni(x)\n    inputs: {x: {shpae: [2]}}\n"
    write(library, {"cases/bad.yaml": bad, "cases/worse.py": "import gradcheck\n1 / 0\n"})
    result = library.runpytest()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "cases/bad.yaml:3:15: unknown operation 'sni'; did you mean 'sin'?*",
            "cases/bad.yaml:4:18: unknown key 'shpae' in input 'x'; did you mean 'shape'?*",
            "cases/worse.py:2: ZeroDivisionError: division by zero (while the file loads)",
        ]
    )
    assert "pytest_plugin.py" not in str(result.stdout)


# ---------------------------------------------------------------- reports and processes


def properties(path):
    cases = ElementTree.parse(path).iter("testcase")
    return {
        c.get("name"): {p.get("name"): p.get("value") for p in c.iter("property")} for c in cases
    }


def test_junit_has_verdict_engine_seed_and_detection(library):
    library.runpytest("--junitxml=junit.xml", "--gradcheck-seed=3")
    found = properties(library.path / "junit.xml")
    detects = found["softmax[8-float64-engine]"].pop("detects")
    assert float(detects) < 1e-6
    assert found["softmax[8-float64-engine]"] == {
        "verdict": "PASS",
        "engine": "engine",
        "seed": "3",
    }
    verdicts = {name: each["verdict"] for name, each in found.items() if "rule" in name}
    assert verdicts == {
        "right[rule]": "PASS",
        "wrong[rule]": "FAIL",
        "kink[rule]": "INCONCLUSIVE",
        "erring[rule]": "ERROR",
    }


def results(path):
    """Header and records of a results file, without what a clock says."""
    header, *records = map(json.loads, path.read_text().splitlines())
    assert header["schema"] == "gradcheck-results"
    records = [{k: v for k, v in record.items() if k != "seconds"} for record in records]
    return header["seed"], sorted(records, key=lambda r: (r["case"], r["check"]))


@pytest.mark.parametrize("place", ["taken", "taken/below"])
def test_a_folder_that_cannot_be_written_is_an_error_of_usage(library, place):
    (library.path / "taken").touch()
    result = library.runpytest(f"--gradcheck-report-dir={place}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    [said] = [line for line in result.errlines if "--gradcheck-report-dir" in line]
    assert said.endswith(f"{place}: a file is in the way of this folder")


def test_nothing_is_written_unless_it_is_asked_for(library):
    library.runpytest("-p", "no:cacheprovider")
    library.runpytest("-p", "no:cacheprovider", "--collect-only", "--gradcheck-report-dir=out")
    assert {path.name for path in library.path.iterdir()} == {"cases"}


def test_workers_give_the_same_results_and_one_report(library):
    pytest.importorskip("xdist")
    alone = library.runpytest("--gradcheck-report-dir=alone", "--gradcheck-seed=3")
    alone.stdout.fnmatch_lines([f"*gradcheck report: {library.path}/alone/summary.md*"])
    shared = library.runpytest_subprocess(
        *("-pxdist", "-n2", "--gradcheck-report-dir=shared", "--gradcheck-seed=3")
    )
    shared.assert_outcomes(passed=5, failed=3, skipped=1)
    assert set(short(shared)) == set(short(alone)) == FAILING
    shared.stdout.fnmatch_lines(["INCONCLUSIVE  cases/rules.py::kink  rule  vjp*"])
    seed, records = results(library.path / "alone/results.jsonl")
    assert seed == 3
    assert {r["case"] for r in records} >= {"cases/loss.yaml::softmax[8-float32]"}
    assert results(library.path / "shared/results.jsonl") == (seed, records)
    summary = (library.path / "shared/summary.md").read_text()
    assert "9 cases: 1 ERROR, 1 FAIL, 1 INCONCLUSIVE, 5 PASS, 1 SKIP" in summary


# ---------------------------------------------------------------- seed and fixture


def test_the_seed_is_shown_with_cases_or_where_it_is_chosen(library):
    library.runpytest().stdout.fnmatch_lines(["collected *", "gradcheck: seed 0"])
    library.runpytest("--gradcheck-seed=7").stdout.fnmatch_lines(
        ["gradcheck: seed 7", "collected*"]
    )
    library.runpytest("-o", "gradcheck_seed=8").stdout.fnmatch_lines(["*--seed 8"])
    result = library.runpytest("-o", "gradcheck_seed=one")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*gradcheck_seed = one: expected a whole number"])


FIXTURE = """
import numpy as np
from gradcheck.adapters.engine import engine_module
absolute, sin = engine_module().abs, engine_module().sin

def test_right(gradcheck):
    gradcheck(sin, np.array([0.5, 1.0]))

def test_kink(gradcheck):
    gradcheck(absolute, np.array([0.0, 1.0]))
"""


def test_the_fixture_asserts_gradients(project):
    project.makepyfile(FIXTURE)
    result = project.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [">       gradcheck(absolute*", "E  *InconclusiveError: INCONCLUS*"]
    )
    assert "api.py" not in str(result.stdout), "the library's frames are nobody's business"
    warned = project.runpytest("--gradcheck-inconclusive=warn")
    warned.assert_outcomes(passed=2, warnings=1)


def test_the_fixture_has_the_sessions_seed(project, monkeypatch):
    seen = []
    monkeypatch.setattr(gradcheck.api, "assert_gradients", lambda f, *xs, **o: seen.append((xs, o)))
    project.makepyfile(
        "def test_it(gradcheck):\n    gradcheck(abs, 1.0)\n    gradcheck(abs, seed=1)"
    )
    project.runpytest("--gradcheck-seed=5").assert_outcomes(passed=1)
    usual = {"inconclusive": "fail"}
    assert seen == [((1.0,), {"seed": 5, **usual}), ((), {"seed": 1, **usual})]


# ---------------------------------------------------------------- strangers

STRANGER = {
    "engine.py": "raise SystemExit('not yours')\n",
    "data/cases.yaml": "cases:\n  - mine\n",
    "cases/config.yaml": "name: x\ncases_of: y\n",
    "cases/helper.py": "raise SystemExit('not yours')\n",
    "test_it.py": "def test_it():\n    pass\n",
    "conftest.py": """
import sys

def pytest_sessionfinish():
    ours = ("gradcheck.", "numpy", "yaml", "pydantic", "engine", "tabulate", "tqdm")
    loaded = {n for n in sys.modules if n.startswith(ours)}
    loaded -= {"gradcheck.pytest_plugin", "gradcheck.pytest_files", "gradcheck.imports"}
    print("LOADED", sorted(loaded))
""",
}


def test_in_a_strange_project_nothing_is_collected_or_imported(project, autoload):
    write(project, STRANGER)
    others = ("-p", "no:benchmark", "-p", "no:hypothesispytest", "-s")
    result = project.runpytest_subprocess(*others)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*plugins:*gradcheck-*", "*LOADED []*"])
    assert collected(project) == ["test_it.py::test_it"]
    with_us = re.sub(r"in \d.*|plugins: .*", "", str(result.stdout))
    without = str(project.runpytest_subprocess(*others, "-p", "no:gradcheck").stdout)
    assert with_us == re.sub(r"in \d.*|plugins: .*", "", without)


def test_the_plugin_imports_pytest_alone():
    """A subprocess: here, everything is loaded already."""
    code = "import sys, pytest; before = set(sys.modules); import gradcheck.pytest_plugin; "
    code += "print(sorted(set(sys.modules) - before))"
    command = [sys.executable, "-c", code]
    env = {**os.environ, "PYTHONPATH": str(HOME)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    ours = ["gradcheck", *(f"gradcheck.{n}" for n in ("imports", "pytest_files", "pytest_plugin"))]
    assert done.stdout.strip() == str(ours)


def test_cases_run_beside_a_learners_engine(project):
    write(project, {"engine.py": STRANGER["engine.py"], "cases/a.yaml": ONE})
    project.run(sys.executable, "-m", "pytest").assert_outcomes(passed=1)


def test_the_plugin_can_be_turned_off(library, autoload):
    off = ("-p", "no:gradcheck")
    assert library.runpytest(*off).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    library.makepyfile("def test_it(gradcheck):\n    pass")
    library.runpytest(*off).assert_outcomes(errors=1)
    assert library.runpytest(*off, "--gradcheck-seed=1").ret == pytest.ExitCode.USAGE_ERROR
