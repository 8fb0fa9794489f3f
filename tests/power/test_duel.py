"""The power tests of the duel still fit the engine that they slow down."""

import shutil

import pytest

from gradcheck.adapters.engine import ENGINE_FOLDER
from gradcheck.api import load_cases
from gradcheck.bench.workload import workloads
from tests.power import duel, regressions


def test_there_are_ten_cases_or_more_each_timed_backward():
    every = workloads(load_cases(duel.CASES, root=duel.CASES.parent))
    assert len(every) >= 10
    assert {w.phase for w in every} == {"backward"}


def test_the_walk_that_is_slowed_is_there():
    text = (ENGINE_FOLDER / "backprop.py").read_text()
    assert "\ndef _propagate(\n    order: " in text
    assert "    _propagate(order, " in text


@pytest.mark.parametrize("edit", regressions.EDITS, ids=lambda edit: edit.title)
def test_every_edit_can_be_made(edit, tmp_path):
    shutil.copytree(ENGINE_FOLDER, tmp_path / "engine")
    before = (tmp_path / edit.file).read_text()
    edit.apply(tmp_path)
    after = (tmp_path / edit.file).read_text()
    assert (before == after) == (edit.before == edit.after)
    compile(after, edit.file, "exec")
