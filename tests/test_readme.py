"""What the README shows is what happens: its snippets run, and print what it says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from gradcheck.api import load_cases
from gradcheck.bench.workload import workloads
from gradcheck.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)
SNIPPETS = [text for language, text in BLOCKS if language == "python"]
FIRST_CASE, TIMED_CASE = [text for language, text in BLOCKS if language == "yaml"]
TEXTS = [text for language, text in BLOCKS if language == "text"]


def shape_of(text: str) -> str:
    """The text with every number as # and runs of blanks and rules as one."""
    text = re.sub(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", "#", text)
    return re.sub(r"[ -]{2,}", " ", text).strip()


def printed(snippet: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(snippet, "README.md", "exec"), {})
    return out.getvalue()


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "tox.ini").touch()
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "first.yaml").write_text(FIRST_CASE)
    monkeypatch.chdir(tmp_path)


def test_the_first_case_passes_and_prints_the_table(project, capsys):
    assert main(["run", "cases/first.yaml"]) == 0
    assert shape_of(capsys.readouterr().out) == shape_of(TEXTS[0])


def test_the_broken_case_is_told_as_shown(project, capsys):
    broken = FIRST_CASE.replace("square", "sqare").replace("{x: 0.5}", "{x: {shpae: [3]}}")
    broken = re.sub(r"    expect: .*\n", "", broken)
    Path("cases/first.yaml").write_text(broken)
    assert main(["run", "cases/first.yaml"]) == 2
    told = capsys.readouterr().err.splitlines()
    for line, shown in zip(told, TEXTS[1].splitlines(), strict=False):
        assert line.startswith(shown.removesuffix("..."))


def test_the_timed_case_is_timed_where_it_says(project):
    Path("cases/timed.yaml").write_text(TIMED_CASE)
    found = workloads(load_cases("cases/timed.yaml"), ["engine", "jax"])
    assert sum(each.phase == "check" for each in found) == 2
    assert [each.case.variant for each in found if each.engine == "jax"] == ["100"] * 3


def test_the_first_failure_reads_as_shown():
    assert shape_of(printed(SNIPPETS[0])) == shape_of(TEXTS[2])


def test_the_engine_gives_the_gradient_shown():
    assert printed(SNIPPETS[1]).strip() == "6.351000049838023"


def test_every_dependency_has_its_reason():
    pyproject = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    block = re.search(r"^dependencies = \[(.*?)^\]", pyproject, re.M | re.S).group(1)
    table = README[README.index("## Dependencies") :]
    for name in re.findall(r'"([A-Za-z-]+)', block):
        assert name in table
