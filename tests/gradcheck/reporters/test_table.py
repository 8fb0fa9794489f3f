from gradcheck.reporters.markdown import markdown
from gradcheck.reporters.rows import Run, rows_of
from gradcheck.reporters.table import counts, summary_line, table
from gradcheck.vocabulary import Detects, Fact, Judgement, Outcome, Verdict

FACT = Judgement(Fact("x", True), Verdict.PASS)


def rows(case: str = "cases/a.yaml::1e5", verdict: Verdict = Verdict.PASS):
    detects = {"x": Detects(1e-12, 2e-10)}
    fields = {"judgements": (FACT,), "detects": detects, "evaluations": 43, "seconds": 0.0021}
    return rows_of([Outcome(case, "engine", "vjp", verdict, **fields)])


def test_a_row_has_verdict_case_and_what_it_detects():
    line = table(rows()).splitlines()[-1].split()
    assert line == ["PASS", "cases/a.yaml::1e5", "engine", "1", "2e-10", "43", "2.1"]


def test_a_detection_of_a_whole_entry_is_weak():
    weak = [Outcome("c", "engine", "vjp", Verdict.PASS, detects={"x": Detects(1.0, 1.5)})]
    assert "weak" in table(rows_of(weak))


def test_the_summary_counts_verdicts_and_comparisons():
    run = Run([*rows(), *rows("b", Verdict.FAIL)], deselected=3, seconds=1.5, seed=7)
    assert summary_line(run) == (
        "2 cases: 1 FAIL, 1 PASS; 2 comparisons, 0 with a numerical derivative; "
        "3 deselected; 1.5 s; seed 7"
    )
    assert [line.split() for line in counts(run).splitlines()[2:]] == [["FAIL", "1"], ["PASS", "1"]]


def test_an_interrupted_run_says_so():
    assert summary_line(Run(rows(), interrupted=True)).endswith("interrupted")


def test_a_bar_in_a_name_does_not_end_a_markdown_cell():
    document = markdown(Run(rows("cases/a|b.yaml::c")))
    assert "cases/a\\|b.yaml::c" in document
    assert document.startswith("# gradcheck\n")


def test_a_failure_is_quoted_in_markdown():
    document = markdown(Run(rows("b", Verdict.FAIL)))
    assert "```text\nFAIL  b  engine  vjp" in document
