import gc
import weakref

import numpy as np
import pytest

from gradcheck.adapters import unusable
from gradcheck.api import load_cases
from gradcheck.bench.workload import Unmeasurable, Workload, beyond, nodes, prepared, workloads

FRAMEWORKS = ["torch", "jax", "autograd"]


def keys(found: list[Workload]) -> list[str]:
    return [each.key for each in found]


def workload_of(cases, engine: str, phase: str, slug: str = "chain") -> Workload:
    [case] = [case for case in cases if case.slug == slug]
    return Workload((case.sized or (case,))[0], engine, phase)


def test_cases_that_ask_for_it_are_timed_at_their_sizes_up_to_their_limits(cases):
    assert keys(workloads(cases, ["engine"])) == [
        "a.py::chain[5]  engine  forward",
        "a.py::chain[5]  engine  backward",
        "a.py::chain[5]  engine  check",
        "a.py::chain[20]  engine  forward",
        "a.py::chain[20]  engine  backward",
    ]
    assert keys(workloads(cases, ["rule"], ["backward"])) == ["a.py::rule  rule  backward"]
    assert keys(workloads(cases, ["jax"])) == []
    assert beyond(cases[0].sized[1], "engine", "check") == "check is timed up to n = 5"


def test_a_case_named_twice_is_timed_once(cases):
    assert len(workloads([*cases, *cases], ["engine"])) == 5


@pytest.mark.parametrize("engine", ["engine", *FRAMEWORKS])
@pytest.mark.parametrize("phase", ["forward", "backward"])
def test_a_prepared_call_can_be_repeated_and_says_how_much_it_records(cases, engine, phase):
    if unusable(engine):
        pytest.skip(unusable(engine))
    workload = workload_of(cases, engine, phase)
    call = prepared(workload)
    call()
    call()
    assert nodes(workload) == 5


def test_forward_keeps_nothing_and_backward_adds_nothing(cases):
    y = prepared(workload_of(cases, "engine", "forward"))()[0]
    reference = weakref.ref(y)
    del y
    gc.collect()
    assert reference() is None

    call = prepared(workload_of(cases, "engine", "backward"))
    leaf = call.func.__self__._leaves["x"]
    gradient = leaf.grad.copy()
    call()
    assert np.array_equal(leaf.grad, gradient), "the leaf was cleared first"


def test_a_rule_and_a_check_are_timed_too(cases):
    rule = workload_of(cases, "rule", "backward", slug="rule")
    prepared(rule)()
    assert nodes(rule) == 1
    outcomes = prepared(workload_of(cases, "engine", "check"))()
    assert {str(outcome.verdict) for outcome in outcomes} == {"PASS"}


def test_why_nothing_can_be_timed_is_told(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "cases:\n"
        "  - {id: c, function: triple(x), inputs: {x: 1.0}, skip: why, benchmark: {}}\n"
        "  - {id: f, function: log(x), inputs: {x: 1.0}, benchmark: {}}\n"
    )
    skipped, fine = load_cases(path)
    with pytest.raises(Unmeasurable, match="why"):
        prepared(Workload(skipped, "engine", "check"))
    with pytest.raises(Unmeasurable, match="no adapter for nothing"):
        prepared(Workload(fine, "nothing", "forward"))
