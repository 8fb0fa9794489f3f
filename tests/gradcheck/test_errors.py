"""What users are told of an exception in their code."""

import pytest

from gradcheck.errors import told, users_place


def raised(code, name="steps.py"):
    try:
        exec(compile(code, name, "exec"), {})
    except BaseException as error:
        return told(error)
    raise AssertionError("nothing was raised")


def test_the_place_is_the_users():
    assert raised("x = 1\n1 / 0") == "ZeroDivisionError: division by zero (steps.py:2)"
    text = raised("import numpy\nnumpy.broadcast_to(numpy.ones(2), (3, 5))")
    assert text.endswith("(steps.py:2)"), text


def test_a_recursion_too_deep_has_a_way_out():
    text = raised("def f(): f()\nf()")
    assert text.startswith("RecursionError: maximum recursion depth exceeded")
    assert "walk the graph in a loop over a list" in text


def test_a_mistake_of_syntax_has_its_line():
    assert raised("x = 1\nx = = 2") == "SyntaxError: invalid syntax (steps.py:2)"


def test_notes_are_told():
    text = raised("error = ValueError('no')\nerror.add_note('a note')\nraise error")
    assert text == "ValueError: no\na note (steps.py:3)"


@pytest.mark.parametrize(
    ("frames", "place"),
    [
        ([], ""),
        ([("<expression>", 1)], ""),
        ([("a.py", 3), ("lib/site-packages/numpy/core.py", 7)], "a.py:3"),
        ([("lib/site-packages/numpy/core.py", 7)], "lib/site-packages/numpy/core.py:7"),
    ],
)
def test_the_innermost_frame_of_a_user_counts(frames, place):
    assert users_place(frames) == place
