import warnings
from dataclasses import replace

import numpy as np
import pytest

from gradcheck.errors import MissingOperation
from gradcheck.runner import Options, engines_of, run, run_case
from gradcheck.vocabulary import Case, Expectation, Generator, Input, Place, Verdict
from tests.gradcheck.subjects import outcomes_of, rule_case, sine, sine_rule

X = np.array([0.5, 1.0, -2.0])
RIGHT = rule_case(sine, sine_rule, x=X)
WRONG = rule_case(sine, lambda y_bars, xs, ys: y_bars[0] * np.sin(xs[0]), x=X)


def verdicts(case, engine="rule", **options):
    return {check: o.verdict for check, o in outcomes_of(case, engine, **options).items()}


def test_an_outcome_for_each_check_in_order():
    assert list(verdicts(RIGHT)) == ["structure", "vjp", "accumulation", "purity"]


def test_checks_can_be_chosen():
    assert list(verdicts(RIGHT, checks=("vjp",))) == ["vjp"]
    assert list(verdicts(replace(RIGHT, checks=("purity",)))) == ["purity"]


def test_the_same_seed_gives_the_same_numbers():
    first, second = outcomes_of(RIGHT)["vjp"], outcomes_of(RIGHT)["vjp"]
    assert first.judgements == second.judgements
    assert outcomes_of(RIGHT, seed=1)["vjp"].judgements != first.judgements


def test_a_case_is_the_same_wherever_its_file_is():
    moved = replace(RIGHT, place=Place("elsewhere/other.py", 99))
    assert outcomes_of(moved)["vjp"].judgements == outcomes_of(RIGHT)["vjp"].judgements


def test_a_failure_is_traced_and_can_be_repeated():
    outcome = outcomes_of(WRONG, seed=7)["vjp"]
    assert outcome.verdict is Verdict.FAIL
    assert [finding.kind for finding in outcome.findings] == ["entry", "entries"]
    assert outcome.repeat == 'python -m gradcheck run "cases/rules.py::rule" -e rule --seed 7'


def test_an_exception_ends_its_case_with_an_error_and_the_next_one_runs():
    def raises(y_bars, xs, ys):
        raise ZeroDivisionError("not here")

    broken = rule_case(sine, raises, x=X)
    outcomes = list(run([broken, RIGHT]))
    assert next(o.verdict for o in outcomes if o.case == broken.id) is Verdict.ERROR
    assert "ZeroDivisionError: not here" in outcomes[0].reason
    assert "test_runner.py:" in outcomes[0].reason
    assert outcomes[-1].verdict is Verdict.PASS


def test_a_missing_operation_skips_the_case():
    def lacks(*xs):
        raise MissingOperation("rule has no operation 'fft'")

    outcomes = run_case(rule_case(lacks, sine_rule, x=X), "rule", Options())
    assert [(o.verdict, o.reason) for o in outcomes] == [
        (Verdict.SKIP, "rule has no operation 'fft'")
    ]


def test_nothing_differentiable_and_nothing_expected_is_an_error():
    case = rule_case(lambda i: i * 2, lambda y_bars, xs, ys: None, i=np.array([1, 2]))
    [outcome] = run_case(case, "rule", Options())
    assert outcome.verdict is Verdict.ERROR
    assert "nothing to compare" in outcome.reason


EMPTY = rule_case(sine, sine_rule, x=np.empty(0))
LARGE = rule_case(sine, sine_rule, x=np.ones(40))


@pytest.mark.parametrize(
    ("case", "check", "reason"),
    [
        (RIGHT, "value", "none of the checks that were named applies"),
        (EMPTY, "vjp", "no input or no output has an entry"),
        (LARGE, "jacobian", "the Jacobian has 1,600 entries"),
    ],
)
def test_checks_that_say_nothing_of_a_case_are_an_error(case, check, reason):
    asked = replace(case, checks=(check,))
    [outcome] = run_case(asked, "rule", Options())
    assert outcome.verdict is Verdict.ERROR
    assert reason in outcome.reason
    expected = replace(asked, expect=Expectation(verdict="error"))
    assert verdicts(expected) == {"verdict": Verdict.PASS}


def test_a_check_that_says_nothing_beside_one_that_does_is_a_skip():
    assert verdicts(replace(LARGE, checks=("vjp", "jacobian"))) == {
        "vjp": Verdict.PASS,
        "jacobian": Verdict.SKIP,
    }


