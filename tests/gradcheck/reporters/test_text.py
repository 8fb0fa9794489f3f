"""What people read when something is not right, compared with stored text."""

from dataclasses import replace

import numpy as np
import pytest

from gradcheck.reporters.text import described, detection
from gradcheck.vocabulary import Detects, Estimate, Evidence, Judgement, Outcome, Verdict
from tests.gradcheck.subjects import outcomes_of, rule_case, sine, sine_rule

X = np.array([[0.5, 1.0], [0.7, -2.0]])


def one_entry_wrong(y_bars, xs, ys):
    gradient = y_bars[0] * np.cos(xs[0])
    gradient[1, 0] *= 1.1
    return gradient


def test_a_failure_names_case_projection_bound_entry_and_command():
    text = described(outcomes_of(rule_case(sine, one_entry_wrong, x=X), seed=7)["vjp"])
    head, projection, off_by, worst, repeat = text.splitlines()
    assert head.split() == ["FAIL", "cases/rules.py::rule", "rule", "vjp", "cases/rules.py:3"]
    assert projection.startswith("  projection   <y_bar, J x_dot> by x   expected ")
    assert " +- " in projection
    assert " got " in projection
    assert "times the bound (13 points, h = " in off_by
    assert off_by.endswith("2 of 2 projections fail)")
    expected = np.cos(0.7)
    assert worst.startswith("  worst entry  d y[1, 0] / d x[1, 0] at x[1, 0] = 0.7: ")
    assert f"expected {expected:.10g} +- " in worst
    assert worst.endswith(f"got {1.1 * expected:.10g}  (ratio 1.1)")
    assert repeat == (
        '  repeat       python -m gradcheck run "cases/rules.py::rule" -e rule --seed 7'
    )


def test_an_undecided_case_says_why_and_what_to_do():
    x = np.array([0.5, 0.0, -1.0])
    case = rule_case(np.abs, lambda y_bars, xs, ys: y_bars[0] * np.sign(xs[0]), x=x)
    text = described(outcomes_of(case)["vjp"])
    assert text.startswith("INCONCLUSIVE  cases/rules.py::rule  rule  vjp")
    assert "  kink at      x[1] = 0 (slopes -1." in text
    assert "x[0]" not in text
    assert "  undecided    kink: the bound " in text
    assert "`avoid: [...]`" in text


def test_a_fact_says_what_was_claimed_expected_and_found():
    text = described(outcomes_of(rule_case(sine, lambda *_: np.zeros(3), x=X))["structure"])
    assert (
        "  claim        the gradient of x has its shape   expected shape (2, 2)   got shape (3,)"
        in text
    )


def test_an_error_says_what_was_raised():
    text = described(outcomes_of(rule_case(sine, lambda *_: 1 / 0, x=X))["structure"])
    assert "  reason       ZeroDivisionError: division by zero (" in text


def test_a_gradient_that_is_not_finite_is_shown():
    text = described(outcomes_of(rule_case(sine, lambda *_: np.full((2, 2), np.nan), x=X))["vjp"])
    assert "got nan" in text


@pytest.mark.parametrize(
    ("detects", "text"),
    [
        (None, ""),
        (Detects(1e-12, 2.4e-10), "2e-10"),
        (Detects(1e-12, 1.0), "weak"),
        (Detects(1e-16, 1e-16, absolute=True), "1e-16 abs"),
    ],
)
def test_what_a_pass_would_have_caught(detects, text):
    assert detection(detects) == text


def test_a_pass_has_nothing_to_tell_but_its_name():
    outcome = outcomes_of(rule_case(sine, sine_rule, x=X))["vjp"]
    assert outcome.verdict is Verdict.PASS
    assert described(outcome).splitlines()[0].startswith("PASS  cases/rules.py::rule")


def test_control_characters_are_shown_wherever_they_come_from():
    def raises(*_):
        raise ValueError("\x1b[2J\rgone")

    outcome = outcomes_of(rule_case(sine, raises, x=X))["structure"]
    text = described(replace(outcome, case="cases/\x1b[31m.py::rule"))
    assert "cases/\\x1b[31m.py::rule" in text
    assert "\\x1b[2J\\rgone" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(("value", "reason"), [(np.inf, "domain edge"), (np.nan, "non-finite")])
def test_an_infinite_derivative_is_no_underflow(value, reason):
    estimate = Estimate(value, np.inf, reason=reason)
    evidence = Evidence("q", ("x",), 1.0, estimate, 1.0, 1.0, 1.0, 2.0**-52)
    judgement = Judgement(evidence, Verdict.INCONCLUSIVE, reason=reason)
    text = described(Outcome("c", "engine", "vjp", Verdict.INCONCLUSIVE, judgements=(judgement,)))
    assert f"{reason}: the derivative is {value} here: no number to compare. " in text
    assert "keep digits" not in text
    assert "1/1000" not in text
