import pytest

from gradcheck.reporters.cells import tabled


def test_a_name_that_looks_like_a_number_stays_a_name():
    assert tabled([["1e5", "007"]], ["a", "b"], "lr", "simple").split()[-2:] == ["1e5", "007"]


def test_new_lines_do_not_break_a_row():
    assert tabled([["one\n  two"]], ["a"], "", "simple").splitlines()[-1] == "one two"


@pytest.mark.parametrize("mark", ["|", "*", "`", "<"])
def test_markup_is_escaped_in_markdown_only(mark):
    assert f"x\\{mark}y" in tabled([[f"x{mark}y"]], ["a"], "l", "github")
    assert f"x{mark}y" in tabled([[f"x{mark}y"]], ["a"], "l", "simple")


def test_control_characters_reach_no_terminal():
    assert tabled([["a\x1b[2Jb"]], ["a"], "", "simple").splitlines()[-1] == "a\\x1b[2Jb"
