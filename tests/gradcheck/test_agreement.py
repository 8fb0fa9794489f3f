"""Engines on one projection: what is told of them, and what is not."""

import math

import pytest

from gradcheck.agreement import disagreements
from gradcheck.checks.confirmation import AGAIN
from gradcheck.vocabulary import Outcome, Verdict
from tests.gradcheck.projections import outcome


def told(*outcomes: Outcome) -> list[tuple[str, list[list[str]]]]:
    """The kinds of disagreement, each with the engines that stand together."""
    found = disagreements({o.engine: [o] for o in outcomes})
    return [(d.kind, [[side.engine for side in group] for group in d.groups]) for d in found]


def test_what_differs_by_rounding_agrees():
    assert told(outcome("a", 1.0, 1.0), outcome("b", 1.0 + 1e-12, 1.0 - 1e-12)) == []


def test_a_wrong_gradient_stands_against_the_others_and_the_derivative():
    a, b = outcome("a", 1.0, 1.0), outcome("b", 1.1, 1.0, Verdict.FAIL)
    assert told(a, b, outcome("c", 1.0, 1.0)) == [("gradients", [["a", "c"], ["b"]])]


def test_second_thoughts_shrink_the_direction_and_not_the_gradient():
    again = outcome("b", AGAIN * 1.1, AGAIN, Verdict.FAIL, length=AGAIN * 2.0)
    [found] = disagreements({"a": [outcome("a", 1.0, 1.0)], "b": [again]})
    assert [g[0].gradient for g in found.groups] == pytest.approx([1.0, 1.1])
    assert [g[0].derivative for g in found.groups] == pytest.approx([1.0, 1.0])


def test_another_direction_is_not_compared():
    assert told(outcome("a", 1.0, 1.0), outcome("b", 5.0, 5.0, length=3.0)) == []


def test_another_derivative_is_another_function_whose_gradients_are_not_compared():
    assert told(outcome("a", 1.0, 1.0), outcome("b", 1.5, 1.5)) == [("derivatives", [["a"], ["b"]])]


def test_another_constant_shows_in_the_values_alone():
    shifted = outcome("b", 1.0, 1.0, output=3.0 + 1e-6)
    assert told(outcome("a", 1.0, 1.0), shifted) == [("values", [["a"], ["b"]])]


def test_values_of_float32_agree_to_its_rounding():
    single = {"eps": 2.0**-23, "tolerance": 1e-5}
    shifted = outcome("b", 1.0, 1.0, output=3.0 + 1e-6, **single)
    assert told(outcome("a", 1.0, 1.0, **single), shifted) == []


def test_where_nothing_is_decided_gradients_beyond_both_bounds_differ():
    undecided = {"verdict": Verdict.INCONCLUSIVE, "tolerance": 0.1}
    a, b = outcome("a", 0.0, 0.5, **undecided), outcome("b", 1.0, 0.4, **undecided)
    assert told(a, b) == [("gradients", [["a"], ["b"]])]
    assert told(a, outcome("b", 0.15, 9.9, **undecided)) == []


def test_an_unbounded_estimate_says_nothing_of_gradients():
    undecided = {"verdict": Verdict.INCONCLUSIVE, "tolerance": math.inf}
    assert told(outcome("a", 0.0, 0.0, **undecided), outcome("b", 1.0, 0.0, **undecided)) == []


def test_nan_is_no_gradient_that_anyone_agrees_with():
    wrong = outcome("b", math.nan, 1.0, Verdict.FAIL)
    assert told(outcome("a", 1.0, 1.0), wrong) == [("gradients", [["a"], ["b"]])]


def test_one_engine_alone_agrees_with_itself():
    assert told(outcome("a", 1.0, 2.0, Verdict.FAIL)) == []


def test_modes_that_are_compared_with_each_other_say_nothing_of_the_derivative():
    a, b = outcome("a", 1.0, 1.0, evaluations=0), outcome("b", 1.1, 1.1, evaluations=0)
    assert told(a, b) == []
