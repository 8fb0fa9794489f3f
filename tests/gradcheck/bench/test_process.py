"""What becomes of workloads that crash, hang or raise: the others are timed all the same."""

import signal
import sys

import pytest

from gradcheck.api import load_cases
from gradcheck.bench import process
from gradcheck.bench.process import Measured, ProcessFailed, measure
from gradcheck.bench.workload import workloads

CASES = """import os, signal, time
from gradcheck import case

TIMED = {"phases": ["forward"]}

@case(inputs={"x": 0.5}, benchmark=TIMED)
def fine(xp, x):
    print("not an event")
    return xp.sin(x)

@case(inputs={"x": 0.5}, benchmark=TIMED)
def crash(xp, x):
    os.kill(os.getpid(), signal.SIGKILL)

@case(inputs={"x": 0.5}, benchmark=TIMED)
def wrong(xp, x):
    raise ValueError("not today")

@case(inputs={"x": 0.5}, benchmark=TIMED, skip="never")
def skipped(xp, x):
    return x

@case(inputs={"x": 0.5}, benchmark=TIMED)
def hang(xp, x):
    time.sleep(60)

@case(inputs={"x": 0.5}, benchmark=TIMED)
def after(xp, x):
    return xp.sin(x)
"""


def run(folder, cases, timeout=30.0, **more):
    (folder / "a.py").write_text(CASES)
    keys = [each.key for each in workloads(load_cases(folder / "a.py", root=folder))]
    keys = [key for key in keys if key.partition("::")[2].partition(" ")[0] in cases]
    request = {
        "root": str(folder),
        "paths": [str(folder / "a.py")],
        "python": True,
        "engines": [],
        "seed": 0,
        "timer": "time.perf_counter",
        "max_time": 0.001,
        "min_rounds": 2,
    }
    measured = Measured()
    done = list(measure({**request, **more}, keys, timeout, measured))
    assert sorted(done) == sorted(keys)
    return measured


def names(timings):
    return [each["name"] for each in timings]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_crash_and_a_mistake_cost_one_workload_each(tmp_path):
    measured = run(tmp_path, {"fine", "crash", "wrong", "skipped", "after"})
    assert names(measured.timings) == ["fine[engine-forward]", "after[engine-forward]"]
    reasons = {key.split("  ")[0]: reason for key, reason in measured.failed.items()}
    died = f"the process died of signal {int(signal.SIGKILL)} (SIGKILL)"
    wrong = f"ValueError: not today ({tmp_path / 'a.py'}:17)"
    assert reasons == {"a.py::crash": died, "a.py::wrong": wrong}
    assert list(measured.skipped.values()) == ["never"]
    assert measured.document["gradcheck"]["threads"]["OMP_NUM_THREADS"] == "1"


def test_a_workload_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    # The whole start of the process counts, on a busy machine seconds: longer than any test waits.
    measured = run(tmp_path, {"hang"}, timeout=8.0)
    assert list(measured.failed.values()) == ["it took more than 8 s"]
    assert measured.timings == []


def test_a_process_that_cannot_start_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "MODULE", "gradcheck.nothing_of_this_name")
    with pytest.raises(ProcessFailed, match="before it measured anything"):
        run(tmp_path, {"fine"})
