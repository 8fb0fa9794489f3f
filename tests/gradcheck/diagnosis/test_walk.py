"""How an engine goes wrong over its graph is named, and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest

from gradcheck.adapters import adapter
from gradcheck.adapters.names import Namespace
from gradcheck.adapters.own_file import OwnTape
from gradcheck.diagnosis import Walk, diagnose_walk
from gradcheck.diagnosis.reused import reused
from gradcheck.runner import Options, run_case
from gradcheck.vocabulary import Step, Verdict
from tests.gradcheck.adapters.frameworks import case_of
from tests.gradcheck.learners import engine, several_inputs

X = np.array([0.5, 1.5])


def shared(xp, x):
    a = xp.square(x)
    return xp.add(xp.square(a), xp.square(a))


def chain(xp, x):
    return xp.exp(xp.square(x))


def named(name, function, *, several=False, steps=(), x=X):
    """The kinds of mistake found in the walk of a learner's engine, or ours."""
    case = case_of(function, x=x)
    subject = adapter(name).subject(case, {"x": x})
    found = diagnose_walk(subject, case, np.random.default_rng(0), several=several)
    return {finding.kind: finding.text for finding in found}


def test_an_operation_that_runs_twice_is_named():
    found = named(engine("several_inputs"), shared)
    assert list(found) == ["repeated"]
    assert "Square.backward ran 2 times in one pass" in found["repeated"]


def test_gradients_of_an_earlier_pass_are_named_where_there_were_several():
    found = named(engine("several_inputs"), chain, several=True)
    assert list(found) == ["stale"]
    assert "give 3 times the gradient of one" in found["stale"]
    assert named(engine("several_inputs"), chain) == {}


def test_a_gradient_that_is_set_is_named_where_something_is_lost():
    assert list(named(engine("one_input"), chain, several=True)) == ["replaced"]
    assert named(engine("one_input"), chain) == {}, "one use in one pass: nothing is lost"


def test_a_gradient_that_is_set_is_named_in_one_pass_with_two_uses():
    class Setting(several_inputs.Variable):
        def backward(self):
            waiting = [self.creator]
            while waiting:
                function = waiting.pop()
                for x, gx in zip(function.inputs, function.backward(function.y.grad), strict=True):
                    x.grad = gx
                    if x.creator is not None:
                        waiting.append(x.creator)

    class Add:
        def __call__(self, a, b):
            self.inputs, self.y = (a, b), Setting(a.data + b.data)
            self.y.creator = self
            return self.y

        def backward(self, gy):
            return gy, gy

    tape = OwnTape(Setting, Namespace("steps", {"add": lambda a, b: Add()(a, b)}))
    case = case_of(lambda xp, x: xp.add(x, x), x=X)
    subject = adapter(engine("one_input")).subject(case, {"x": X})
    rng = np.random.default_rng(0)
    [found] = diagnose_walk(replace(subject, tape=tape), case, rng, several=False)
    assert found.kind == "replaced"


def test_an_object_used_twice_is_named():
    exp = several_inputs.Exp()

    def function(xp, a, b):
        return several_inputs.add(exp(a), exp(b))

    tape = OwnTape(several_inputs.Variable, Namespace("steps", {}))
    walk = Walk(tape, function, ("a", "b"), (X, 2 * X), ())
    assert "one Exp object called 2 times" in reused(walk).text
    assert reused(replace(walk, function=lambda xp, a, b: several_inputs.add(a, b))) is None


@pytest.mark.parametrize("function", [shared, chain])
def test_our_own_engine_walks_in_order(function):
    assert named("engine", function, several=True) == {}


def test_what_raises_explains_nothing():
    def raises(xp, x):
        raise ZeroDivisionError

    assert named(engine("one_input"), raises) == {}


def outcomes_of(name, function):
    case = case_of(function, x=X)
    return {o.check: o for o in run_case(case, name, Options())}


def test_a_failure_says_it():
    outcomes = outcomes_of(engine("several_inputs"), shared)
    for check in ("vjp", "accumulation"):
        assert outcomes[check].verdict is Verdict.FAIL
        assert "repeated" in {finding.kind for finding in outcomes[check].findings}


def test_a_pass_says_nothing():
    outcomes = outcomes_of(engine("several_inputs"), lambda xp, x: xp.exp(x))
    assert {o.verdict for o in outcomes.values()} == {Verdict.PASS}
    assert not any(o.findings for o in outcomes.values())


def test_steps_are_several_passes():
    case = case_of(None, x=X)
    case = type(case)(**{f: getattr(case, f) for f in case.__slots__} | {"steps": (Step(chain),)})
    subject = adapter(engine("one_input")).subject(case, {"x": X})
    [found] = diagnose_walk(subject, case, np.random.default_rng(0), several=False)
    assert found.kind == "replaced"
