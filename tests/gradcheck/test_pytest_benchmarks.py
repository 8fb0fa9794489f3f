"""Cases as pytest-benchmark items: there when they are asked for, and only then."""

import json
from pathlib import Path

import pytest

import gradcheck.api  # NumPy cannot be imported again in an inner run
import gradcheck.bench.measure  # noqa: F401

pytest_plugins = ["pytester"]

CASES = """\
cases:
  - id: sine
    function: sum(sin(x))
    inputs: {x: {shape: [$n]}}
    matrix: {n: [2]}
    benchmark: {sizes: {n: [3, 5]}, phases: [forward, backward]}
  - {id: plain, function: square(x), inputs: {x: 3.0}}
  - {id: skipped, function: square(x), inputs: {x: 3.0}, skip: why not, benchmark: {}}
"""
ORDINARY = ["sine[2-engine]", "plain[engine]", "skipped[engine]"]
TIMED = [f"sine[{n}-engine-{phase}]" for n in (3, 5) for phase in ("forward", "backward")]
PLUGINS = ("-p", "gradcheck.pytest_plugin", "--assert=plain")
BENCHMARK = ("-p", "pytest_benchmark.plugin")
QUICK = ("--benchmark-max-time=0.001", "--benchmark-min-rounds=2")


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):  # pytest-benchmark is off in a worker
        monkeypatch.delenv(name, raising=False)
    pytester.mkdir("cases").joinpath("a.yaml").write_text(CASES)
    return pytester


def collected(project, *arguments: str) -> list[str]:
    result = project.runpytest("--collect-only", "-q", *PLUGINS, *arguments)
    return [line.partition("::")[2] for line in result.outlines if "::" in line]


def test_an_ordinary_run_collects_no_benchmark(project):
    assert collected(project) == ORDINARY
    assert collected(project, *BENCHMARK) == ORDINARY
    assert collected(project, *BENCHMARK, "--benchmark-skip") == ORDINARY


def test_benchmarks_alone_or_beside_the_cases(project):
    skipped = [f"skipped[engine-{phase}]" for phase in ("forward", "backward", "check")]
    assert collected(project, *BENCHMARK, "--benchmark-only") == [*TIMED, *skipped]
    both = collected(project, *BENCHMARK, "--benchmark-enable")
    assert sorted(both) == sorted([*ORDINARY, *TIMED, *skipped])
    assert (
        collected(project, *BENCHMARK, "--benchmark-only", "-k", "backward and sine") == TIMED[1::2]
    )


def test_no_benchmark_is_collected_where_workers_share_the_machine(project):
    pytest.importorskip("xdist")
    arguments = ("-p", "xdist", "-n", "1", *BENCHMARK, "--benchmark-enable", "-v", *PLUGINS)
    result = project.runpytest_subprocess(*arguments, "-k", "sine")
    result.assert_outcomes(passed=1)


def test_timings_carry_what_was_timed(project):
    file = Path(project.path) / "timings.json"
    only = (*PLUGINS, *BENCHMARK, *QUICK, "--benchmark-only", f"--benchmark-json={file}")
    project.runpytest(*only).assert_outcomes(passed=4, skipped=3)
    document = json.loads(file.read_text())
    assert {"schema", "python", "numpy", "blas", "simd", "threads"} <= document["gradcheck"].keys()
    last = document["benchmarks"][-1]
    assert last["fullname"] == "cases/a.yaml::sine[5-engine-backward]"
    said = last["extra_info"]["gradcheck"]
    assert (said["case"], said["engine"], said["phase"], said["nodes"]) == (
        "cases/a.yaml::sine[5]",
        "engine",
        "backward",
        2,
    )
    assert said["opcodes"] > 0
    assert len(said["case_hash"]) == 64


def test_why_a_case_is_not_timed_is_told(project):
    only = (*PLUGINS, *BENCHMARK, *QUICK, "--benchmark-only", "-rs", "-k", "skipped and check")
    result = project.runpytest(*only)
    result.stdout.fnmatch_lines(["SKIPPED*why not"])


def test_a_workload_that_fails_shows_its_own_line_and_no_library(project):
    text = "from gradcheck import case\n@case(inputs={'x': 0.5}, benchmark={})\n"
    text += "def boom(xp, x):\n    raise ValueError('mine')\n"
    (Path(project.path) / "cases" / "b.py").write_text(text)
    result = project.runpytest(*PLUGINS, *BENCHMARK, "--benchmark-only", "-k", "boom and forward")
    result.assert_outcomes(failed=1, deselected=9)
    result.stdout.fnmatch_lines(["ValueError: mine (*cases/b.py:4)"])
    result.stdout.no_fnmatch_line("*workload.py*")
    result.stdout.no_fnmatch_line("*During handling*")
