"""Gradients that add wrongly, on tapes that are wrong on purpose."""

from dataclasses import replace

import numpy as np
import pytest

from gradcheck.adapters import adapter
from gradcheck.checks.accumulation import check_accumulation
from gradcheck.judge import judge
from gradcheck.vocabulary import Case, Expectation, Input, Place, Step, Verdict, worst

X = np.array([0.5, -1.25, 2.0])
RIGHT = adapter("engine")


def function_case(function, x=X):
    return Case("c", Place(""), {"x": Input(data=x, dtype=str(x.dtype))}, function=function)


def steps_case(*steps, x=X):
    return Case("c", Place(""), {"x": Input(data=x, dtype=str(x.dtype))}, steps=steps)


def square(xp, x):
    return xp.square(x)


def sine(xp, x):
    return xp.sum(xp.sin(x))


class Wrong:
    """Our tape with one habit spoiled."""

    def __init__(self, tape):
        self._tape = tape

    def __getattr__(self, name):
        return getattr(self._tape, name)


class Overwrites(Wrong):
    """A second pass replaces the gradient."""

    def backward(self, y, y_bar=None):
        for leaf in self.leaves:
            leaf.cleargrad()
        self._tape.backward(y, y_bar)

    def leaf(self, array):
        self.leaves = [*getattr(self, "leaves", []), self._tape.leaf(array)]
        return self.leaves[-1]


class Doubles(Wrong):
    """Each pass counts twice from the second on."""

    passes = 0

    def backward(self, y, y_bar=None):
        self._tape.backward(y, y_bar)
        self.passes += 1
        if self.passes > 1:
            self._tape.backward(y, y_bar)


class KeepsOnClear(Wrong):
    """cleargrad does nothing."""

    def cleargrad(self, leaf):
        pass


class AddsInPlace(Wrong):
    """The array that somebody holds grows."""

    def leaf(self, array):
        self.x = self._tape.leaf(array)
        self.held = None
        return self.x

    def backward(self, y, y_bar=None):
        self._tape.backward(y, y_bar)
        if self.held is not None:
            self.held[...] = self.x.grad

    def grad(self, leaf):
        self.held = self._tape.grad(leaf)
        return self.held


def judged(case, spoil=lambda tape: tape):
    subject = RIGHT.subject(case, {"x": X})
    subject = replace(subject, tape=spoil(subject.tape))
    rng = np.random.default_rng(0)
    return [judge(evidence) for evidence in check_accumulation(subject, case, rng)]


def test_an_engine_that_adds_passes():
    judgements = judged(function_case(square))
    assert {j.verdict for j in judgements} == {Verdict.PASS}
    claims = [j.evidence.claim for j in judgements]
    assert "the gradient of x adds onto a gradient already there" in claims
    assert "the gradient of x that someone holds is not changed by a later pass" in claims


@pytest.mark.parametrize("spoil", [Overwrites, Doubles, KeepsOnClear, AddsInPlace])
def test_an_engine_that_does_not_add_fails(spoil):
    assert worst(j.verdict for j in judged(function_case(square), spoil)) is Verdict.FAIL


def test_steps_are_compared_with_the_sum_of_derivatives_since_cleared():
    case = steps_case(
        Step(function=sine), Step(again=True), Step(cleargrad=("x",)), Step(function=sine)
    )
    judgements = judged(case)
    assert {j.verdict for j in judgements} == {Verdict.PASS}
    values = [j.evidence.analytic for j in judgements if hasattr(j.evidence, "analytic")]
    assert values[1] == pytest.approx(2 * values[0])
    assert values[2] == pytest.approx(values[0])
    assert "step 3: x has no gradient" in [getattr(j.evidence, "claim", "") for j in judgements]


@pytest.mark.parametrize("spoil", [Overwrites, Doubles, KeepsOnClear])
def test_steps_on_an_engine_that_does_not_add_fail(spoil):
    case = steps_case(
        Step(function=sine), Step(again=True), Step(cleargrad=("x",)), Step(function=sine)
    )
    assert worst(j.verdict for j in judged(case, spoil)) is Verdict.FAIL


def test_cancelling_parts_of_one_pass_are_no_fault_of_the_adding():
    def cancels(xp, x):
        return xp.sub(xp.mul(x, 1e6), xp.mul(x, 1e6 - 1))

    assert {j.verdict for j in judged(function_case(cancels))} == {Verdict.PASS}


def test_a_step_again_without_a_graph_is_said():
    with pytest.raises(ValueError, match="no graph yet"):
        judged(steps_case(Step(again=True)))


def test_expectations_do_not_disturb_the_comparison():
    case = steps_case(Step(function=sine, expect=Expectation(value=0.0)))
    assert {j.verdict for j in judged(case)} == {Verdict.PASS}
