"""Cases that end, hang or fill their process cost themselves alone, and are named."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gradcheck.executors.child import Inquiry, command
from gradcheck.executors.isolated import Child, Ended, Isolated, Late
from gradcheck.reading import read_cases
from gradcheck.runner import Options, run_case
from gradcheck.vocabulary import Verdict
from tests.gradcheck.learners import HERE

ROOT = Path(__file__).parents[3]
ENGINE = (HERE / "one_input.py").read_text()
FATAL = """

def ends(x):
    import os
    os._exit(7)


def crashes(x):
    import ctypes
    ctypes.string_at(0)


def exits(x):
    raise SystemExit("enough")


def interrupts(x):
    raise KeyboardInterrupt


def hangs(x):
    while True:
        pass


def eats(x):
    return np.ones(10**12)


def asks(x):
    return input("how many? ")


def starts(x):
    import subprocess
    import sys
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    while True:
        pass


def prints(x):
    print("printed by a case")
    return square(x)
"""
OPERATIONS = ("ends", "crashes", "exits", "interrupts", "hangs", "eats", "asks", "starts", "prints")
CASES = """
from gradcheck import case

for name in {names}:
    case(id=name, inputs={{"x": 0.5}})(lambda xp, x, name=name: getattr(xp, name)(x))
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with an engine that can do anything, and a case for each of its deeds."""
    (tmp_path / "tox.ini").touch()
    (tmp_path / "steps.py").write_text(ENGINE + FATAL)
    (tmp_path / "cases.py").write_text(CASES.format(names=(*OPERATIONS, "square")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cases_of(project):
    loaded = read_cases(["cases.py"], project)
    assert not loaded.mistakes
    return {case.slug: case for case in loaded.cases}


def run(project, *slugs, engine="./steps.py", **options):
    cases = cases_of(project)
    with Isolated(project, **options) as executor:
        pairs = [(cases[slug], engine) for slug in slugs]
        return [outcomes[0] for outcomes in executor.run(pairs, Options())]


def test_what_ends_a_case_is_named_and_the_next_one_runs(project):
    reasons = {
        "exits": "SystemExit: enough",
        "interrupts": "KeyboardInterrupt",
        "eats": "MemoryError",
        "asks": "the code asks for input, and nobody is there to answer",
        "ends": "the process that ran it ended: exit code 7",
    }
    *erring, last = run(project, *reasons, "square")
    for outcome, (slug, reason) in zip(erring, reasons.items(), strict=True):
        assert (outcome.case, outcome.verdict) == (f"cases.py::{slug}", Verdict.ERROR)
        assert reason in outcome.reason
        assert f'"cases.py::{slug}"' in outcome.repeat
    assert last.verdict is Verdict.PASS


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_crash_is_named_by_its_signal_and_place(project):
    first, second = run(project, "crashes", "square")
    line = 1 + (ENGINE + FATAL).splitlines().index("    ctypes.string_at(0)")
    assert f"died at {project / 'steps.py'}:{line}: signal 11 (SIGSEGV)" in first.reason
    assert second.verdict is Verdict.PASS


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_loop_without_end_is_an_error_after_the_timeout(project):
    first, second = run(project, "hangs", "square", timeout=2.0)
    assert first.verdict is Verdict.ERROR
    assert f"no result within 2 s (it was at {project / 'steps.py'}:" in first.reason
    assert second.verdict is Verdict.PASS


def test_a_timeout_holds_for_every_engine(project):
    (project / "loops.py").write_text(
        "from gradcheck import case\n\n"
        "@case(inputs={'x': 0.5})\ndef endless(xp, x):\n    while True:\n        pass\n"
    )
    [case] = read_cases(["loops.py"], project).cases
    with Isolated(project, timeout=2.0) as executor:
        [[first], second] = executor.run(
            [(case, "engine"), (cases_of(project)["square"], "engine")], Options()
        )
    assert "no result within 2 s" in first.reason
    assert {o.verdict for o in second} == {Verdict.PASS}


def test_a_case_comes_to_the_same_here_and_there(project):
    case = cases_of(project)["square"]
    here = run_case(case, "./steps.py", Options(seed=3))
    with Isolated(project) as executor:
        there = executor.run_case(case, "./steps.py", Options(seed=3))
    assert [(o.check, o.verdict, o.judgements, o.repeat) for o in here] == [
        (o.check, o.verdict, o.judgements, o.repeat) for o in there
    ]


def test_one_process_serves_many_cases_and_each_own_engine_has_its_own(project):
    (project / "other.py").write_text(ENGINE)
    case = cases_of(project)["square"]
    with Isolated(project) as executor:
        for engine in ("./steps.py", "./other.py"):
            executor.run_case(case, engine, Options())
        before = dict(executor._children)
        for engine in ("./steps.py", "./other.py"):
            executor.run_case(case, engine, Options())
        assert sorted(before) == ["./other.py", "./steps.py"]
        assert before == executor._children


def test_our_own_engine_runs_in_this_process_without_a_timeout(project):
    with Isolated(project) as executor:
        executor.run_case(cases_of(project)["square"], "engine", Options())
        assert executor.unusable("engine") == ""
        assert not executor._children


def test_what_a_case_prints_goes_to_stderr(project, capfd):
    [outcome] = run(project, "prints")
    assert outcome.verdict is Verdict.PASS
    out, err = capfd.readouterr()
    assert out == ""
    assert "printed by a case" in err


def test_a_case_that_is_gone_is_an_error(project):
    case = cases_of(project)["square"]
    (project / "cases.py").write_text(CASES.format(names=["ends"]))
    with Isolated(project) as executor:
        [outcome] = executor.run_case(case, "./steps.py", Options())
    assert outcome.verdict is Verdict.ERROR
    assert "no longer in its file" in outcome.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "import os\nos._exit(0)",
            "while it is imported: the process that ran it ended: exit code 0",
        ),
        ("while True:\n    pass", "while it is imported: no result within 1 s (it was at "),
    ],
)
def test_a_file_that_cannot_be_imported_says_why(project, text, reason):
    (project / "bad.py").write_text(text)
    with Isolated(project, timeout=1.0) as executor:
        assert reason in executor.unusable("./bad.py")


# ---------------------------------------------------------------- processes


def is_running(pid):
    """Whether a process is there and has not ended: nobody may have waited for it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def children_of(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


linux = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks into /proc")


@linux
def test_what_a_case_starts_ends_with_it(project):
    cases, found = cases_of(project), []
    with Isolated(project, timeout=5.0) as executor:
        executor.unusable("./steps.py")
        [child] = children_of(os.getpid())[-1:]
        watch = threading.Thread(
            target=lambda: wait_until(lambda: found.extend(children_of(child)) or found)
        )
        watch.start()
        executor.run_case(cases["starts"], "./steps.py", Options())
        watch.join()
    assert found
    assert wait_until(lambda: not any(map(is_running, [child, *found])))


@linux
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_no_process_outlives_the_run(project, number, code):
    arguments = [sys.executable, "-m", "gradcheck", "run", "cases.py::hangs", "-e", "./steps.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.Popen(
        arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert wait_until(lambda: children_of(run.pid))
    [child] = children_of(run.pid)
    # Until it is at the case: a process that has only begun would end in any case.
    assert wait_until(lambda: ticks(child) > 100)
    run.send_signal(number)
    assert run.wait(60) == code
    run.stderr.close()
    assert wait_until(lambda: not is_running(child))


def ticks(pid):
    """How much of a processor a process has used, in hundredths of a second."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])


def test_the_import_of_an_engine_is_no_time_of_a_case(project):
    (project / "slow.py").write_text(f"import time\ntime.sleep(2.5)\n{ENGINE}")
    [outcome] = run(project, "square", engine="./slow.py", timeout=2.0)
    assert outcome.verdict is Verdict.PASS


def test_a_process_that_died_between_two_cases_is_replaced(project):
    case = cases_of(project)["square"]
    with Isolated(project) as executor:
        executor.run_case(case, "./steps.py", Options())
        child = executor._children["./steps.py"]
        child._process.kill()
        child._process.wait()
        assert executor.run_case(case, "./steps.py", Options())[0].verdict is Verdict.PASS


def test_a_child_says_how_it_ended(project):
    (project / "bad.py").write_text("import os\nos._exit(3)")
    child = Child(command(project, python=True, memory=0))
    with pytest.raises(Ended, match="exit code 3"):
        child.ask(Inquiry("./bad.py"), 60.0)
    child.close()
    assert not child.is_fit


def test_a_late_child_is_not_asked_again(project):
    (project / "bad.py").write_text("while True:\n    pass")
    child = Child(command(project, python=True, memory=0))
    with pytest.raises(Late):
        child.ask(Inquiry("./bad.py"), 0.5)
    assert not child.is_fit
    child.close()
