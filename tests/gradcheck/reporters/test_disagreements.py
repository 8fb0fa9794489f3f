import pytest

from gradcheck.reporters.disagreements import all_disagreements
from gradcheck.reporters.rows import Run, rows_of
from gradcheck.vocabulary import Outcome, Verdict
from tests.gradcheck.projections import outcome


def test_a_disagreement_says_who_is_with_the_derivative():
    wrong = outcome("jax", 1.1, 1.0, Verdict.FAIL)
    text = all_disagreements(Run(rows_of([outcome("engine", 1.0, 1.0), wrong])))
    assert text.splitlines() == [
        "c",
        "  gradients    differ: <y_bar, J x_dot> by x (vjp)",
        "               1: engine; as the numerical derivative 1 +- 1e-12",
        "               1.1: jax; but the numerical derivative is 1 +- 1e-12",
        "  verdicts     PASS: engine; FAIL: jax (vjp)",
    ]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (outcome("jax", 1.5, 1.5), "functions    differ in their numerical derivatives <y_bar, J"),
        (outcome("jax", 1.0, 1.0, output=4.0), "functions    differ at the point itself"),
    ],
)
def test_other_functions_are_told_as_such(other, said):
    text = all_disagreements(Run(rows_of([outcome("engine", 1.0, 1.0), other])))
    assert said in text
    assert "gradients" not in text
    assert "verdicts" not in text


def test_a_skip_is_no_disagreement():
    lacking = Outcome("c", "jax", "case", Verdict.SKIP, reason="no operation 'cbrt'")
    assert all_disagreements(Run(rows_of([outcome("engine", 1.0, 1.0), lacking]))) == ""
