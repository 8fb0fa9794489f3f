"""Options of the Python interface, checked at the door."""

import pytest

from gradcheck.options import BUDGET, Options, checked, checked_tolerance
from gradcheck.vocabulary import Tolerance


def test_options_left_out_are_the_default():
    assert checked((), (), 0, None) == Options(budget=BUDGET)


def test_the_file_of_an_own_engine_is_a_name():
    assert checked(["./steps.py"], (), 0, None).engines == ("./steps.py",)


@pytest.mark.parametrize("given", [Tolerance(rtol=1e-3), {"rtol": 1e-3}])
def test_a_tolerance_is_one_or_a_dict(given):
    assert checked_tolerance(given) == Tolerance(rtol=1e-3)


@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan"), "small"])
def test_a_tolerance_is_a_number_of_zero_or_more(value):
    with pytest.raises(ValueError, match="expected a number of zero or more"):
        checked_tolerance({"atol": value})
