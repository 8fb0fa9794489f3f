"""What people, pull requests and pipes read of a comparison."""

import json
from dataclasses import replace

import pytest

from gradcheck.bench.comparison import Comparison
from gradcheck.bench.ratio import Ratio
from gradcheck.bench.stages import Change
from gradcheck.reporters.comparison import (
    Comparisons,
    comparison_json,
    comparison_markdown,
    comparison_text,
    noise,
    summary,
)

ROWS = (
    Comparison(
        "a.yaml::slow[10|b]",
        "engine",
        "backward",
        Change.SLOWER,
        Ratio(0.0953101798, 0.002, 160, 1e-3, 1.1e-3, 4),
        opcodes=(1000, 1250),
        control=Ratio(0.004, 0.002, 40, 1e-3, 1e-3),
        sessions=5,
    ),
    Comparison(
        "a.yaml::same",
        "torch",
        "check",
        Change.SAME,
        Ratio(0.0, 0.002, 40, 2.0, 2.0),
        opcodes=(700, 700),
        control=Ratio(-0.01, 0.002, 40, 1e-3, 1e-3),
    ),
    Comparison("a.yaml::new", "engine", "forward", Change.NO_BASE, reason="no operation 'new'"),
)


@pytest.fixture
def run():
    return Comparisons("HEAD~1 (abc)", "the working tree", ROWS, ["a note"], 12.3)


def test_the_text_has_the_table_the_reasons_and_the_summary(run):
    lines = comparison_text(run).splitlines()
    assert lines[0].split() == [
        "case", "engine", "phase", "old", "new", "ratio", "95", "%", "interval", "sessions",
        "opcodes", "verdict",
    ]  # fmt: skip
    assert lines[2].split() == [
        "a.yaml::slow[10|b]", "engine", "backward", "1", "ms", "1.1", "ms", "1.100", "1.093", "..",
        "1.107", "5", "1,000", "->", "1,250", "slower",
    ]  # fmt: skip
    assert lines[4].split() == ["a.yaml::new", "engine", "forward", "no", "base"]
    assert "no base: a.yaml::new engine forward: no operation 'new'" in lines
    assert "a note" in lines
    assert lines[-1] == summary(run)


def test_a_reason_is_told_once_with_the_first_that_it_holds_for(run):
    rows = [replace(ROWS[-1], case=f"a.yaml::new[{n}]") for n in range(3)]
    other = replace(ROWS[-1], reason="no case")
    lines = comparison_text(replace(run, rows=[*rows[:2], other, rows[2]])).splitlines()
    assert [line for line in lines if ": " in line and line.startswith("no base")] == [
        "no base: a.yaml::new[0] engine forward and 2 others: no operation 'new'",
        "no base: a.yaml::new engine forward: no case",
    ]


def test_the_summary_counts_the_worst_first(run):
    counted = "1 slower, 1 no base, 1 same"
    assert summary(run) == f"HEAD~1 (abc) -> the working tree: {counted}; 12 s"


def test_markdown_shows_what_changed_and_folds_the_rest(run):
    text = comparison_markdown(run)
    before, folded = text.split("<details>")
    assert text.startswith("### gradcheck compare: HEAD~1 (abc) -> the working tree\n")
    assert r"a.yaml::slow[10\|b]" in before
    assert "a.yaml::same" not in before
    assert "a.yaml::same" in folded
    assert "- no base: a.yaml::new engine forward: no operation 'new'" in before


def test_markdown_without_a_change_is_short():
    text = comparison_markdown(Comparisons("a", "b", ROWS[1:2]))
    assert text.split("<details>")[0].count("|") == 0


def test_json_has_a_header_and_a_line_each(run):
    header, *records = map(json.loads, comparison_json(run).splitlines())
    assert (header["schema"], header["version"]) == ("gradcheck-comparison", 1)
    assert [r["verdict"] for r in records] == ["slower", "same", "no base"]
    assert records[0]["ratio"] == pytest.approx(1.1)
    assert records[0]["opcodes"] == [1000, 1250]
    assert records[2]["reason"] == "no operation 'new'"


def test_a_standard_error_that_nobody_knows_is_null():
    ratio = Ratio(0.0, float("inf"), 1, 1.0, 1.0)
    row = Comparison("a", "engine", "forward", Change.UNSURE, ratio)
    record = json.loads(comparison_json(Comparisons("a", "b", [row])).splitlines()[1])
    assert record["se"] is None


def test_the_noise_of_a_run_is_that_of_its_control():
    told = "off by 0.7% in the median and 1.0% at most, in 2 sessions"
    assert told in noise(ROWS)
    assert noise(ROWS[2:]) == ""
