"""What a learner's engine lacks is told from what is wrong in it."""

import numpy as np
import pytest

from gradcheck.adapters.own_lacks import lacking
from tests.gradcheck.learners import several_inputs as steps

X = steps.Variable(np.array([0.5, 1.5]))


def only_squares(x):
    return steps.square(x)


def words_of(function, *arguments):
    """What is lacking when `function`, which stands for a case's, is called."""
    with pytest.raises((TypeError, AttributeError)) as caught:
        function(*arguments)
    return lacking(caught.value, function, steps.Variable)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x * 2.0, "Variable has no operator *"),
        (lambda x: 2.0 / x, "Variable has no operator /"),
        (lambda x: x**2, "Variable has no operator **"),
        (lambda x: x @ x, "Variable has no operator @"),
        (lambda x: -x, "Variable has no operator - in front of it"),
        (lambda x: x > 0, "Variable has no operator >"),
        (lambda x: abs(x), "Variable has no abs()"),
        (lambda x: x[0], "Variable has no operator []"),
        (lambda x: list(x), "Variable cannot be iterated over"),
        (lambda x: len(x), "Variable has no len()"),
        (lambda x: x.shape, "Variable has no attribute 'shape'"),
        (lambda x: np.exp(x), "NumPy's own functions do not know its Variable"),
        (lambda x: only_squares(x, axis=0), "only_squares takes no argument 'axis'"),
        (lambda x: only_squares(x, x), "takes 1 positional argument, and the case gives 2"),
        (lambda x: steps.add(x), "wants more than the case gives: positional argument: 'b'"),
        (lambda x: steps.add(x, 2.0), "its operations take Variables only"),
        (lambda x: steps.square(np.ones(2)), "its operations take Variables only"),
    ],
)
def test_what_is_lacking_is_said_in_words(function, words):
    assert words in words_of(function, X)


def test_a_mistake_inside_the_engine_is_not_a_lack():
    class Broken(steps.Function):
        def forward(self, x):
            return x.T.shape + x.dta

    class Mixed(steps.Function):
        def forward(self, x):
            return x * None

    assert words_of(lambda x: Mixed()(x), X)  # this file stands for the case's, where it is
    source = "def run(function, x):\n    return function(x)\n"
    namespace = {}
    exec(compile(source, "a case", "exec"), namespace)
    case = namespace["run"]
    for wrong in (Broken, Mixed):
        with pytest.raises((TypeError, AttributeError)) as caught:
            case(wrong(), X)
        assert lacking(caught.value, case, steps.Variable) == ""


def test_an_attribute_that_no_variable_has_is_a_mistake_of_the_engine():
    def case(x):
        return np.ones(2).dta

    assert words_of(case, X) == ""
