import sys
from types import ModuleType

import pytest

from gradcheck.bench.side import counterpart, moved, strangers


@pytest.fixture
def trees(tmp_path):
    """A working tree with a source folder and an environment, and a revision without the latter."""
    for folder in ("here/src/mine", "here/.venv/lib", "there/src/mine"):
        (tmp_path / folder).mkdir(parents=True)
    for tree in ("here", "there"):
        (tmp_path / tree / "src/mine/__init__.py").touch()
    (tmp_path / "here/src/mine/new.py").touch()
    return str(tmp_path / "here"), str(tmp_path / "there")


def test_a_folder_of_the_working_tree_is_that_of_the_revision(trees):
    here, there = trees
    assert moved(f"{here}/src", trees) == f"{there}/src"
    assert moved(here, trees) == there


def test_what_the_revision_has_not_stays(trees):
    here, _ = trees
    assert moved(f"{here}/.venv/lib", trees) == f"{here}/.venv/lib"
    assert moved("/usr/lib", trees) == "/usr/lib"


def test_the_working_tree_moves_nothing(trees):
    here, _ = trees
    assert moved(f"{here}/src", ()) == f"{here}/src"
    assert counterpart(f"{here}/src", ()) is None


def module(name: str, file: str | None) -> ModuleType:
    made = ModuleType(name)
    made.__file__ = file
    return made


def test_a_module_of_the_wrong_tree_is_a_stranger(trees):
    here, there = trees
    modules = [
        module("mine", f"{here}/src/mine/__init__.py"),
        module("mine.new", f"{here}/src/mine/new.py"),  # the revision has none
        module("right", f"{there}/src/mine/__init__.py"),
        module("gradcheck.runner", f"{here}/src/mine/__init__.py"),  # the harness is the new one
        module("_gradcheck_cases_0", f"{here}/src/mine/__init__.py"),  # and so are the cases
        module("built_in", None),
    ]
    assert strangers(modules, trees) == ["mine"]
    assert strangers(sys.modules.values(), ()) == []
