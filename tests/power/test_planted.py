"""The case library notices a rule that is wrong by a millionth, in any operation."""

from functools import cache

import pytest

from gradcheck import Verdict, load_cases, run
from tests.power.planted import CASES, FACTOR, operations, run_library, scaled


@cache
def cases():
    return {case.slug: case for case in load_cases(CASES / "operations.py")}


def verdicts(name):
    return {o.verdict for o in run([cases()[name]], checks=["vjp"])}


@pytest.mark.parametrize("name", operations())
def test_a_rule_wrong_by_a_millionth_fails_its_case(name):
    right = verdicts(name)
    with scaled(name, FACTOR):
        wrong = verdicts(name)
    assert right == {Verdict.PASS}
    assert wrong == {Verdict.PASS if name in WITHOUT_GRADIENT else Verdict.FAIL}


# Flat wherever they have a derivative: a scaled zero is a zero.
WITHOUT_GRADIENT = (
    "floor",
    "ceil",
    "trunc",
    "rint",
    "round",
    "sign",
    "floor_divide",
    "fix",
    "imag",
    "angle",
)


@pytest.mark.parametrize("name", ["exp", "matmul", "sum"])
def test_the_command_line_tells_and_how_to_repeat_it(name):
    with scaled(name, FACTOR):
        code, printed = run_library()
    assert code == 1
    assert "  off by       " in printed
    assert "  repeat       python -m gradcheck run " in printed


def test_the_library_passes_once_the_right_rules_are_back():
    with scaled("exp", FACTOR):
        pass
    assert run_library("-k", "exp")[0] == 0
