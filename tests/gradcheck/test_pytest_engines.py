"""Engines of one's own in a pytest session: they end themselves, not the session."""

from pathlib import Path

import pytest

from tests.gradcheck.learners import HERE

pytest_plugins = ["pytester"]

ENGINE = (HERE / "one_input.py").read_text()
ENDING = """

def ends(x):
    import os
    print("its last words", flush=True)
    os._exit(7)
"""
CASES = """
from gradcheck import case


@case(inputs={"x": 0.5})
def ending(xp, x):
    return xp.ends(x)


@case(inputs={"x": 0.5})
def right(xp, x):
    return xp.exp(xp.square(x))


@case(inputs={"x": 0.5})
def missing(xp, x):
    return xp.sin(x)
"""


@pytest.fixture
def project(pytester):
    pytester.makefile(".py", steps=ENGINE + ENDING)
    pytester.mkdir("cases")
    (pytester.path / "cases" / "own.py").write_text(CASES)
    return pytester


def test_an_engine_that_ends_its_process_fails_its_case(project):
    result = project.runpytest_subprocess("--gradcheck-engine=./steps.py", "-rs", "cases")
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "ERROR  cases/own.py::ending  ./steps.py  case*",
            "*the process that ran it ended: exit code 7*",
            "its last words",  # captured with the test that printed it
            "SKIPPED*steps.py has no operation 'sin'",
        ]
    )


def test_an_engine_that_ends_while_it_is_imported_is_a_mistake_of_usage(project):
    Path("ends.py").write_text("import os\nos._exit(0)")
    result = project.runpytest_subprocess("--gradcheck-engine=./ends.py", "cases")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--gradcheck-engine: ./ends.py: while it is imported: *"])
