import json

import numpy as np
import pytest

import engine
import gradcheck
from engine import Function, Variable
from gradcheck import (
    CaseError,
    GradientError,
    InconclusiveError,
    Verdict,
    assert_gradients,
    check,
    check_rule,
    derivative,
    load_cases,
    numerical_diff,
)
from gradcheck.vocabulary import Tolerance

X = np.array([0.5, 1.0, -2.0])


class WrongSine(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return np.cos(self.inputs[0].data) * gy * (1 + 1e-9)


def wrong_sine(x):
    return WrongSine()(x)


def test_a_function_of_the_engine_is_checked():
    report = check(lambda x, y: engine.exp(x) * engine.sin(y), X, X + 1)
    assert report.verdict is Verdict.PASS
    assert bool(report)
    assert set(report.detects) == {"x", "y"}
    checks = {"structure", "vjp", "jvp", "adjoint", "second_order", "accumulation", "purity"}
    assert {o.check for o in report.outcomes} == checks


def test_a_wrong_function_of_the_users_fails_and_says_where():
    report = check(wrong_sine, X)
    assert report.verdict is Verdict.FAIL
    assert not report
    assert "worst entry  d y[" in str(report)
    assert "ratio 1.000000001" in str(report)
    assert "  repeat       the same call, with seed=0" in str(report)


def test_variables_numbers_and_lists_are_inputs():
    for x in (Variable(X), X, [0.5, 1.0], 0.5, 3):
        assert check(engine.sin, x).passed


def test_keyword_arguments_reach_the_function():
    assert check(lambda x, axis: engine.sum(engine.square(x), axis=axis), X, kwargs={"axis": 0})


def test_checks_seed_tolerance_and_budget():
    assert [o.check for o in check(engine.sin, X, checks=["vjp"]).outcomes] == ["vjp"]
    first = check(engine.sin, X, seed=1).outcomes[1].judgements
    assert first != check(engine.sin, X, seed=2).outcomes[1].judgements
    assert check(wrong_sine, X, tolerance={"rtol": 1e-6}).passed
    assert check(wrong_sine, X, tolerance=Tolerance(rtol=1e-6)).passed
    estimate = check(engine.sin, X, budget=40).outcomes[1].judgements[0].evidence.estimate
    assert estimate.evaluations <= 40


def test_an_unknown_check_is_named():
    with pytest.raises(ValueError, match="no check named 'vpj'; did you mean 'vjp'"):
        check(engine.sin, X, checks=["vpj"])
    with pytest.raises(ValueError, match="no engine named 'engin'; did you mean 'engine'"):
        check(engine.sin, X, engine="engin")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tolerance": {"rtl": 1.0}}, "no tolerance named 'rtl'; did you mean 'rtol'"),
        ({"tolerance": {"rtol": -1.0}}, "rtol=-1.0: expected a number of zero or more"),
        ({"tolerance": {"atol": float("nan")}}, "atol=nan"),
        ({"budget": 5}, "budget=5: one derivative takes 19 evaluations"),
    ],
)
def test_options_without_meaning_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        check(engine.sin, X, **options)


def test_what_compared_nothing_says_why():
    report = check_rule(np.sin, lambda y_bars, xs, ys: y_bars[0] * np.cos(xs[0]), X, checks=["jvp"])
    assert not report.passed
    assert "reason       the engine offers no jvp" in str(report)


def test_a_case_cannot_end_the_run():
    def leaves(x):
        raise SystemExit(0)

    assert check(leaves, X).verdict is Verdict.ERROR


def test_a_function_that_returns_nothing_is_told():
    report = check(lambda x: None, X)
    assert report.verdict is Verdict.ERROR
    assert "returned None" in str(report)
    assert "returned None" in str(check_rule(lambda x: None, lambda y, xs, ys: None, X))


class Clobbers(Function):
    def forward(self, x):
        y = np.sin(x)
        x[...] = 0.0
        return y

    def backward(self, gy):
        return np.cos(self.inputs[0].data) * gy


def test_writing_into_inputs_is_never_a_pass():
    assert not check(lambda x: Clobbers()(x), np.array([1.0, 2.0]))

    def backward(y_bars, xs, ys):
        gradient = y_bars[0] * np.cos(xs[0])
        xs[0][0] = 7.0
        return gradient

    assert check_rule(np.sin, backward, np.array([1.0, 2.0])).verdict is Verdict.FAIL


