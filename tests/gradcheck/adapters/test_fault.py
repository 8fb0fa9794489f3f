"""Planted faults are wrong in the way they say, and gone afterwards."""

from dataclasses import replace

import numpy as np
import pytest

import engine
from gradcheck.adapters import adapter
from gradcheck.adapters.fault import planted
from gradcheck.errors import MissingOperation
from gradcheck.runner import Options, run_case
from gradcheck.vocabulary import Case, Expectation, Fault, Input, Place, Step, Verdict
from tests.power.planted import operations

X = np.arange(1.0, 7.0).reshape(2, 3)


def gradient(fault, function=engine.square, x=X):
    cls = adapter("engine").operation_class(fault.operation)
    variable = engine.Variable(x)
    with planted(cls, fault):
        y = function(variable)
        y.backward(np.ones_like(y.data))
    return variable.grad


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("square", "scale", 1.5), 3.0 * X),
        (Fault("square", "scale"), 2.2 * X),
        (Fault("square", "sign"), -2.0 * X),
        (Fault("square", "zero"), 0.0 * X),
        (Fault("square", "transpose"), (2.0 * X).T.reshape(2, 3)),
        (Fault("square", "entry", 2.0, 4), 2.0 * X * [[1, 1, 1], [1, 2, 1]]),
        (Fault("square", "dropped_term"), 2.0 * X * [[1, 1, 1], [1, 1, 0]]),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_fault_is_wrong_as_it_says(fault, expected):
    assert np.allclose(gradient(fault), expected, rtol=1e-15)


def test_the_right_rule_comes_back():
    gradient(Fault("square", "zero"))
    x = engine.Variable(X)
    engine.square(x).backward(np.ones_like(X))
    assert np.array_equal(x.grad, 2 * X)


def test_every_operation_with_a_rule_has_a_class_to_plant_in():
    for name in operations():
        assert issubclass(adapter("engine").operation_class(name), engine.Function)


def test_an_operation_without_a_rule_of_its_own_is_told():
    with pytest.raises(MissingOperation, match="made of other operations"):
        adapter("engine").operation_class("silu")


def case_with(**fields):
    return Case(
        "c", Place("cases/a.yaml", 1), {"x": Input(data=X)},
        function=lambda xp, x: xp.sum(xp.exp(x)), **fields,
    )  # fmt: skip


def outcomes(case):
    return run_case(case, "engine", Options())


@pytest.mark.parametrize("kind", ["scale", "sign", "zero", "entry", "transpose", "dropped_term"])
def test_every_kind_is_caught_in_a_case(kind):
    case = case_with(fault=Fault("exp", kind))
    assert Verdict.FAIL in {outcome.verdict for outcome in outcomes(case)}


@pytest.mark.parametrize("kind", ["scale", "sign", "zero"])
def test_an_expected_failure_with_its_finding_passes(kind):
    expect = Expectation(verdict="fail", finding=kind)
    [outcome] = outcomes(case_with(fault=Fault("exp", kind), expect=expect))
    assert (outcome.verdict, outcome.check) == (Verdict.PASS, "verdict")


def test_a_missed_expectation_fails():
    [outcome] = outcomes(case_with(expect=Expectation(verdict="fail")))
    assert outcome.verdict is Verdict.FAIL
    sign = Expectation(verdict="fail", finding="sign")
    [outcome] = outcomes(case_with(fault=Fault("exp", "scale"), expect=sign))
    [wrong] = [j.evidence for j in outcome.judgements if j.verdict is Verdict.FAIL]
    assert (wrong.expected, wrong.found) == ("sign", "entries, entry, scale")


def test_other_engines_are_skipped_with_words():
    [outcome] = run_case(case_with(fault=Fault("exp", "sign")), "rule", Options())
    assert outcome.verdict is Verdict.SKIP
    assert "our own engine" in outcome.reason


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("log", "scale"), "no gradient goes through 'log'"),
        (
            Fault("exp", "entry", 2.0, 6),
            "there is no entry 6 in a gradient of 'exp', which has 6 entries",
        ),
        (Fault("exp", "scale", 1.0), "'scale' changes no gradient of 'exp' here"),
        (Fault("sum", "transpose"), "'transpose' changes no gradient of 'sum' here"),
    ],
)
def test_a_fault_that_does_not_act_is_an_error(fault, reason):
    [outcome] = outcomes(case_with(fault=fault, expect=Expectation(verdict="fail")))
    assert outcome.verdict is Verdict.ERROR
    assert f"the fault was never applied: {reason}" in outcome.reason


def test_a_fault_in_one_step_of_several_acts():
    steps = [Step(function=lambda xp, x: xp.sum(x)), Step(function=lambda xp, x: xp.sum(xp.exp(x)))]
    case = case_with(fault=Fault("exp", "sign"))
    case = replace(case, function=None, steps=tuple(steps))
    assert Verdict.FAIL in {outcome.verdict for outcome in outcomes(case)}


def test_a_fault_acts_where_a_cotangent_of_ones_vanishes():
    case = replace(
        case_with(), function=lambda xp, x: xp.softmax(x), fault=Fault("softmax", "sign")
    )
    assert Verdict.FAIL in {outcome.verdict for outcome in outcomes(case)}


def test_a_fault_acts_on_a_single_number_too():
    case = replace(
        case_with(fault=Fault("square", "scale")),
        inputs={"x": Input(data=2.0)},
        function=lambda xp, x: xp.square(x),
    )
    assert Verdict.FAIL in {outcome.verdict for outcome in outcomes(case)}
