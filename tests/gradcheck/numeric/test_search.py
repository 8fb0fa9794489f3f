import numpy as np
import pytest

from gradcheck.numeric.line import Line
from gradcheck.numeric.search import FIRST_STEP, Search


def searched(f, x=0.5, u=0.77, budget=150, scale=0.0):
    line = Line(f, (np.asarray(x),), (np.asarray(u),), None, budget)
    search = Search(line, scale)
    with np.errstate(all="ignore"):
        search.enter_domain(FIRST_STEP)
        search.descend()
    return search


def test_a_smooth_function_is_settled_by_one_level_and_three_probes():
    search = searched(np.exp)
    assert search.finding == "clean"
    assert search.line.evaluations == 19
    assert list(search.levels) == [FIRST_STEP]


def test_rounding_makes_the_levels_grow():
    search = searched(lambda x: 1e6 + np.cos(x))
    assert max(search.levels) > FIRST_STEP
    assert search.grown


def test_truncation_makes_the_levels_shrink_straight_to_the_step_foretold():
    search = searched(lambda x: np.sin(20 * x))
    assert search.finding == "clean"
    assert len(search.levels) <= 3


def test_the_domain_is_entered_from_above():
    search = searched(np.log, x=1e-4, u=1.0)
    assert search.finding == "clean"
    assert 6 * min(search.levels) < 1e-4


@pytest.mark.parametrize(
    ("f", "x", "finding"),
    [
        (np.abs, 0.0, "kink"),
        (lambda x: np.sqrt(np.abs(x)), 0.0, "rough"),
        (lambda x: x * np.abs(x), 0.0, "rough"),
        (lambda x: x + np.heaviside(x - 1, 1.0), 1.0, "step"),
        (lambda x: np.sin(x).astype(np.float32).astype(float), 0.5, "noise"),
        (lambda x: 0 * x + 3.25, 0.5, "quantised"),
        (lambda x: np.sin(x) + 1e-3 * np.sin(1e5 * x), 0.5, "structure"),
    ],
)
def test_what_stands_in_the_way_is_told_apart(f, x, finding):
    assert searched(f, x).finding == finding


def test_a_kink_at_the_point_gives_both_slopes():
    search = searched(lambda x: np.maximum(x, 0), x=0.0, u=2.0)
    assert search.kink.slopes == pytest.approx((0.0, 2.0), abs=1e-9)
    assert search.line.evaluations <= 40


def test_a_constant_function_is_accepted_as_such():
    search = searched(lambda x: 0 * x + 3.25)
    level, answer = search.accepted
    assert level.constant
    assert answer.slope == 0.0


def test_a_dead_side_is_trusted_but_not_a_quantised_function():
    assert searched(lambda x: np.maximum(x - 1, 0), x=0.9999).is_dead
    assert not searched(lambda x: np.floor(x * 1e3) / 1e3, x=0.30051).is_dead


def test_refinement_narrows_the_bound():
    search = searched(lambda x: np.exp(x).astype(np.float32).astype(float))
    before = min(level.answer(search.noise).bound for level in search.levels.values())
    search.refine()
    assert min(level.answer(search.noise).bound for level in search.levels.values()) < before


def test_a_known_scale_is_what_a_bound_is_held_against():
    f = lambda x: np.sin(x) + 1e5  # noqa: E731
    unknown, known = searched(f), searched(f, scale=1e4)
    assert known.line.evaluations < unknown.line.evaluations
    assert known.finding == "clean"