def test_a_check_that_the_engine_lacks_stays_a_skip():
    assert verdicts(replace(RIGHT, checks=("jvp",))) == {"jvp": Verdict.SKIP}


HUGE = rule_case(lambda x: x * x, lambda y_bars, xs, ys: 2 * y_bars[0] * xs[0], x=X * 1e154)
INFINITE = rule_case(sine, lambda y_bars, xs, ys: y_bars[0] * np.array([np.inf, -np.inf, 1]), x=X)


@pytest.mark.parametrize(
    ("case", "verdict"), [(HUGE, Verdict.INCONCLUSIVE), (INFINITE, Verdict.FAIL)]
)
def test_a_warning_of_numpy_made_an_error_is_none_of_a_case(case, verdict):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert verdicts(case)["vjp"] is verdict


def test_skip_with_a_reason_for_one_engine_or_all():
    assert verdicts(replace(RIGHT, skip={"*": "slow"})) == {"case": Verdict.SKIP}
    assert verdicts(replace(RIGHT, skip={"rule": "slow"})) == {"case": Verdict.SKIP}
    assert verdicts(replace(RIGHT, skip={"torch": "slow"}))["vjp"] is Verdict.PASS


def test_an_engine_without_adapter_is_a_skip_with_words():
    [outcome] = run_case(RIGHT, "torchless", Options())
    assert (outcome.verdict, outcome.reason) == (
        Verdict.SKIP,
        "no adapter for torchless in this version",
    )


def test_xfail_covers_a_failure_and_is_strict():
    failing = verdicts(replace(WRONG, xfail={"*": "known"}))
    assert failing["vjp"] is Verdict.XFAIL
    assert Verdict.FAIL not in failing.values()
    passing = verdicts(replace(RIGHT, xfail={"*": "known"}))
    assert passing["vjp"] is Verdict.XPASS


def test_xfail_covers_neither_an_error_nor_the_undecided():
    def raises(y_bars, xs, ys):
        raise ZeroDivisionError

    erring = replace(rule_case(sine, raises, x=X), xfail={"*": "known"})
    assert verdicts(erring)["structure"] is Verdict.ERROR
    kink = rule_case(np.abs, lambda y_bars, xs, ys: y_bars[0] * np.sign(xs[0]), x=np.zeros(2))
    assert verdicts(replace(kink, xfail={"*": "known"}))["vjp"] is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("declared", "chosen", "expected"),
    [
        ((), (), ("engine",)),
        (("engine", "torch"), (), ("engine", "torch")),
        ((), ("torch",), ("torch",)),
        (("engine",), ("torch", "engine"), ("engine",)),
        (("engine",), ("torch",), ()),
        ((), ("rule",), ()),
    ],
)
def test_which_engines_a_case_runs_on(declared, chosen, expected):
    case = Case("c", Place("cases/a.yaml"), {}, function=lambda xp: None, engines=declared)
    assert engines_of(case, chosen) == expected


def test_a_rule_runs_on_no_engine():
    assert engines_of(RIGHT, ()) == ("rule",)
    assert engines_of(RIGHT, ("engine",)) == ()


def test_inputs_that_cannot_be_made_are_an_error_of_their_case():
    huge = Input(generator=Generator((10**9, 10**3)))
    outcomes = run_case(rule_case(sine, sine_rule, x=huge), "rule", Options())
    assert [o.verdict for o in outcomes] == [Verdict.ERROR]


def test_a_wrong_expected_number_fails():
    case = replace(rule_case(sine, sine_rule, x=np.array(0.0)), expect=Expectation(value=0.1))
    assert verdicts(case)["value"] is Verdict.FAIL


def test_numbers_that_a_case_states_are_compared_whichever_checks_it_names():
    case = replace(rule_case(sine, sine_rule, x=np.array(0.0)), checks=("vjp",))
    assert list(verdicts(case)) == ["vjp"]
    stated = replace(case, expect=Expectation(value=0.1))
    assert verdicts(stated) == {"value": Verdict.FAIL, "vjp": Verdict.PASS}
    assert list(verdicts(stated, checks=("vjp",))) == ["vjp"]


def test_an_engine_that_lacks_the_operation_meets_no_expected_verdict():
    case = Case(
        "a",
        Place(""),
        {"x": Input(data=1.0)},
        function=lambda xp, x: xp.erf(x),
        expect=Expectation(verdict="inconclusive"),
    )
    [outcome] = run_case(case, "engine", Options())
    assert outcome.verdict is Verdict.SKIP
