import pytest

from gradcheck.reporters.rows import Gate, Run, rows_of
from gradcheck.vocabulary import Detects, Fact, Judgement, Outcome, Verdict

FACT = Judgement(Fact("x", True), Verdict.PASS)


def outcome(case: str, check: str, verdict: Verdict, **fields) -> Outcome:
    return Outcome(f"cases/a.yaml::{case}", "engine", check, verdict, **fields)


def test_outcomes_of_one_case_are_one_row():
    rows = rows_of(
        [
            outcome("a", "vjp", Verdict.PASS, judgements=(FACT, FACT), evaluations=19, seconds=0.5),
            outcome("a", "purity", Verdict.FAIL, judgements=(FACT,), seconds=0.25),
            outcome("b", "vjp", Verdict.PASS),
        ]
    )
    assert [(r.case, r.verdict) for r in rows] == [
        ("cases/a.yaml::a", Verdict.FAIL),
        ("cases/a.yaml::b", Verdict.PASS),
    ]
    assert (rows[0].compared, rows[0].evaluations, rows[0].seconds) == (3, 19, 0.75)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ("PASS SKIP", "PASS"),
        ("PASS XFAIL SKIP", "XFAIL"),
        ("XPASS SKIP", "XPASS"),
        ("XFAIL ERROR", "ERROR"),
        ("PASS INCONCLUSIVE", "INCONCLUSIVE"),
        ("SKIP", "SKIP"),
    ],
)
def test_the_verdict_of_a_row(verdicts, expected):
    [row] = rows_of(outcome("a", "vjp", Verdict(v)) for v in verdicts.split())
    assert row.verdict is Verdict(expected)


def test_a_row_detects_what_its_weakest_input_does():
    detects = {"x": Detects(1e-12, 1e-10), "w": Detects(1e-12, 1e-4)}
    [row] = rows_of([outcome("a", "vjp", Verdict.PASS, detects=detects)])
    assert row.detects == Detects(1e-12, 1e-4)


def test_a_run_counts_its_rows_and_comparisons():
    run = Run(
        rows_of(
            [
                outcome("a", "vjp", Verdict.PASS, judgements=(FACT,)),
                outcome("b", "vjp", Verdict.FAIL, judgements=(FACT, FACT)),
            ]
        )
    )
    assert run.counts == {Verdict.PASS: 1, Verdict.FAIL: 1}
    assert (run.compared, run.projections) == (3, 0)


@pytest.mark.parametrize(
    ("verdict", "entry", "is_weak"),
    [
        (Verdict.PASS, 1e-4, False),
        (Verdict.PASS, 1e-2, True),
        (Verdict.PASS, float("nan"), True),
        (Verdict.XFAIL, 1e-2, False),
    ],
)
def test_a_gate_asks_what_a_pass_detects(verdict, entry, is_weak):
    [row] = rows_of([outcome("a", "vjp", verdict, detects={"x": Detects(1e-12, entry)})])
    gate = Gate(detects=1e-3)
    assert gate.is_weak(row) is gate.is_failed(row) is is_weak
    assert not Gate().is_failed(row)


def test_a_case_that_compares_no_derivative_is_not_held_to_it():
    [row] = rows_of([outcome("a", "value", Verdict.PASS)])
    assert not Gate(detects=1e-3).is_failed(row)


def test_the_slowest_rows_are_as_many_as_asked_for():
    rows = rows_of([outcome(n, "vjp", Verdict.PASS, seconds=s) for n, s in [("a", 1), ("b", 3)]])
    assert [r.seconds for r in Run(rows, durations=1).slowest] == [3]
    assert [r.seconds for r in Run(rows, durations=0).slowest] == [3, 1]
    assert Run(rows).slowest == []
