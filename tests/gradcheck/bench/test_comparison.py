"""The two stages on contestants that are no processes."""

import math
import random
from dataclasses import dataclass, field

import pytest

from gradcheck.bench import comparison
from gradcheck.bench.comparison import Arena, compare
from gradcheck.bench.duel import CannotRun, Lacks
from gradcheck.bench.side import Side
from gradcheck.bench.stages import Change
from gradcheck.bench.workload import Workload
from gradcheck.vocabulary import Case, Place

HERE = Side("", (), "")


@dataclass
class Plan:
    """How each side behaves: `scatter` is what a process of the new side is off by, as a log."""

    slower: float = 0.0
    scatter: float = 0.0
    noise: float = 0.0
    wrong: dict = field(default_factory=dict)
    pinned: bool = True
    started: int = 0
    seeds: list = field(default_factory=list)
    call_limits: set = field(default_factory=set)


class Fake:
    """A contestant whose calls take a millisecond, times what the plan says."""

    plan: Plan

    def __init__(self, name, side, hash_seed, *, call_limit):
        self.name, self.pinned = name, self.plan.pinned
        self.plan.call_limits.add(call_limit)
        self.plan.started += 1
        self.plan.seeds.append(hash_seed)
        self.rng = random.Random(self.plan.started)
        self.factor = 1.0
        if name == "new":
            self.factor = (1 + self.plan.slower) * math.exp(self.rng.gauss(0, self.plan.scatter))

    def start(self):
        pass

    def open(self, key):
        if self.name in self.plan.wrong:
            raise self.plan.wrong[self.name]
        return 1e-3

    def turn(self, turn):
        return 1e-3 * self.factor * (1 + self.rng.uniform(0, self.plan.noise))

    def rearrange(self):
        pass

    def opcodes(self):
        return 10 if self.name == "old" else 12

    def close(self):
        pass

    stop = close


@pytest.fixture
def plan(monkeypatch):
    plan = Plan()
    monkeypatch.setattr(comparison, "Contestant", type("Planned", (Fake,), {"plan": plan}))
    return plan


def workload(slug: str = "case") -> Workload:
    return Workload(Case(slug, Place("a.yaml"), {}), "engine", "backward")


def run(*sides: str, count: int = 1):
    sides = dict.fromkeys(sides or ("old", "new"), HERE)
    arena = Arena(sides, random.Random(1), call_limit=7.0)
    every = [workload(f"case{i}") for i in range(count)]
    return compare(arena, every, lambda workloads, stage: workloads)


def test_the_same_code_is_cleared_by_one_session(plan):
    compared = run(count=3)
    assert [row.change for row in compared.rows] == [Change.SAME] * 3
    assert [row.sessions for row in compared.rows] == [1] * 3
    assert [row.case for row in compared.rows] == [f"a.yaml::case{i}" for i in range(3)]
    assert compared.rows[0].opcodes == (10, 12)
    assert plan.started == 2  # one worker a side serves all cases
    assert plan.seeds[0] == plan.seeds[1]
    assert plan.call_limits == {7.0}


def test_slower_code_is_confirmed_by_four_fresh_sessions(plan):
    plan.slower = 0.05
    [row] = run().rows
    assert (row.change, row.sessions) == (Change.SLOWER, 5)
    assert row.ratio.log_ratio == pytest.approx(math.log(1.05))
    assert plan.started == 10
    assert len(set(plan.seeds)) == 5


def test_faster_code_is_faster(plan):
    plan.slower = -0.05
    assert run().rows[0].change is Change.FASTER


def test_without_a_core_of_their_own_six_sessions_decide(plan):
    plan.slower, plan.pinned = 0.05, False
    compared = run()
    assert not compared.pinned
    assert compared.rows[0].sessions == 7


def test_a_case_whose_processes_scatter_gets_more_sessions_and_may_stay_unsure(plan):
    plan.scatter = 0.2
    [row] = run().rows
    assert (row.change, row.sessions) == (Change.UNSURE, 1 + comparison.MOST_SESSIONS)


def test_a_long_case_gets_no_more_sessions_than_everyone(plan, monkeypatch):
    plan.scatter = 0.2
    monkeypatch.setattr(comparison, "PATIENCE", 0.0)
    [row] = run().rows
    assert (row.change, row.sessions) == (Change.UNSURE, 5)


@pytest.mark.parametrize(
    ("side", "error", "change"),
    [
        ("old", CannotRun("old", "ImportError: none"), Change.NO_BASE),
        ("old", Lacks("old", "no operation"), Change.NO_BASE),
        ("new", CannotRun("new", "ValueError: none"), Change.ERROR),
        ("new", Lacks("new", "no operation"), Change.SKIPPED),
    ],
)
def test_a_side_that_cannot_run_is_told_with_its_reason(plan, side, error, change):
    plan.wrong[side] = error
    [row] = run().rows
    assert (row.change, row.ratio, row.reason) == (change, None, str(error))


def test_a_side_that_fails_in_a_fresh_session_leaves_it_unsure(plan, monkeypatch):
    plan.slower = 0.05
    dying = iter([1e-3] * 4)

    def open_(self, key):
        try:
            return next(dying)
        except StopIteration:
            raise CannotRun(self.name, "out of memory") from None

    monkeypatch.setattr(comparison.Contestant, "open", open_)
    [row] = run().rows
    assert row.change is Change.UNSURE
    assert row.reason == "it ran in one session, and in another not: out of memory"


def test_a_control_is_measured_beside(plan):
    plan.slower = 0.05
    [row] = run("old", "control", "new").rows
    assert row.control.log_ratio == pytest.approx(0.0)
    assert row.change is Change.SLOWER


def test_workers_are_ended_when_a_run_is_interrupted(plan, monkeypatch):
    ended = []
    monkeypatch.setattr(comparison.Contestant, "stop", lambda self: ended.append(self.name))

    def interrupted(self, turn):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison.Contestant, "turn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert sorted(ended) == ["new", "old"]
