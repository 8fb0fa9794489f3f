"""What moves with the last digits of its arguments cannot be known better; a mistake does not."""

import numpy as np
import pytest

from gradcheck.checks import CHECKS
from gradcheck.checks.scatter import scatter
from gradcheck.judge import judge
from gradcheck.vocabulary import Subject, Verdict
from tests.gradcheck.subjects import outcomes_of, rule_case

EPS = 2.0**-52
Y_BARS = (np.array([0.3, -1.7]),)


def at(x, **fields):
    return Subject(("x",), (x,), (True,), lambda x: (x,), **fields)


def matrix(condition, size=6, seed=0):
    rng = np.random.default_rng(seed)
    u, v = (np.linalg.qr(rng.normal(size=(size, size)))[0] for _ in range(2))
    return u * np.logspace(0, -np.log10(condition), size) @ v


def solve_rule(y_bars, xs, ys):
    by_b = np.linalg.solve(xs[0].T, y_bars[0])
    return -np.outer(by_b, ys[0]), by_b


def verdict_of(condition, factor=1.0, size=6, seed=0):
    b = np.random.default_rng(seed + 1).normal(size=size)

    def rule(*args):
        return tuple(factor * gradient for gradient in solve_rule(*args))

    case = rule_case(np.linalg.solve, rule, a=matrix(condition, size, seed), b=b)
    return outcomes_of(case, seed=seed)["vjp"].verdict


@pytest.mark.parametrize("condition", [1e2, 1e4, 1e6, 1e8, 1e10])
@pytest.mark.parametrize("size", [2, 6, 20])
def test_a_right_rule_at_a_badly_conditioned_point_passes(condition, size):
    verdicts = {verdict_of(condition, size=size, seed=seed) for seed in range(4)}
    assert Verdict.FAIL not in verdicts
    assert Verdict.PASS in verdicts


@pytest.mark.parametrize(("condition", "fault"), [(1.0, 1e-11), (1e4, 1e-10), (1e8, 1e-8)])
def test_a_fault_beyond_the_conditioning_is_seen(condition, fault):
    verdicts = [verdict_of(condition, 1 + fault, seed=seed) for seed in range(4)]
    assert verdicts == [Verdict.FAIL] * 4


def test_an_answer_scatters_by_its_condition():
    def answer(condition):
        return lambda subject, y_bars: float(np.sin(condition * subject.xs[0]).sum())

    point = at(np.array([1.0, 2.0]))
    well, badly = (scatter(answer(c), point, Y_BARS) for c in (1.0, 1e6))
    assert EPS < well < 50 * EPS
    assert 1e5 < badly / well < 1e7


def test_what_is_wrong_now_and_then_does_not_count_as_scatter():
    calls = []

    def answer(subject, y_bars):
        calls.append(1)
        return 1.0 + (len(calls) % 3 == 0)

    assert scatter(answer, at(np.ones(2)), Y_BARS) == 0.0


def test_beyond_the_domain_nothing_is_said():
    def answer(subject, y_bars):
        raise np.linalg.LinAlgError

    assert scatter(answer, at(np.ones(2)), Y_BARS) == 0.0


def test_entries_at_kinks_and_whole_numbers_stay_where_they_are():
    seen = []
    held = (np.array([True, False]),)
    subject = Subject(
        ("x", "i"), (np.array([1.0, 1.0]), np.array([3])), (True, False), print, held=(*held, None)
    )
    scatter(lambda subject, y_bars: seen.append(subject.xs) or 0.0, subject, Y_BARS)
    assert {float(x[0]) for x, i in seen} == {1.0}
    assert len({float(x[1]) for x, i in seen}) > 3
    assert {int(i[0]) for x, i in seen} == {3}


def test_complex_numbers_move_in_both_parts_and_keep_their_layout():
    seen = []
    x = np.asfortranarray(np.array([[1 + 2j, 3 - 1j], [0.5j, 2.0]]))
    scatter(lambda subject, y_bars: seen.append(subject.xs[0]) or 0.0, at(x), Y_BARS)
    assert {array.flags.f_contiguous for array in seen} == {True}
    assert all(np.abs(array - x).max() < 20 * EPS for array in seen)
    assert any((array.imag != x.imag).any() for array in seen)


def solved(condition, factor=1.0):
    """The solution of a system, and forward mode by the inverse: it loses other digits."""
    b = np.random.default_rng(1).normal(size=6)

    def jvp(xs, x_dots):
        inverse = np.linalg.inv(xs[0])
        return (factor * (inverse @ (x_dots[1] - x_dots[0] @ (inverse @ xs[1]))),)

    return Subject(
        ("a", "b"),
        (matrix(condition), b),
        (True, True),
        lambda a, b: (np.linalg.solve(a, b),),
        vjp=lambda xs, y_bars: solve_rule(y_bars, xs, (np.linalg.solve(*xs),)),
        jvp=jvp,
    )


def adjoint_verdicts(subject):
    case = rule_case(None, None)
    found = CHECKS["adjoint"].run(subject, case, np.random.default_rng(0))
    return {judge(evidence).verdict for evidence in found}


def test_modes_that_lose_other_digits_of_a_bad_condition_agree():
    assert adjoint_verdicts(solved(1e8)) == {Verdict.PASS}
    assert adjoint_verdicts(solved(1e8, 1.0001)) == {Verdict.FAIL}
    assert adjoint_verdicts(solved(1.0, 1 + 1e-11)) == {Verdict.FAIL}
