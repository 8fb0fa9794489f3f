"""The key gradcheck_cases, read as pytest reads it."""

import pytest

from gradcheck.settings import Unreadable, configured_paths

INI = {
    "pytest.ini": "[pytest]\ngradcheck_cases = {}\n",
    ".pytest.ini": "[pytest]\ngradcheck_cases = {}\n",
    "tox.ini": "[tox]\nenv_list = py\n[testenv]\nx = %(y)s {{posargs}}\n"
    "[pytest]\ngradcheck_cases = {}\n",
    "setup.cfg": "[metadata]\nname = a\n[tool:pytest]\ngradcheck_cases = {}\n",
    "pyproject.toml": '[tool.pytest.ini_options]\ngradcheck_cases = "{}"\n',
}
TOML = {
    "pyproject.toml": '[tool.pytest]\ngradcheck_cases = ["gradients", "more cases"]\n',
    "pytest.toml": '[pytest]\ngradcheck_cases = ["gradients", "more cases"]\n',
}


@pytest.mark.parametrize("name", INI)
def test_every_file_that_pytest_reads_is_read(tmp_path, name):
    (tmp_path / name).write_text(INI[name].format("gradients 'more cases'"))
    assert configured_paths(tmp_path) == [str(tmp_path / n) for n in ("gradients", "more cases")]


@pytest.mark.parametrize("name", TOML)
def test_the_lists_of_pytest_9_are_read(tmp_path, name):
    (tmp_path / name).write_text(TOML[name])
    assert configured_paths(tmp_path) == [str(tmp_path / n) for n in ("gradients", "more cases")]


def test_lines_are_paths_as_well(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\ngradcheck_cases =\n    one\n    two\n")
    assert configured_paths(tmp_path) == [str(tmp_path / "one"), str(tmp_path / "two")]


def test_nothing_configured_names_nothing(tmp_path):
    assert configured_paths(tmp_path) == []
    (tmp_path / "tox.ini").write_text("[tox]\nenv_list = py\n")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    assert configured_paths(tmp_path) == []


def test_the_first_table_in_the_order_of_pytest_counts(tmp_path):
    (tmp_path / "tox.ini").write_text(INI["tox.ini"].format("of_tox"))
    (tmp_path / "pytest.ini").write_text(INI["pytest.ini"].format("of_pytest"))
    assert configured_paths(tmp_path) == [str(tmp_path / "of_pytest")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.pytest"),
        ("tox.ini", "no section"),
        ("pytest.toml", "[pytest]\ngradcheck_cases = 3\n"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(Unreadable, match=name):
        configured_paths(tmp_path)
