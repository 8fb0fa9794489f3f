"""What happens in a pass is counted, whatever the engine keeps, and nothing of it stays."""

import sys

import numpy as np
import pytest

from gradcheck.adapters.own_runs import watched
from gradcheck.vocabulary import Runs
from tests.gradcheck.learners import one_input, several_inputs

X = np.array(2.0)


def runs_of(module, function):
    def play():
        y = function(module.Variable(X))
        y.backward()

    return watched(play, module.Variable)


def test_a_chain_runs_each_operation_once():
    runs = runs_of(one_input, lambda x: one_input.exp(one_input.square(x)))
    assert runs == Runs({"Square": (1, 1), "Exp": (1, 1)}, sets=1)


def test_a_stack_without_order_runs_what_is_shared_once_for_each_use():
    def shared(x):
        a = several_inputs.square(x)
        return several_inputs.add(several_inputs.exp(a), several_inputs.exp(a))

    runs = runs_of(several_inputs, shared)
    assert runs.operations == {"Square": (1, 2), "Exp": (1, 1), "Add": (1, 1)}
    assert runs.sets == 2


def test_two_calls_of_one_object_are_seen():
    exp = several_inputs.Exp()
    runs = runs_of(several_inputs, lambda x: several_inputs.add(exp(x), exp(x)))
    assert runs.operations["Exp"] == (2, 2)


def test_a_rule_that_calls_its_supers_ran_once():
    class Polite(one_input.Square):
        def backward(self, gy):
            return super().backward(gy)

    assert runs_of(one_input, lambda x: Polite()(x)).operations == {"Polite": (1, 1)}


def test_what_watches_leaves_when_the_pass_raises():
    def play():
        raise ZeroDivisionError

    before = sys.getprofile()
    with pytest.raises(ZeroDivisionError):
        watched(play, one_input.Variable)
    assert sys.getprofile() is before
    assert "__setattr__" not in vars(one_input.Variable)


def test_a_setattr_of_the_engines_own_is_kept():
    class Strict(one_input.Variable):
        def __setattr__(self, name, value):
            object.__setattr__(self, name, value)

    own = Strict.__setattr__
    watched(lambda: setattr(Strict(X), "grad", X), Strict)
    assert Strict.__setattr__ is own
