"""At a kink a rule's slope lies between the one-sided ones; elsewhere nothing is loosened."""

from dataclasses import replace

import numpy as np
import pytest

from gradcheck.vocabulary import Verdict
from tests.gradcheck.subjects import outcomes_of, rule_case

X = np.where(np.arange(100) % 2, 0.0, np.linspace(-1.0, 1.0, 100))


def relu(x):
    return np.maximum(x, 0.0)


def vjp_of(backward, forward=relu, x=X):
    case = replace(rule_case(forward, backward, x=x), kink="subgradient")
    return outcomes_of(case)["vjp"]


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_any_slope_between_the_two_is_right(at_zero):
    def backward(y_bars, xs, ys):
        return y_bars[0] * np.where(xs[0] == 0, at_zero, xs[0] > 0)

    outcome = vjp_of(backward)
    assert outcome.verdict is Verdict.PASS
    assert outcome.detects["x"].entry < 1e-9


@pytest.mark.parametrize("at_zero", [-0.001, 1.001, -1.0])
def test_a_slope_outside_fails_and_names_its_entry(at_zero):
    def backward(y_bars, xs, ys):
        slope = (xs[0] > 0).astype(float)
        slope[51] = at_zero
        return y_bars[0] * slope

    outcome = vjp_of(backward)
    assert outcome.verdict is Verdict.FAIL
    [wrong] = [j.evidence for j in outcome.judgements if j.verdict is Verdict.FAIL]
    assert wrong.claim == "d <y_bar, y> / d x[51] at its kink lies between the slopes"
    low, high = map(float, wrong.expected.split(" to "))
    assert min(abs(low), abs(high)) < 1e-12
    assert float(wrong.found) / (low + high) == pytest.approx(at_zero)


def test_a_zero_rule_is_not_hidden_by_the_kinks():
    assert vjp_of(lambda y_bars, xs, ys: np.zeros_like(xs[0])).verdict is Verdict.FAIL


def test_without_kinks_everything_is_as_ever():
    outcome = vjp_of(lambda y_bars, xs, ys: y_bars[0] * np.cos(xs[0]), np.sin, X + 3)
    assert outcome.verdict is Verdict.PASS
    assert len(outcome.judgements) == 2


def test_a_kink_stays_inconclusive_unless_it_is_declared():
    case = rule_case(relu, lambda y_bars, xs, ys: y_bars[0] * (xs[0] > 0), x=X)
    assert outcomes_of(case)["vjp"].verdict is Verdict.INCONCLUSIVE


def test_a_scalar_at_a_kink():
    outcome = vjp_of(lambda y_bars, xs, ys: y_bars[0] * 0.0, np.abs, np.array(0.0))
    assert outcome.verdict is Verdict.PASS
