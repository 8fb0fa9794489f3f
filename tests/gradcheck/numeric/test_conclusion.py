import math

import numpy as np
import pytest

from gradcheck.numeric.conclusion import conclude, conclude_one_sided, failure
from gradcheck.numeric.line import Line
from gradcheck.numeric.search import FIRST_STEP, Search


def search(f, x=0.5, u=0.77):
    found = Search(Line(f, (np.asarray(x),), (np.asarray(u),), None, 150), 0.0)
    found.enter_domain(FIRST_STEP)
    found.descend()
    return found


def test_an_accepted_answer_is_passed_on():
    found = search(np.exp)
    estimate = conclude(found, exhausted=False)
    level, answer = found.accepted
    assert estimate.value == answer.slope
    assert answer.bound <= estimate.error <= answer.bound * 1.01
    assert estimate.reason == ""
    assert estimate.clean
    assert estimate.slopes is None
    assert (estimate.points, estimate.step, estimate.evaluations) == (13, level.step, 19)
    assert estimate.eps == 2.0**-52


def test_the_magnitude_is_the_largest_value_met():
    assert conclude(search(np.exp), exhausted=False).magnitude == pytest.approx(
        math.exp(0.5 + 6 * FIRST_STEP * 0.77)
    )


def test_a_kink_widens_the_error_over_both_slopes():
    estimate = conclude(search(lambda x: np.abs(x) + x, x=0.0, u=1.0), exhausted=False)
    assert estimate.reason == "kink"
    assert estimate.value - estimate.error < 0.0
    assert estimate.value + estimate.error > 2.0
    assert estimate.slopes == pytest.approx((0.0, 2.0), abs=1e-9)


def test_a_step_has_no_finite_bound():
    estimate = conclude(search(np.floor, x=3.0), exhausted=False)
    assert (estimate.reason, estimate.error) == ("step", math.inf)


def test_a_clean_zero_needs_no_reason():
    estimate = conclude(search(lambda x: np.sin(x) ** 2 + np.cos(x) ** 2), exhausted=False)
    assert estimate.reason == ""
    assert abs(estimate.value) <= estimate.error < 1e-12


def test_an_exhausted_budget_is_the_reason_when_the_bound_is_too_wide():
    found = search(lambda x: np.sin(x) + 0.05 * np.sin(97 * x))
    found.levels = {FIRST_STEP: found.levels[FIRST_STEP]}
    found.accepted, found.finding = None, ""
    assert conclude(found, exhausted=True).reason == "budget"


def test_failures_claim_nothing():
    line = Line(np.sin, (np.array(1.0),), (np.array(1.0),), None, 10)
    estimate = failure(line, "non-finite")
    assert math.isnan(estimate.value)
    assert (estimate.error, estimate.reason) == (math.inf, "non-finite")
    assert conclude_one_sided(line, None, 0.0, 0.1).reason == "domain edge"
