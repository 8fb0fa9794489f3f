"""Real workers on trivial cases: what they say, and how they end."""

import os
import textwrap

import pytest

from gradcheck.bench.contestant import Contestant
from gradcheck.bench.duel import CannotRun, Lacks
from gradcheck.bench.side import Side
from gradcheck.bench.turns import Turn

CASES = """\
    import os, time
    from gradcheck import case

    FORWARD = {"phases": ["forward"]}

    @case(inputs={"x": 0.5}, benchmark=FORWARD)
    def sine(xp, x):
        print("a case may print")
        return xp.sin(x)

    @case(inputs={"x": 0.5}, benchmark=FORWARD)
    def lacking(xp, x):
        return xp.warp(x)

    @case(inputs={"x": 0.5}, benchmark=FORWARD)
    def broken(xp, x):
        raise ValueError("cannot")

    @case(inputs={"x": 0.5}, benchmark=FORWARD)
    def ending(xp, x):
        print("these are its last words")
        os._exit(7)

    @case(inputs={"x": 0.5}, benchmark=FORWARD)
    def silent(xp, x):
        os._exit(7)

    @case(inputs={"x": 0.5}, benchmark=FORWARD)
    def hanging(xp, x):
        time.sleep(60)

    @case(inputs={"x": 0.5}, benchmark=FORWARD)
    def seeded(xp, x):
        threads = os.environ["OMP_NUM_THREADS"]
        raise ValueError(f"hash {hash('x')}, at {os.getcwd()}, threads {threads}")
"""


@pytest.fixture
def side(tmp_path):
    file = tmp_path / "a.py"
    file.write_text(textwrap.dedent(CASES))
    return Side(root=str(tmp_path), paths=[str(file)], folder=str(tmp_path))


@pytest.fixture
def contestant(side):
    contestant = Contestant("old", side, 1, call_limit=10.0)
    yield contestant
    contestant.stop()


def key(slug: str) -> str:
    return f"a.py::{slug}  engine  forward"


def test_a_worker_serves_turns_of_its_cases_and_what_they_print_is_lost(contestant, capfd):
    assert 0 < contestant.open(key("sine")) < 1
    assert 0 < contestant.turn(Turn(2, 3)) < 1
    contestant.rearrange()
    assert 0 < contestant.turn(Turn(2, 3)) < 1
    assert contestant.opcodes() > 10
    contestant.close()
    assert capfd.readouterr().out == ""


def test_one_worker_says_what_is_missing_and_what_is_wrong_and_goes_on(contestant):
    with pytest.raises(Lacks, match="no operation 'warp'"):
        contestant.open(key("lacking"))
    with pytest.raises(CannotRun, match="ValueError: cannot"):
        contestant.open(key("broken"))
    with pytest.raises(CannotRun, match="LookupError: the case cannot be read here"):
        contestant.open(key("nowhere"))
    assert contestant.open(key("sine")) > 0


def test_a_case_that_ends_the_worker_costs_that_case_alone(contestant):
    with pytest.raises(CannotRun, match=r"exit code 7: these are its last words") as stopped:
        contestant.open(key("ending"))
    assert stopped.value.side == "old"
    contestant.close()
    assert contestant.open(key("sine")) > 0


def test_what_an_earlier_case_said_does_not_explain_an_end(contestant):
    contestant.open(key("sine"))  # which prints
    with pytest.raises(CannotRun, match=r"exit code 7$"):
        contestant.open(key("silent"))


def test_a_worker_that_was_started_and_not_asked_can_be_closed(contestant):
    contestant.start()
    contestant.close()
    assert contestant.open(key("sine")) > 0


def test_a_case_that_hangs_is_given_up(side):
    contestant = Contestant("old", side, 1, call_limit=2.0)
    try:
        with pytest.raises(CannotRun, match="it took longer than 2 s"):
            contestant.open(key("hanging"))
    finally:
        contestant.stop()


def test_both_sides_of_a_session_hash_alike_with_one_thread(side):
    def said(seed: int) -> str:
        contestant = Contestant("old", side, seed)
        try:
            with pytest.raises(CannotRun) as stopped:
                contestant.open(key("seeded"))
            return str(stopped.value)
        finally:
            contestant.stop()

    assert said(5) == said(5)
    assert said(5) != said(6)
    assert f"at {side.folder}, threads 1" in said(5)


def test_code_that_ends_a_worker_at_its_start_is_tried_once(tmp_path, side):
    broken = tmp_path / "engine"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise RuntimeError('no engine today')")
    contestant = Contestant("old", Side(side.root, side.paths, side.folder, engine=str(broken)), 1)
    for _ in range(2):
        with pytest.raises(CannotRun, match="RuntimeError: no engine today"):
            contestant.open(key("sine"))
        assert contestant._process is None


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity on this system")
def test_a_worker_stays_on_its_core_and_says_so(side):
    core = min(os.sched_getaffinity(0))
    contestant = Contestant("new", Side(side.root, side.paths, side.folder, core=core), 1)
    try:
        contestant.open(key("sine"))
        assert contestant.pinned
        assert os.sched_getaffinity(contestant._process._process.pid) == {core}
    finally:
        contestant.stop()


def test_without_a_core_it_is_not_pinned(contestant):
    contestant.open(key("sine"))
    assert not contestant.pinned


def test_stopping_leaves_no_process(contestant):
    contestant.open(key("sine"))
    process = contestant._process._process
    contestant.stop()
    assert process.returncode is not None
    contestant.stop()  # once more does nothing
