import math
from dataclasses import replace

import numpy as np
import pytest

from gradcheck.reporters.text import described
from gradcheck.vocabulary import Evidence, Expectation, Verdict
from tests.gradcheck.subjects import outcomes_of, rule_case, sine, sine_rule

X = np.array([[0.5, -1.0, 2.0], [0.1, 3.0, -0.7]])


def vjp_of(forward, backward, **xs):
    return outcomes_of(rule_case(forward, backward, **xs))["vjp"]


def test_a_right_rule_passes_and_says_what_it_would_have_caught():
    outcome = vjp_of(sine, sine_rule, x=X)
    assert outcome.verdict is Verdict.PASS
    assert 0 < outcome.detects["x"].entry < 1e-9


@pytest.mark.parametrize(
    "wrong",
    [
        lambda y_bars, xs, ys: y_bars[0] * np.cos(xs[0]) * (1 + 1e-8),
        lambda y_bars, xs, ys: -y_bars[0] * np.cos(xs[0]),
        lambda y_bars, xs, ys: np.zeros_like(xs[0]),
        lambda y_bars, xs, ys: None,
        lambda y_bars, xs, ys: np.cos(xs[0]),
        lambda y_bars, xs, ys: np.abs(y_bars[0]) * np.cos(xs[0]),
        lambda y_bars, xs, ys: y_bars[0] * np.cos(xs[0]) + (np.arange(6).reshape(2, 3) == 4) * 1e-7,
        lambda y_bars, xs, ys: y_bars[0] * np.where(xs[0] > 2.9, np.nan, np.cos(xs[0])),
        lambda y_bars, xs, ys: y_bars[0][::-1] * np.cos(xs[0]),
    ],
    ids=[
        "factor",
        "sign",
        "zero",
        "none",
        "ones_only",
        "positive_only",
        "one_entry",
        "nan",
        "permuted",
    ],
)
def test_a_wrong_rule_fails(wrong):
    assert vjp_of(sine, wrong, x=X).verdict is Verdict.FAIL


def test_each_input_is_projected_by_itself_and_all_together():
    outcome = vjp_of(
        lambda x, w: x @ w,
        lambda y_bars, xs, ys: (y_bars[0] @ xs[1].T, xs[0].T @ y_bars[0]),
        x=X,
        w=X.T.copy(),
    )
    assert [j.evidence.inputs for j in outcome.judgements] == [("x",), ("w",), ("x", "w")]
    assert outcome.verdict is Verdict.PASS


def test_one_input_is_seen_in_two_directions_and_two_cotangents():
    judgements = vjp_of(sine, sine_rule, x=X).judgements
    assert len({j.evidence.analytic for j in judgements}) == 2


def test_a_transposed_weight_gradient_is_caught():
    square = X @ X.T
    outcome = vjp_of(
        lambda x, w: x @ w,
        lambda y_bars, xs, ys: (y_bars[0] @ xs[1].T, y_bars[0].T @ xs[0]),
        x=square,
        w=square + np.eye(2),
    )
    assert outcome.verdict is Verdict.FAIL


def test_float32_is_checked_by_the_formula_in_double_precision():
    outcome = vjp_of(sine, sine_rule, x=X.astype(np.float32))
    assert outcome.verdict is Verdict.PASS
    assert all(j.evidence.estimate.error < 1e-9 for j in outcome.judgements)
    wrong = vjp_of(
        sine,
        lambda y_bars, xs, ys: (y_bars[0] * np.cos(xs[0]) * 1.0001).astype(np.float32),
        x=X.astype(np.float32),
    )
    assert wrong.verdict is Verdict.FAIL


def test_complex_gradients_follow_the_convention():
    z = np.array([0.5 + 1.0j, -1.0 + 0.25j])
    right = vjp_of(lambda z: z**2, lambda y_bars, xs, ys: y_bars[0] * np.conj(2 * xs[0]), z=z)
    assert right.verdict is Verdict.PASS
    wrong = vjp_of(lambda z: z**2, lambda y_bars, xs, ys: y_bars[0] * 2 * xs[0], z=z)
    assert wrong.verdict is Verdict.FAIL


