import numpy as np

from gradcheck.vocabulary import Input, Verdict
from tests.gradcheck.subjects import outcomes_of, rule_case, sine, sine_rule

X = np.linspace(0.1, 1.0, 6).reshape(2, 3)


def outcomes(backward, x=X, forward=sine):
    return outcomes_of(rule_case(forward, backward, x=x))


def test_a_gradient_in_its_inputs_shape_and_dtype_passes():
    assert outcomes(sine_rule)["structure"].verdict is Verdict.PASS


def test_a_gradient_of_another_shape_fails_and_nothing_is_projected():
    found = outcomes(lambda y_bars, xs, ys: (y_bars[0] * np.cos(xs[0])).sum(axis=0))
    assert found["structure"].verdict is Verdict.FAIL
    assert found["vjp"].verdict is Verdict.SKIP
    assert found["vjp"].reason == "structure did not pass"


def test_a_shape_that_broadcasting_would_hide_fails():
    found = outcomes(lambda y_bars, xs, ys: (y_bars[0] * np.cos(xs[0])).sum(axis=0, keepdims=True))
    assert found["structure"].verdict is Verdict.FAIL


def test_a_gradient_of_another_dtype_fails():
    found = outcomes(
        lambda y_bars, xs, ys: (y_bars[0] * np.cos(xs[0])).astype(np.float64),
        x=X.astype(np.float32),
    )
    [wrong] = [j for j in found["structure"].judgements if j.verdict is Verdict.FAIL]
    assert (wrong.evidence.expected, wrong.evidence.found) == ("float32", "float64")


def test_a_missing_gradient_fails():
    case = rule_case(lambda x, y: x * y, lambda y_bars, xs, ys: (y_bars[0] * xs[1],), x=X, y=X + 1)
    assert outcomes_of(case)["structure"].verdict is Verdict.FAIL


def test_none_is_allowed_for_what_is_not_differentiable():
    case = rule_case(
        lambda x, i: x[i],
        lambda y_bars, xs, ys: (np.bincount(xs[1], y_bars[0], 3), None),
        x=np.arange(3.0),
        i=Input(data=[0, 2, 2], dtype="int64"),
    )
    found = outcomes_of(case)
    assert {o.verdict for o in found.values()} == {Verdict.PASS, Verdict.SKIP}
    assert found["vjp"].verdict is Verdict.PASS
