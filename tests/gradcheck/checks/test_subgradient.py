"""At a kink a rule's slope lies between the one-sided ones; elsewhere nothing is loosened."""

from dataclasses import replace

import numpy as np
import pytest

from gradcheck.checks import CHECKS
from gradcheck.judge import judge
from gradcheck.vocabulary import Case, Fact, Input, Place, Subject, Verdict, worst
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


# ---------------------------------------------------------------- the other checks

KINKED = Subject(
    ("x",),
    (np.array([0.0, 1.5, -0.3]),),
    (True,),
    lambda x: (relu(x) + x * x,),
    vjp=lambda xs, y_bars: (y_bars[0] * ((xs[0] > 0) + 2 * xs[0]),),
    jvp=lambda xs, x_dots: (x_dots[0] * ((xs[0] >= 0) + 2 * xs[0]),),
    vjp_vjp=lambda xs, y_bars, v: ((2 * y_bars[0] * v[0],), (v[0] * ((xs[0] > 0) + 2 * xs[0]),)),
)


def judged(check, **changes):
    case = replace(rule_case(None, None, x=X), kink="subgradient")
    found = CHECKS[check].run(replace(KINKED, **changes), case, np.random.default_rng(0))
    return [judge(evidence) for evidence in found]


def verdict(check, **changes):
    return worst(judgement.verdict for judgement in judged(check, **changes))


def test_a_tangent_at_a_kink_lies_between_the_slopes():
    assert verdict("jvp") is Verdict.PASS
    [claim] = [j.evidence.claim for j in judged("jvp") if isinstance(j.evidence, Fact)
               if "kink" in j.evidence.claim]  # fmt: skip
    assert claim == "d <y_bar, y> / d x[0] at its kink lies between the slopes"

    def beyond(xs, x_dots):
        return (x_dots[0] * ((xs[0] > 0) - 0.1 * (xs[0] == 0) + 2 * xs[0]),)

    assert verdict("jvp", jvp=beyond) is Verdict.FAIL


def test_forward_mode_alone_is_enough_at_a_kink():
    assert verdict("jvp", vjp=None) is Verdict.PASS


def test_the_smooth_part_of_a_jvp_is_judged_as_ever():
    def wrong(xs, x_dots):
        return (x_dots[0] * ((xs[0] > 0) + 2.0001 * xs[0]),)

    assert verdict("jvp", jvp=wrong) is Verdict.FAIL


def test_second_order_is_judged_where_the_first_derivative_does_not_jump():
    assert verdict("second_order") is Verdict.PASS

    def wrong(xs, y_bars, v):
        by_x, by_y_bar = KINKED.vjp_vjp(xs, y_bars, v)
        return (by_x[0] * 1.0001,), by_y_bar

    assert verdict("second_order", vjp_vjp=wrong) is Verdict.FAIL


@pytest.mark.parametrize(
    "function",
    [
        lambda xp, x, w: xp.abs(x) * w,
        lambda xp, x, w: xp.maximum(x, w) * x,
        lambda xp, x, w: w * xp.relu(x) ** 2,
    ],
    ids=["kink", "kink_of_both", "kink_of_the_derivative"],
)
def test_all_checks_pass_where_inputs_stand_at_kinks(function):
    for x, w in ((0.0, 2.0), (np.array([0.0, 1.0]), np.array([0.0, 3.0]))):
        inputs = {"x": Input(x), "w": Input(w)}
        case = Case("c", Place(""), inputs, function=function, kink="subgradient")
        assert {str(o.verdict) for o in outcomes_of(case, "engine").values()} == {"PASS"}


def test_complex_numbers_at_a_kink_need_no_warning():
    case = Case(
        "c",
        Place(""),
        {"x": Input([0.0, 1 + 2j], dtype="complex128")},
        function=lambda xp, x: xp.abs(x),
    )
    told = outcomes_of(case, "engine")["vjp"]
    assert (told.verdict, told.reason) == (Verdict.INCONCLUSIVE, "kink")
    assert told.findings[0].text.startswith("x[0] = 0+0j (slopes -")
    declared = outcomes_of(replace(case, kink="subgradient"), "engine")
    assert declared["vjp"].verdict is Verdict.PASS