@pytest.mark.parametrize("dtype", ["longdouble", "clongdouble", "complex64", "float16"])
def test_every_floating_type_passes(dtype):
    assert check(engine.exp, np.array([1.0, 2.0, 0.3], dtype)).passed


def test_a_gradient_that_is_infinite_with_the_derivative_is_no_fail():
    with np.errstate(all="ignore"):
        assert check(engine.sqrt, np.array([0.0, 1.0])).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("dtype", "factor"), [("float16", 1e-7), ("float32", 1e-36)])
def test_gradients_that_underflow_are_right(dtype, factor):
    for seed in range(4):
        x = np.array([0.3, 1.0, -1.0], dtype)
        assert check(lambda v: engine.sin(v) * factor, x, seed=seed).verdict is not Verdict.FAIL


@pytest.mark.parametrize("x", [1e12, 1e13, 1e14, 1e16])
def test_what_oscillates_too_fast_is_undecided(x):
    assert check(engine.sin, np.array([x])).verdict is Verdict.INCONCLUSIVE


def test_a_step_that_does_not_move_x_says_nothing():
    assert derivative(np.sin, np.array(1e16), np.array(1.0)).reason == "precision"
    slow = derivative(np.sin, np.array(1e7, np.float32), np.array(1.0, np.float32))
    assert slow.reason == "precision"


def test_inputs_that_are_no_arrays_are_refused():
    with pytest.raises(TypeError, match="an input is a str"):
        check(engine.sin, "x")
    with pytest.raises(TypeError, match="an input is a str"):
        check(engine.sin, (1.0, "x"))
    with pytest.raises(TypeError, match="an input is a tuple: pass its parts one by one"):
        check_rule(*RULE, (X, X))


def test_the_inputs_of_the_user_are_left_alone():
    x = X.copy()
    check(engine.sin, x)
    assert np.array_equal(x, X)


def test_a_rule_takes_one_array_or_a_tuple():
    assert check_rule(np.sin, lambda y_bars, xs, ys: y_bars[0] * np.cos(xs[0]), X)
    assert check_rule(
        lambda a, b: (a * b, a + b),
        lambda y_bars, xs, ys: (y_bars[0] * xs[1] + y_bars[1], y_bars[0] * xs[0] + y_bars[1]),
        X,
        X + 2,
    )


def test_a_wrong_rule_fails():
    report = check_rule(np.sin, lambda y_bars, xs, ys: -y_bars[0] * np.cos(xs[0]), X)
    assert report.verdict is Verdict.FAIL


def test_assert_gradients_is_silent_or_raises():
    assert assert_gradients(engine.sin, X) is None
    with pytest.raises(GradientError, match="worst entry"):
        assert_gradients(wrong_sine, X)
    with pytest.raises(InconclusiveError, match="kink"):
        assert_gradients(engine.abs, np.zeros(3))


def test_what_cannot_be_judged_can_be_a_warning():
    with pytest.warns(UserWarning, match="kink"):
        assert_gradients(engine.abs, np.zeros(3), inconclusive="warn")
    with pytest.raises(ValueError, match='expected "fail" or "warn"'):
        assert_gradients(engine.abs, np.zeros(3), inconclusive="no")


def test_both_errors_are_assertion_errors():
    assert issubclass(GradientError, AssertionError)
    assert issubclass(InconclusiveError, AssertionError)


def test_derivative_of_a_scalar_function():
    estimate = derivative(np.sin, np.array(0.5), np.array(1.0))
    assert abs(estimate.value - 0.8775825618903728) <= estimate.error < 1e-11


def test_derivative_along_a_direction_weighed_by_a_cotangent():
    x, x_dot, y_bar = X, np.array([1.0, -2.0, 0.5]), np.array([0.3, 1.0, 2.0])
    estimate = derivative(np.exp, x, x_dot, y_bar=y_bar)
    exact = float(np.sum(y_bar * np.exp(x) * x_dot))
    assert abs(estimate.value - exact) <= estimate.error + 1e-15


def test_derivative_of_several_numbers_needs_a_cotangent():
    with pytest.raises(ValueError, match="must give one number"):
        derivative(np.sin, X, np.ones(3))


def test_the_notebooks_numerical_derivatives():
    x = Variable(np.array(0.5))
    square_exp_square = numerical_diff(lambda v: engine.square(engine.exp(engine.square(v))), x)
    assert square_exp_square == 3.2974426293330694
    composite = numerical_diff(lambda v: engine.triple(engine.exp(engine.square(v))), x)
    assert composite == 6.351000335633739


