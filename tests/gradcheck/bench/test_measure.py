import gc

import numpy as np
import pytest

from gradcheck.bench.measure import (
    MOST_ROUNDS,
    TURN,
    facts,
    memory,
    opcodes,
    schedule,
    seconds_of,
    undisturbed,
)
from gradcheck.bench.workload import FLOOR, ready, with_floor, workloads


@pytest.mark.parametrize(
    ("seconds", "longest", "rounds", "calls"),
    [
        (1e-6, 1.0, MOST_ROUNDS, 2500),
        (1e-6, 0.025, 10, 2500),
        (0.1, 1.0, 10, 1),
        (8.0, 1.0, 3, 1),
        (0.0, 1.0, MOST_ROUNDS, 1000),
    ],
)
def test_a_round_fills_a_turn_and_there_are_some(seconds, longest, rounds, calls):
    assert schedule(seconds, longest, least=3) == (rounds, calls)


def test_a_call_is_timed_by_as_many_as_fill_a_turn():
    calls = []
    seconds = seconds_of(lambda: calls.append(None))
    assert len(calls) > 1
    assert seconds * len(calls) >= TURN / 2


def test_the_collector_is_as_it_was():
    with undisturbed():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    gc.disable()
    try:
        with undisturbed():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_opcodes_count_what_is_executed_and_nothing_else():
    def loop(n):
        return lambda: [i * i for i in range(n)]

    ten, twenty, thirty = (opcodes(loop(n)) for n in (10, 20, 30))
    assert opcodes(loop(10)) == ten > 10
    assert thirty - twenty == twenty - ten, "each turn costs the same"


def test_memory_is_the_peak_of_a_call():
    assert 8e6 <= memory(lambda: np.zeros(1_000_000).sum()) < 9e6
    assert memory(lambda: None) < 10_000


def test_facts_are_plain_and_say_what_was_timed(cases):
    found = workloads(cases, ["engine"], ["forward"])
    floor, engine = with_floor(found)[:2]
    assert (floor.engine, engine.engine) == (FLOOR, "engine")
    said = facts(engine, ready(engine), seconds=1e-5)
    assert (said["nodes"], said["symbols"], said["sizes"]) == (5, {"n": 5}, ["n"])
    assert said["opcodes"] > facts(floor, ready(floor), seconds=1e-5)["opcodes"] > 0
    dear = facts(engine, ready(engine), seconds=10.0)
    assert (dear["opcodes"], dear["memory"]) == (None, None)


def test_a_rule_has_no_floor_and_neither_has_a_check(cases):
    assert FLOOR not in {each.engine for each in with_floor(workloads(cases, ["rule"]))}
    assert FLOOR not in {each.engine for each in with_floor(workloads(cases, [], ["check"]))}
