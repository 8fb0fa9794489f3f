"""Cases by engines, without any framework: outcomes made by hand."""

import pytest

from gradcheck.reporters.markdown import markdown
from gradcheck.reporters.matrix import counts, matrix, skips
from gradcheck.reporters.rows import Run, rows_of
from gradcheck.reporters.table import summary_line, whole_table
from gradcheck.vocabulary import Outcome, Verdict

LACKS = "jax has no operation 'cbrt'"


def one(case: str, engine: str, verdict: str, check: str = "vjp", reason: str = "") -> Outcome:
    return Outcome(f"a.yaml::{case}", engine, check, Verdict(verdict), reason=reason)


@pytest.fixture
def outcomes():
    return [
        one("both", "engine", "PASS"),
        one("both", "jax", "PASS"),
        one("lacking", "engine", "PASS"),
        one("lacking", "jax", "SKIP", "case", LACKS),
        one("wrong", "engine", "PASS"),
        one("wrong", "jax", "FAIL"),
        one("ours", "engine", "PASS"),
        one("known", "engine", "XFAIL"),
        one("known", "jax", "XFAIL"),
    ]


def body(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()[2:]]


def test_a_line_a_case_and_a_column_an_engine(outcomes):
    run = Run(rows_of(outcomes))
    assert run.compares
    assert matrix(run).split()[:3] == ["case", "engine", "jax"]
    assert body(matrix(run)) == [
        ["a.yaml::both", "PASS", "PASS"],
        ["a.yaml::lacking", "PASS", "SKIP"],
        ["a.yaml::wrong", "PASS", "FAIL"],
        ["a.yaml::ours", "PASS", "-"],
        ["a.yaml::known", "XFAIL", "XFAIL"],
    ]


def test_a_quiet_matrix_leaves_out_what_is_all_good_alike(outcomes):
    quiet = Run(rows_of(outcomes), quiet=True)
    assert [line[0] for line in body(matrix(quiet))] == ["a.yaml::lacking", "a.yaml::wrong"]
    assert matrix(Run(rows_of(outcomes[:2]), quiet=True)) == ""


def test_verdicts_are_counted_by_engine(outcomes):
    assert body(counts(Run(rows_of(outcomes)))) == [
        ["FAIL", "-", "1"],
        ["PASS", "4", "1"],
        ["XFAIL", "1", "1"],
        ["SKIP", "-", "1"],
    ]
    assert summary_line(Run(rows_of(outcomes))).startswith("5 cases on 2 engines: 1 FAIL, 5 PASS")


def test_one_engine_keeps_the_long_table():
    run = Run(rows_of([one("a", "engine", "PASS"), one("b", "rule", "PASS")]))
    assert not run.compares
    assert whole_table(run).startswith("verdict")
    assert "disagreements" not in whole_table(run)


def test_reasons_to_skip_are_counted_with_the_most_frequent_first(outcomes):
    more = [one("also", "jax", "SKIP", "case", LACKS), one("b", "jax", "SKIP", "value", "no\ntape")]
    table = body(skips(Run(rows_of([*outcomes, *more]))))
    assert table == [
        ["jax", "2", "case", "no", "operation", "'cbrt'"],
        ["jax", "1", "value", "no", "tape"],
    ]
    assert skips(Run(rows_of(outcomes[:2]))) == ""


def test_the_table_ends_with_the_summary(outcomes):
    text = whole_table(Run(rows_of(outcomes)))
    order = ["case", "FAIL  a.yaml::wrong", "disagreements", "no operation 'cbrt'", "\nverdict "]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert text.rstrip().endswith("seed 0")


def test_the_document_has_the_sections_in_order_and_escapes_bars(outcomes):
    text = markdown(Run(rows_of([*outcomes, one("a|b<c>", "engine", "PASS")])))
    titles = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert titles == ["What did not pass", "Disagreements", "Skipped", "Cases by engines"]
    assert "a.yaml::a\\|b\\<c>" in text
    assert "| case " in text
