"""Rules that are right for most cotangents, points and calls, and wrong for some."""

import itertools

import numpy as np
import pytest

from gradcheck.vocabulary import Verdict
from tests.gradcheck.subjects import outcomes_of, rule_case, sine, sine_rule

X = np.random.default_rng(5).normal(size=(3, 4))


def right(y_bars, xs):
    return y_bars[0] * np.cos(xs[0])


def only_if_no_zeros(y_bars, xs, ys):
    return right(y_bars, xs) if y_bars[0].all() else np.zeros_like(xs[0])


def wrong_if_all_negative(y_bars, xs, ys):
    return right(y_bars, xs) * (1.001 if (y_bars[0] < 0).all() else 1.0)


def clipped(y_bars, xs, ys):
    return np.clip(right(y_bars, xs), -50.0, 50.0)


def adds_a_constant(y_bars, xs, ys):
    return right(y_bars, xs) + 1e-9 * (np.abs(y_bars[0]).max() < 1e-6)


def wrong_for_one_hot(y_bars, xs, ys):
    return right(y_bars, xs) * (2.0 if np.count_nonzero(y_bars[0]) == 1 else 1.0)


def wrong_for_ones(y_bars, xs, ys):
    return right(y_bars, xs) * (2.0 if (y_bars[0] == 1).all() else 1.0)


def positive_only(y_bars, xs, ys):
    return right(y_bars, xs) * (2.0 if (y_bars[0] > 0).all() else 1.0)


def nan_for_zeros(y_bars, xs, ys):
    with np.errstate(invalid="ignore"):
        return right(y_bars, xs) * (y_bars[0] / y_bars[0])


def at_one_call(number):
    calls = itertools.count(1)

    def backward(y_bars, xs, ys):
        return right(y_bars, xs) * (2.0 if next(calls) == number else 1.0)

    return backward


def in_memory_order(y_bars, xs, ys):
    return right([y_bars[0].ravel(order="K").reshape(X.shape)], xs)


def as_if_dense(y_bars, xs, ys):
    dense = np.lib.stride_tricks.as_strided(y_bars[0], strides=X.strides)
    return right([dense], xs)


def stale():
    seen = []

    def backward(y_bars, xs, ys):
        if not seen:
            seen.append(xs[0].copy())
        return y_bars[0] * np.cos(seen[0])

    return backward


@pytest.mark.parametrize(
    ("backward", "where"),
    [
        (only_if_no_zeros, "for a cotangent "),
        (wrong_if_all_negative, "for a cotangent that is negative"),
        (clipped, "for a cotangent large"),
        (adds_a_constant, "for a cotangent "),
        (positive_only, "for a cotangent that is positive"),
        (nan_for_zeros, "for a cotangent "),
        (at_one_call(2), ""),
        (wrong_for_one_hot, "for a cotangent that is one-hot"),
        (wrong_for_ones, "for a cotangent of ones"),
        (in_memory_order, "for a cotangent that is not contiguous in memory"),
        (as_if_dense, "for a cotangent that is not contiguous in memory"),
        (stale(), "at a point nearby"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_rule_that_is_wrong_sometimes_fails_and_says_when(backward, where):
    outcome = outcomes_of(rule_case(sine, backward, x=X))["vjp"]
    assert outcome.verdict is Verdict.FAIL
    failing = [j.evidence.quantity for j in outcome.judgements if j.verdict is Verdict.FAIL]
    assert any(where in quantity for quantity in failing), failing


def test_a_rule_that_is_wrong_for_how_an_input_lies_in_memory_fails():
    def backward(y_bars, xs, ys):
        return y_bars[0] * np.cos(xs[0].ravel(order="K").reshape(X.shape))

    for x, verdict in ((X, Verdict.PASS), (np.asfortranarray(X), Verdict.FAIL)):
        assert outcomes_of(rule_case(sine, backward, x=x))["vjp"].verdict is verdict


def test_a_rule_that_refuses_cotangents_in_another_layout_is_not_wrong():
    def backward(y_bars, xs, ys):
        if not y_bars[0].flags.c_contiguous:
            raise ValueError("expected a contiguous array")
        return right(y_bars, xs)

    assert outcomes_of(rule_case(sine, backward, x=X))["vjp"].verdict is Verdict.PASS


def test_a_small_gradient_beside_large_ones_is_seen():
    weights = np.logspace(0, -12, 13)

    def backward(y_bars, xs, ys):
        gradient = y_bars[0] * weights * np.cos(xs[0])
        gradient[10] *= 1.0001
        return gradient

    x = np.linspace(0.5, 1.2, 13)
    case = rule_case(lambda x: weights * np.sin(x), backward, x=x)
    outcome = outcomes_of(case)["vjp"]
    assert outcome.verdict is Verdict.FAIL
    quantity = outcome.judgements[-1].evidence.quantity
    assert "over entries below 1e-3 of the largest" in quantity
    right_case = rule_case(
        lambda x: weights * np.sin(x), lambda y, xs, ys: y[0] * weights * np.cos(xs[0]), x=x
    )
    assert outcomes_of(right_case)["vjp"].verdict is Verdict.PASS


def test_a_gradient_cut_to_zero_where_it_is_small_is_seen():
    weights = np.array([1.0, 1e-8, 1.0])

    def backward(y_bars, xs, ys):
        gradient = y_bars[0] * weights * np.cos(xs[0])
        return np.where(np.abs(gradient) < 1e-6, 0.0, gradient)

    case = rule_case(lambda x: weights * np.sin(x), backward, x=np.array([0.5, 0.6, 0.7]))
    assert outcomes_of(case)["vjp"].verdict is Verdict.FAIL


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_right_rule_raises_no_suspicion(dtype):
    outcome = outcomes_of(rule_case(sine, sine_rule, x=X.astype(dtype)))["vjp"]
    assert outcome.verdict is Verdict.PASS
    assert len(outcome.judgements) == 2
