"""An adapter that somebody else installed: the example of CONTRIBUTING.md, through its metadata."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
SECTION = CONTRIBUTING[CONTRIBUTING.index("## An adapter") : CONTRIBUTING.index("## A reporter")]
[MODULE] = re.findall(r"^```python\n(.*?)^```$", SECTION, re.M | re.S)
[(GROUP, POINT)] = re.findall(r'^\[project\.entry-points\."(.+)"\]\n(.*)$', SECTION, re.M)

CASES = """\
cases:
  - {id: composite, function: exp(sin(x)), inputs: {x: {shape: [2, 3]}}}
  - {id: beyond, function: cos(x), inputs: {x: 0.5}}
"""


@pytest.fixture
def project(tmp_path):
    """A folder of cases, and beside it a site where the example is installed."""
    (tmp_path / "tox.ini").touch()
    (tmp_path / "a.yaml").write_text(CASES)
    install(tmp_path / "site", MODULE, POINT)
    return tmp_path


def install(site: Path, module: str, point: str) -> None:
    metadata = site / "complex_step-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "complex_step.py").write_text(module)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: complex_step\nVersion: 1.0\n")
    bare = point.replace('"', "")  # which is TOML's
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{bare}\n")


def python(project: Path, *arguments: str) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(project / "site"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_is_short():
    assert MODULE.count("\n") <= 50


def test_cases_run_on_it_and_what_it_lacks_is_counted(project):
    done = python(project, "-m", "gradcheck", "run", "a.yaml", "-e", "engine", "-e", "complex_step")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["a.yaml::composite", "PASS", "PASS"] in lines
    assert ["a.yaml::beyond", "PASS", "SKIP"] in lines
    assert ["complex_step", "1", "case", "no", "operation", "'cos'"] in lines


def test_check_finds_it(project):
    code = (
        "import numpy as np; from gradcheck import check; "
        "x = np.array([0.5, 1.0]); f = lambda x: np.exp(np.sin(x)); "
        "report = check(f, x, engine='complex_step'); assert report, report"
    )
    done = python(project, "-c", code)
    assert done.returncode == 0, done.stderr


def test_one_that_does_not_import_is_a_mistake_of_the_command_line_only(project):
    (project / "site" / "complex_step.py").write_text("import nothing_like_it\n")
    assert python(project, "-m", "gradcheck", "run", "a.yaml", "-q").returncode == 0
    done = python(project, "-m", "gradcheck", "run", "a.yaml", "-e", "complex_step")
    assert done.returncode == 2
    assert "complex_step cannot be used: ModuleNotFoundError" in done.stderr


def test_a_name_that_is_taken_is_not_replaced(project):
    (project / "site" / "complex_step-1.0.dist-info" / "entry_points.txt").write_text(
        f"[{GROUP}]\nengine = complex_step:ComplexStep\n"
    )
    done = python(project, "-c", "from gradcheck.adapters import ADAPTERS; list(ADAPTERS)")
    assert "the engine 'engine' is there already" in done.stderr