def test_every_output_is_weighed():
    def backward(y_bars, xs, ys):
        return y_bars[0] * np.cos(xs[0])  # the second output is forgotten

    assert vjp_of(lambda x: (np.sin(x), np.cos(x)), backward, x=X).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("forward", "backward", "x"),
    [
        (lambda x: np.sum(x**2), lambda y_bars, xs, ys: 2 * xs[0] * y_bars[0], np.zeros(3)),
        (
            lambda x: np.maximum(x - 10, 0),
            lambda y_bars, xs, ys: y_bars[0] * (xs[0] > 10),
            np.ones(3),
        ),
        (
            lambda x: np.sin(x) ** 2 + np.cos(x) ** 2,
            lambda y_bars, xs, ys: 0 * y_bars[0],
            np.array([0.3, 1.7]),
        ),
    ],
    ids=["minimum", "plateau", "identity"],
)
def test_a_derivative_that_is_zero_passes_and_a_gradient_there_fails(forward, backward, x):
    right = vjp_of(forward, backward, x=x)
    assert right.verdict is Verdict.PASS
    assert right.detects["x"].absolute
    wrong = vjp_of(forward, lambda *given: backward(*given) + 1e-6, x=x)
    assert wrong.verdict is Verdict.FAIL


def test_inputs_without_entries_are_left_out():
    outcome = vjp_of(
        lambda x, y: x * 2.0 + y.sum(),
        lambda y_bars, xs, ys: (2.0 * y_bars[0], np.full(xs[1].shape, y_bars[0].sum())),
        x=np.ones(3),
        y=np.ones((0, 2)),
    )
    assert outcome.verdict is Verdict.PASS
    assert all(j.evidence.inputs == ("x",) for j in outcome.judgements)


def test_evidence_counts_evaluations():
    outcome = vjp_of(sine, sine_rule, x=X)
    evidence = [j.evidence for j in outcome.judgements if isinstance(j.evidence, Evidence)]
    assert outcome.evaluations == sum(e.estimate.evaluations for e in evidence) > 0


def test_a_shape_that_broadcasts_is_no_gradient():
    case = rule_case(sine, lambda y_bars, xs, ys: np.float64(y_bars[0].sum()), x=X)
    outcome = outcomes_of(case, checks=("vjp",))["vjp"]
    assert outcome.verdict is Verdict.FAIL
    assert outcome.judgements[0].evidence.claim == "the gradient of x has its shape"


@pytest.mark.parametrize("exponent", [-300, -200, -100, 100, 200, 300])
def test_inputs_and_gradients_of_any_scale_are_decided(exponent):
    scale, x = 10.0**exponent, np.random.default_rng(1).normal(size=5)
    for factor, verdict in ((1.0, Verdict.PASS), (1.01, Verdict.FAIL)):
        right = rule_case(
            lambda x: scale * np.sin(x / scale),
            lambda y, xs, ys, k=factor: k * y[0] * np.cos(xs[0] / scale),
            x=scale * x,
        )
        steep = rule_case(
            lambda x: np.sin(x / scale),
            lambda y, xs, ys, k=factor: k * y[0] * np.cos(xs[0] / scale) / scale,
            x=scale * x,
        )
        assert [outcomes_of(case)["vjp"].verdict for case in (right, steep)] == [verdict] * 2


@pytest.mark.parametrize("scale", [1e-310, 1e-200])
def test_what_underflows_is_undecided_and_not_a_zero(scale):
    x = scale * np.array([1.0, -2.0])
    for factor in (1.0, 1.5):
        case = rule_case(lambda x: x * x, lambda y, xs, ys, k=factor: 2 * k * y[0] * xs[0], x=x)
        outcome = outcomes_of(case)["vjp"]
        assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "precision")
        assert "below what numbers of its dtype keep digits of" in described(outcome)


def test_sums_that_overflow_on_the_way_are_no_error():
    x = 1e305 * np.random.default_rng(2).normal(size=3000)
    right = outcomes_of(rule_case(lambda x: 1 * x, lambda y, xs, ys: 1 * y[0], x=x))["vjp"]
    assert right.verdict is Verdict.PASS
    wrong = outcomes_of(rule_case(lambda x: 1 * x, lambda y, xs, ys: 2 * y[0], x=x))["vjp"]
    assert wrong.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)


def far_from_zero(x):
    return x + 1e-4 * np.sin(1e4 * x)


