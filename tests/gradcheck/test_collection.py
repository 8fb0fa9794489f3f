"""What a command line means by its paths and engines."""

import argparse
import os
from pathlib import Path

import pytest

from gradcheck.collection import paths_of, relative


def another_drive(path):
    raise ValueError("path is on mount 'D:', start on mount 'C:'")


def test_an_own_file_is_named_from_here_and_a_module_by_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative(str(tmp_path / "a" / ".." / "steps.py")) == "steps.py"
    assert relative("package.steps") == "package.steps"


def test_an_own_file_on_another_drive_keeps_its_name(monkeypatch):
    monkeypatch.setattr(os.path, "relpath", another_drive)
    assert relative("/elsewhere/steps.py") == "/elsewhere/steps.py"


@pytest.mark.parametrize(("given", "expected"), [([], "here"), (["there"], "there")])
def test_paths_given_stand_before_paths_configured(tmp_path, given, expected):
    (tmp_path / "pytest.ini").write_text("[pytest]\ngradcheck_cases = here\n")
    (tmp_path / "there").mkdir()
    [path] = paths_of(argparse.Namespace(paths=given), tmp_path)
    assert Path(path) == tmp_path / expected
