"""The case library notices a rule that is wrong by a millionth, in any operation."""

from functools import cache

import pytest

from gradcheck import Verdict, load_cases, run
from gradcheck.adapters import adapter
from tests.power.planted import CASES, FACTOR, operations, run_library, scaled


def names_by_class() -> list[str]:
    """One name for each rule: aliases share theirs."""
    engine = adapter("engine")
    return list({engine.operation_class(name): name for name in reversed(operations())}.values())


@cache
def cases():
    return {case.slug: case for case in load_cases(CASES / "operations.py")}


def verdicts(name):
    slug = adapter("engine").operations()[name].__name__
    return {o.verdict for o in run([cases()[slug]], checks=["vjp"])}


@pytest.mark.parametrize("name", names_by_class())
def test_a_rule_wrong_by_a_millionth_fails_its_case(name):
    right = verdicts(name)
    with scaled(name, FACTOR):
        wrong = verdicts(name)
    assert right == {Verdict.PASS}
    assert wrong == {Verdict.FAIL} or name in WITHOUT_GRADIENT


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
