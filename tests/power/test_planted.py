"""The case library notices a rule that is wrong by a millionth, in any operation."""

import pytest

from tests.power.planted import FACTOR, operations, run_library, scaled


@pytest.mark.parametrize("name", operations())
def test_a_rule_wrong_by_a_millionth_fails_the_library(name):
    with scaled(name, FACTOR):
        code, printed = run_library()
    assert code == 1
    assert "  off by       " in printed
    assert "  repeat       python -m gradcheck run " in printed


def test_the_library_passes_once_the_right_rules_are_back():
    with scaled("exp", FACTOR):
        pass
    assert run_library()[0] == 0
