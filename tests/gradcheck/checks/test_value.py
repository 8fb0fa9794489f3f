import numpy as np
import pytest

from gradcheck.adapters import adapter
from gradcheck.checks.value import check_value, equal
from gradcheck.vocabulary import Case, Expectation, Input, Place, Step, Tolerance

EPS = 2.0**-52


def facts(case, **xs):
    arrays = {name: np.asarray(x) for name, x in xs.items()}
    subject = adapter("engine").subject(case, arrays)
    return {f.claim: f.holds for f in check_value(subject, case, np.random.default_rng(0))}


def case_of(**fields):
    return Case("c", Place(""), {"x": Input()}, **fields)


def test_value_and_gradient_are_compared():
    expect = Expectation(value=9.0, gradient={"x": 6.0})
    case = case_of(function=lambda xp, x: xp.square(x), expect=expect)
    assert facts(case, x=3.0) == {
        "the value is as expected": True,
        "the gradient of x is as expected": True,
    }


def test_steps_accumulate_and_clear():
    def double(xp, x):
        return xp.add(x, x)

    case = case_of(
        steps=(
            Step(function=double, expect=Expectation(6.0, {"x": 2.0})),
            Step(again=True, expect=Expectation(gradient={"x": 4.0})),
            Step(cleargrad=("x",)),
            Step(function=double, expect=Expectation(6.0, {"x": 4.0})),
        )
    )
    assert facts(case, x=3.0) == {
        "step 1: the value is as expected": True,
        "step 1: the gradient of x is as expected": True,
        "step 2: the gradient of x is as expected": True,
        "step 4: the value is as expected": True,
        "step 4: the gradient of x is as expected": False,
    }


@pytest.mark.parametrize(
    ("expected", "found", "holds"),
    [
        (1.0, np.array(1.0 + 15 * EPS), True),
        (1.0, np.array(1.0 + 17 * EPS), False),
        ([1.0, 2.0], np.array([1.0, 2.0]), True),
        ([1.0, 2.0], np.array([1.0, 2.1]), False),
        ([1.0, 2.0], np.array([[1.0, 2.0]]), False),
        (1.0, np.array(1.0 + 1e-7, np.float32), True),
        (float("nan"), np.array(np.nan), False),
        (float("inf"), np.array(np.inf), True),
        (float("inf"), np.array(3.0), False),
        (float("inf"), np.array(-np.inf), False),
        (float("inf"), np.array(np.nan), False),
        (float("-inf"), np.array(-np.inf), True),
        (3.0, np.array(np.inf), False),
        (complex("inf+1j"), np.array(complex("inf+1j")), True),
        (complex("inf+1j"), np.array(1 + 1j), False),
        (1 + 2j, np.array(1.0), False),
        (True, np.array(True), True),
        (True, np.array(False), False),
        ([True, False], np.array([True, False]), True),
        ([True, False], np.array([True, True]), False),
        (3, np.array(3), True),
        (3, np.array(4), False),
        ([[1.0], [1.0, 2.0]], np.array([1.0, 2.0]), False),
        ([[1.0], [1.0, 2.0]], None, False),
        (0.0, np.array(1e-300), False),
        (1.0, None, False),
    ],
)
def test_numbers_are_compared_elementwise_within_16_eps(expected, found, holds):
    assert equal("the value", expected, found).holds is holds


def test_a_tolerance_replaces_the_16_eps():
    assert equal("the value", 1.0, np.array(1.01), Tolerance(rtol=0.02)).holds
    assert not equal("the value", 1.0, np.array(1.01), Tolerance(rtol=0.002)).holds


def test_a_tolerance_does_not_reach_infinity():
    loose = Tolerance(rtol=0.5, atol=1e300)
    assert not equal("the value", float("inf"), np.array(1.0), loose).holds
    assert not equal("the value", 1.0, np.array(np.inf), loose).holds


def test_truth_values_are_expected_of_a_function_that_compares():
    case = case_of(function=lambda xp, x: x > 1.0, expect=Expectation(value=[True, False]))
    assert facts(case, x=[3.0, 0.5]) == {"the value is as expected": True}
    assert facts(case, x=[3.0, 1.5]) == {"the value is as expected": False}


def test_of_several_outputs_the_value_of_each_is_compared():
    def both(xp, x):
        return xp.square(x), xp.add(x, x)

    right = case_of(function=both, expect=Expectation(value=[9.0, 6.0]))
    assert facts(right, x=3.0) == {
        "the value of output 0 is as expected": True,
        "the value of output 1 is as expected": True,
    }
    wrong = case_of(function=both, expect=Expectation(value=[9.0, 7.0]))
    assert facts(wrong, x=3.0)["the value of output 1 is as expected"] is False


@pytest.mark.parametrize("expected", [9.0, [9.0], [9.0, 6.0, 1.0]])
def test_several_outputs_ask_for_as_many_values(expected):
    case = case_of(
        function=lambda xp, x: (xp.square(x), xp.add(x, x)), expect=Expectation(value=expected)
    )
    assert facts(case, x=3.0) == {"the value is a list with one for each output": False}


def test_a_step_with_several_outputs_says_what_to_write():
    case = case_of(steps=(Step(function=lambda xp, x: (x, x), expect=Expectation(value=3.0)),))
    with pytest.raises(TypeError, match=r"backward from one output, .* returns 2: choose one"):
        facts(case, x=3.0)