def test_cases_are_loaded_and_run(tmp_path, monkeypatch):
    (tmp_path / "tox.ini").touch()
    (tmp_path / "cases").mkdir()
    file = tmp_path / "cases" / "a.yaml"
    file.write_text("cases:\n  - {id: a, function: sin(x), inputs: {x: 0.5}}\n")
    monkeypatch.chdir(tmp_path)
    [case] = load_cases()
    assert case.id == "cases/a.yaml::a"
    assert {o.verdict for o in gradcheck.run([case])} == {Verdict.PASS}
    file.write_text("cases:\n  - {id: a, function: sine(x), inputs: {x: 0.5}}\n")
    with pytest.raises(CaseError, match=r"cases/a.yaml:2:\d+: unknown .*'sine'"):
        load_cases()


def test_public_names_are_there():
    for name in gradcheck.__all__:
        assert getattr(gradcheck, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        gradcheck.nonsense  # noqa: B018 -- the access is the test


# ---------------------------------------------------------------- what callers get wrong

RULE = (np.sin, lambda y_bars, xs, ys: y_bars[0] * np.cos(xs[0]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": "3"}, "seed='3': expected a whole number"),
        ({"seed": 1.5}, "seed=1.5: expected a whole number"),
        ({"budget": 100.5}, "budget=100.5: expected a whole number"),
        ({"tolerance": 1e-6}, r"tolerance=1e-06: expected Tolerance\(rtol=..., atol=...\)"),
        ({"engine": 3}, "engine=3: expected the name of an engine"),
        ({"checks": "vjp"}, "checks='vjp': expected a list of names"),
    ],
)
def test_an_option_of_the_wrong_type_is_told_with_what_it_takes(options, message):
    with pytest.raises(TypeError, match=message):
        check(engine.sin, X, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engines": ["nope"]}, "no engine named 'nope'; there are .*engine"),
        ({"engines": ["engin"]}, "did you mean 'engine'"),
        ({"checks": ["vpj"]}, "no check named 'vpj'; did you mean 'vjp'"),
        ({"budget": 3}, "budget=3: one derivative takes 19 evaluations or more"),
    ],
)
def test_run_refuses_names_that_there_are_not_when_it_is_called(options, message):
    with pytest.raises(ValueError, match=message):
        gradcheck.run([], **options)


def test_run_takes_several_cases_and_several_names():
    with pytest.raises(TypeError, match="expected several, as load_cases returns them"):
        gradcheck.run("cases")
    with pytest.raises(TypeError, match="engines='engine': expected a list of names"):
        gradcheck.run([], engines="engine")


def test_whole_numbers_of_numpy_are_seeds_and_budgets():
    report = check(engine.sin, X, seed=np.int64(3), budget=np.int32(100))
    same = check(engine.sin, X, seed=3, budget=100)
    assert [o.judgements for o in report.outcomes] == [o.judgements for o in same.outcomes]
    assert json.loads(json.dumps(report.to_dict()))["outcomes"][0]["seed"] == 3


def test_tuples_and_dicts_of_arrays_are_one_nested_input():
    report = check(lambda p, o: p[0] * p[1]["w"] + o, (X, {"w": X}), X)
    assert report.passed
    assert set(report.detects) == {"p[0]", "p[1]['w']", "o"}


def test_a_tuple_for_a_function_of_several_says_what_to_write():
    assert "check(f, a, b)" in str(check(lambda a, b: a * b, (X, X)))


@pytest.mark.parametrize(
    ("returned", "said"), [(None, "None"), ({"a": 1.0}, "a dict"), ((), "a tuple"), ("a", "a str")]
)
def test_what_is_no_array_is_said_to_have_been_returned(returned, said):
    message = f"the function returned {said}"
    assert message in str(check(lambda x: returned, X))
    assert message in str(check_rule(lambda x: returned, RULE[1], X))
    with pytest.raises(TypeError, match=message):
        derivative(lambda x: returned, X, X)


def test_what_is_no_function_is_told_at_once():
    with pytest.raises(TypeError, match="f=3: expected a function"):
        check(3, X)
    with pytest.raises(TypeError, match="backward=None: expected a function"):
        check_rule(np.sin, None, X)


def test_a_whole_number_is_a_point_of_a_derivative():
    assert derivative(np.sin, 1, 1) == derivative(np.sin, 1.0, 1.0)
