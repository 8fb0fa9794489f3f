"""Three learners' engines over the whole case library: what each can, cannot and does wrong."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gradcheck import Verdict, check, numerical_diff
from gradcheck.executors.isolated import Isolated
from gradcheck.reading import read_cases
from gradcheck.reporters.rows import rows_of
from gradcheck.runner import Options, engines_of
from tests.gradcheck.learners import engine, one_input, recursive, several_inputs

ROOT = Path(__file__).parents[3]
SECONDS = 3.0
"""A case may take; those that pass take milliseconds, two would take longer than the world has."""


def rows(name):
    """The rows of an engine over the library, by the case's slug, without their shared parts."""
    own = engine(name)
    cases = read_cases([str(ROOT / "cases")], ROOT).cases
    pairs = [(case, own) for case in cases if engines_of(case, [own])]
    with Isolated(ROOT, timeout=SECONDS) as executor:
        outcomes = [o for several in executor.run(pairs, Options()) for o in several]
    return {row.case.rpartition("/")[2]: row for row in rows_of(outcomes)}


@pytest.fixture(scope="module")
def of_one_input():
    return rows("one_input")


@pytest.fixture(scope="module")
def of_recursive():
    return rows("recursive")


@pytest.fixture(scope="module")
def of_several_inputs():
    return rows("several_inputs")


def verdicts(rows):
    """The verdicts of all but the skipped."""
    named = {name: row.verdict for name, row in rows.items()}
    return {name: v for name, v in named.items() if v is not Verdict.SKIP}


def reasons(rows):
    """Why rows were skipped, in a few words."""
    return Counter(
        row.outcomes[0].reason.rpartition(".py")[2].strip(": ")
        for row in rows.values()
        if row.verdict is Verdict.SKIP
    )


@pytest.mark.parametrize("name", ["of_one_input", "of_recursive"])
def test_one_input_passes_what_it_can_and_keeps_one_gradient(name, request):
    rows = request.getfixturevalue(name)
    found = verdicts(rows)
    assert found.pop("reuse.yaml::backward_twice") is Verdict.FAIL
    assert set(found.values()) == {Verdict.PASS}
    assert {"notebooks.yaml::composite", "elementwise.yaml::triple[5-float32]"} <= set(found)
    [value, accumulation] = rows["reuse.yaml::backward_twice"].outcomes
    for outcome in (value, accumulation):
        assert "the last gradient alone" in outcome.findings[0].text
    skipped = [o for o in rows["notebooks.yaml::composite"].outcomes if o.verdict is Verdict.SKIP]
    assert [(o.check, o.reason) for o in skipped] == [
        ("accumulation", "no gradient accumulates: each backward pass replaces the last")
    ]


def test_a_stack_without_order_fails_on_what_is_shared(of_several_inputs):
    row = of_several_inputs["notebooks.yaml::shared_intermediate"]
    failed = {o.check: o for o in row.outcomes if o.verdict is Verdict.FAIL}
    assert set(failed) == {"value", "vjp", "accumulation"}
    for outcome in failed.values():
        [text] = [f.text for f in outcome.findings if f.kind == "repeated"]
        assert text.startswith(
            "a branch counted too often: Square.backward ran 2 times in one pass"
        )
    assert of_several_inputs["functions.py::diamond"].verdict is Verdict.FAIL


def test_a_stack_without_order_passes_what_it_can(of_several_inputs):
    passed = {name for name, v in verdicts(of_several_inputs).items() if v is Verdict.PASS}
    assert passed >= {
        "elementwise.yaml::square[5-float32]",
        "elementwise.yaml::exp[float64]",
        "notebooks.yaml::add_shared",
        "notebooks.yaml::reuse_with_cleargrad",
        "notebooks.yaml::reuse_without_cleargrad",
    }


def test_work_that_doubles_with_each_use_is_an_error_and_the_run_goes_on(of_several_inputs):
    found = verdicts(of_several_inputs)
    errors = {name for name, v in found.items() if v is Verdict.ERROR}
    assert errors == {"functions.py::doubled_60_times", "functions.py::doubled_1000_times"}
    for name in errors:
        reason = of_several_inputs[name].outcomes[0].reason
        assert reason.startswith(f"no result within {SECONDS:g} s")
        assert "walks shared variables again and again" in reason


def test_a_composite_run_backward_twice_counts_what_the_first_pass_left(of_several_inputs):
    row = of_several_inputs["notebooks.yaml::square_exp_square"]
    [failed] = [o for o in row.outcomes if o.verdict is Verdict.FAIL]
    assert failed.check == "accumulation"
    assert [f.kind for f in failed.findings] == ["stale"]


@pytest.mark.parametrize("name", ["of_one_input", "of_recursive", "of_several_inputs"])
def test_what_is_missing_is_skipped_with_words(name, request):
    found = reasons(request.getfixturevalue(name))
    kinds = ("has no operation '", "Variable has no operator ", "a fault is planted", "")
    assert all(reason.startswith(kinds[:2]) or kinds[2] in reason or not reason for reason in found)
    assert found["has no operation 'sum'"] > 10
    assert found["Variable has no operator @"] > 5


# ---------------------------------------------------------------- from Python, in this process

ENGINES = [one_input, recursive, several_inputs]


@pytest.mark.parametrize("steps", ENGINES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_check_takes_their_variables(steps):
    x = steps.Variable(np.array([0.5, -1.5]))
    report = check(lambda x: steps.exp(steps.square(x)), x, checks=["structure", "vjp", "purity"])
    assert report.passed
    assert {outcome.engine for outcome in report.outcomes} == {steps.__name__}
    assert x.grad is None, "the checks work on Variables of their own"


@pytest.mark.parametrize("steps", ENGINES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_check_finds_their_wrong_rules(steps):
    class Wrong(steps.Square):
        def backward(self, gy):
            return 1.001 * super().backward(gy)

    report = check(lambda x: Wrong()(x), steps.Variable(np.array([0.5, -1.5])))
    assert report.verdict is Verdict.FAIL
    assert "a constant factor of 1.001 on every entry of x's gradient" in str(report)


@pytest.mark.parametrize("steps", ENGINES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_numerical_diff_builds_their_variables(steps):
    x = steps.Variable(np.array(0.5))
    found = numerical_diff(lambda x: steps.exp(steps.square(x)), x)
    assert found == pytest.approx(2 * 0.5 * np.exp(0.25), rel=1e-7)


def test_check_on_what_is_shared():
    def shared(x):
        a = several_inputs.square(x)
        return several_inputs.add(several_inputs.square(a), several_inputs.square(a))

    report = check(shared, several_inputs.Variable(np.array(2.0)))
    assert report.verdict is Verdict.FAIL
    assert "a branch counted too often: Square.backward ran 2 times" in str(report)


def test_a_recursion_on_a_deep_graph_is_an_error_in_words():
    def deep(x):
        for _ in range(3000):
            x = recursive.square(x)
        return x

    report = check(deep, recursive.Variable(np.array(1.0)))
    assert report.verdict is Verdict.ERROR
    assert "RecursionError: maximum recursion depth exceeded" in str(report)
    assert "walk the graph in a loop over a list" in str(report)
    assert "recursive.py:" in str(report)


def test_two_inputs_for_an_operation_of_one_is_an_error_at_the_place_of_the_call():
    def both(x, y):
        return one_input.Square()(x, y)

    x = one_input.Variable(np.array(1.0))
    report = check(both, x, x)
    assert report.verdict is Verdict.ERROR
    assert "takes 2 positional arguments but 3 were given" in str(report)
    assert "test_learners.py:" in str(report)