def far_from_zero_rule(y_bars, xs, ys):
    return y_bars[0] * (1 + np.cos(1e4 * xs[0])).astype(xs[0].dtype)


def test_a_rule_that_loses_digits_in_float32_is_no_false_alarm():
    for seed in range(5):
        x = np.random.default_rng(seed).normal(size=6).astype(np.float32)
        outcome = vjp_of(far_from_zero, far_from_zero_rule, x=x)
        assert outcome.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE)
        if outcome.verdict is Verdict.INCONCLUSIVE:
            assert "may be the rule's own rounding" in described(outcome)


def test_a_rule_that_cancels_is_no_false_alarm_and_a_wrong_one_is_seen():
    def rule(y_bars, xs, ys):
        return y_bars[0] * np.sign(xs[0]) * np.sqrt(1 - np.cos(xs[0]) ** 2)

    for seed in range(10):
        x = 1e-3 * np.random.default_rng(seed).normal(size=9)
        assert vjp_of(lambda x: 1 - np.cos(x), rule, x=x).verdict is Verdict.PASS
        wrong = vjp_of(lambda x: 1 - np.cos(x), lambda *a: 1.000001 * rule(*a), x=x)
        assert wrong.verdict is Verdict.FAIL


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("every", [2, 3, 5])
def test_more_digits_excuse_no_rule_that_is_wrong_in_some_calls(every, dtype):
    calls = 0

    def rule(y_bars, xs, ys):
        nonlocal calls
        calls += 1
        return y_bars[0] * np.cos(xs[0]) * xs[0].dtype.type(1 + 1e-2 * (calls % every == 0))

    x = np.linspace(0.1, 2.0, 6).astype(dtype)
    assert Verdict.FAIL in {o.verdict for o in outcomes_of(rule_case(np.sin, rule, x=x)).values()}


def test_whole_numbers_alone_have_nothing_to_differentiate():
    case = rule_case(np.argmax, lambda y_bars, xs, ys: np.zeros_like(xs[0]), x=np.arange(3.0))
    [outcome] = outcomes_of(case).values()
    assert outcome.verdict is Verdict.ERROR
    assert outcome.reason == "nothing to compare: the outputs are int64, not floating"


def test_whole_numbers_that_are_expected_are_compared():
    case = rule_case(np.argmax, lambda y_bars, xs, ys: np.zeros_like(xs[0]), x=np.arange(3.0))
    outcomes = outcomes_of(replace(case, expect=Expectation(value=2)))
    assert outcomes["value"].verdict is Verdict.PASS
    assert outcomes["vjp"].verdict is Verdict.SKIP


def test_whole_numbers_beside_floating_ones_change_nothing():
    def both(x):
        return np.argsort(x), np.sin(x), x > 0

    def rule(y_bars, xs, ys):
        return y_bars[1] * np.cos(xs[0])

    assert vjp_of(both, rule, x=X[0]).verdict is Verdict.PASS
    assert vjp_of(both, lambda *a: 1.0001 * rule(*a), x=X[0]).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("function", "slope", "first"),
    [(math.sqrt, lambda x: 0.5 / np.sqrt(x), 1e-3), (math.log, lambda x: 1 / x, 1e-6)],
)
def test_a_function_that_raises_beyond_its_domain_is_judged_inside(function, slope, first):
    def forward(x):
        return np.array([function(each) for each in x])

    x = np.array([first, 0.5, 4.0])
    assert vjp_of(forward, lambda bars, xs, ys: bars[0] * slope(xs[0]), x=x).verdict is Verdict.PASS
    wrong = vjp_of(forward, lambda bars, xs, ys: 1.001 * bars[0] * slope(xs[0]), x=x)
    assert wrong.verdict is Verdict.FAIL
    assert any(finding.kind == "scale" for finding in wrong.findings)


def test_a_function_that_raises_wherever_it_moves_is_an_error_with_its_message():
    def only_here(x):
        if x[0] != 1.0:
            raise ValueError("defined at 1 only")
        return x

    outcome = vjp_of(only_here, lambda y_bars, xs, ys: y_bars[0], x=np.array([1.0]))
    assert outcome.verdict is Verdict.ERROR
    assert "defined at 1 only" in outcome.reason
