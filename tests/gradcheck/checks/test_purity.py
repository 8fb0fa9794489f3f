import itertools

import numpy as np
import pytest

from gradcheck.vocabulary import Verdict
from tests.gradcheck.subjects import outcomes_of, rule_case, sine, sine_rule

X = np.linspace(0.1, 1.0, 6).reshape(2, 3)


def purity(forward, backward, **xs):
    return outcomes_of(rule_case(forward, backward, **(xs or {"x": X.copy()})))["purity"]


def writes_into_cotangent(y_bars, xs, ys):
    gradient = y_bars[0] * np.cos(xs[0])
    y_bars[0][...] = 0
    return gradient


def writes_into_input(y_bars, xs, ys):
    gradient = y_bars[0] * np.cos(xs[0])
    xs[0][...] += 1e-3
    return gradient


def returns_the_cotangent(y_bars, xs, ys):
    return y_bars[0]


def returns_a_view_of_the_input(y_bars, xs, ys):
    return xs[0][::-1]


def returns_one_buffer():
    buffer = np.empty_like(X)

    def backward(y_bars, xs, ys):
        return np.multiply(y_bars[0], np.cos(xs[0]), out=buffer)

    return backward


def writes_into_output(y_bars, xs, ys):
    gradient = y_bars[0] * np.cos(xs[0])
    ys[0][...] *= 1.5
    return gradient


def returns_the_output(y_bars, xs, ys):
    ys[0][...] = y_bars[0] * np.cos(xs[0])
    return ys[0]


def grows_with_each_call():
    calls = itertools.count(1)
    return lambda y_bars, xs, ys: next(calls) * y_bars[0] * np.cos(xs[0])


def test_a_pure_rule_passes():
    outcome = purity(sine, sine_rule)
    assert outcome.verdict is Verdict.PASS
    assert all(j.evidence.found == j.evidence.expected for j in outcome.judgements)


@pytest.mark.parametrize(
    ("backward", "claim"),
    [
        (writes_into_cotangent, "the cotangent of output 0 is not written to"),
        (writes_into_input, "x is not written to"),
        (returns_the_cotangent, "the gradient of x is held by nobody else"),
        (returns_a_view_of_the_input, "the gradient of x is held by nobody else"),
        (writes_into_output, "output 0 is not written to"),
        (returns_the_output, "gradients are held by nobody else"),
        (returns_one_buffer(), "the gradient of x is held by nobody else"),
        (grows_with_each_call(), "the gradient is the same at a second call"),
    ],
)
def test_an_impure_rule_fails_and_is_told_apart(backward, claim):
    outcome = purity(sine, backward)
    assert outcome.verdict is Verdict.FAIL
    assert claim in [j.evidence.claim for j in outcome.judgements if j.verdict is Verdict.FAIL]


def test_two_gradients_in_one_memory_fail():
    def backward(y_bars, xs, ys):
        gradient = 2 * y_bars[0]
        return gradient, gradient

    outcome = purity(lambda x, y: 2 * (x + y), backward, x=X.copy(), y=X.copy())
    assert outcome.verdict is Verdict.FAIL


def test_columns_of_one_array_are_not_the_same_memory():
    def backward(y_bars, xs, ys):
        both = np.stack([2 * y_bars[0], 2 * y_bars[0]], axis=-1)
        return both[..., 0], both[..., 1]

    outcome = purity(lambda x, y: 2 * (x + y), backward, x=X.copy(), y=X.copy())
    assert outcome.verdict is Verdict.PASS


def test_a_random_forward_is_told():
    rng = np.random.default_rng(0)
    outcome = purity(lambda x: np.sin(x) * rng.uniform(0.9, 1.1, x.shape), sine_rule)
    claims = [j.evidence.claim for j in outcome.judgements if j.verdict is Verdict.FAIL]
    assert "the forward is the same at a second call" in claims


def test_outputs_that_are_no_numbers_are_compared_too():
    rng = np.random.default_rng(0)
    outcome = purity(lambda x: (x * 2.0, x > rng.random(x.shape)), lambda y, xs, ys: 2.0 * y[0])
    assert outcome.verdict is Verdict.FAIL


def test_outputs_in_one_buffer_are_seen_though_each_call_is_right():
    buffer = np.empty_like(X)
    outcome = purity(lambda x: np.sin(x, out=buffer), sine_rule)
    [wrong] = [j.evidence for j in outcome.judgements if j.verdict is Verdict.FAIL]
    assert wrong.claim.startswith("an output keeps its values when the function is called at")


def test_a_layer_that_keeps_its_last_input_is_pure_enough():
    kept = []

    def forward(x):
        kept[:] = [x]
        return np.sin(x)

    outcome = purity(forward, lambda y_bars, xs, ys: y_bars[0] * np.cos(kept[0]))
    assert outcome.verdict is Verdict.PASS


def test_an_output_may_be_the_input_itself():
    outcome = purity(lambda x: x, lambda y_bars, xs, ys: y_bars[0].copy())
    assert outcome.verdict is Verdict.PASS
