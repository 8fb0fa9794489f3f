import os

import pytest

from gradcheck.bench import cores
from gradcheck.bench.cores import quiet_core


@pytest.fixture
def allowed(monkeypatch):
    def allow(*numbers: int) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(numbers), raising=False)

    return allow


def test_the_least_busy_core_is_chosen(allowed, monkeypatch):
    allowed(0, 1, 2)
    looks = iter([{0: 100, 1: 100, 2: 100}, {0: 105, 1: 110, 2: 101}])
    monkeypatch.setattr(cores, "_idle", lambda: next(looks))
    assert quiet_core() == 1


def test_of_equal_cores_the_last(allowed, monkeypatch):
    allowed(0, 1)
    monkeypatch.setattr(cores, "_idle", dict)
    assert quiet_core() == 1


def test_one_core_is_that_one(allowed):
    allowed(3)
    assert quiet_core() == 3


def test_without_affinity_there_is_none(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert quiet_core() is None


def test_idle_ticks_are_read_by_core(tmp_path):
    file = tmp_path / "stat"
    file.write_text("cpu  9 9 9 9 9\ncpu0 1 2 3 40 5\ncpu1 1 2 3 50 5\nintr 7\n")
    assert cores._idle(file) == {0: 40, 1: 50}
    assert cores._idle(tmp_path / "none") == {}
