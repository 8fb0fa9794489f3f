import math
from dataclasses import replace

import pytest

from gradcheck.judge import judge
from gradcheck.vocabulary import Estimate, Evidence, Fact, Tolerance, Verdict

EPS = 2.0**-52
ESTIMATE = Estimate(2.0, 1e-12, magnitude=3.0, points=13, clean=True)
RIGHT = Evidence("<y_bar, J x_dot>", ("x",), 2.0, ESTIMATE, 2.5, 0.5, 1.5, EPS, 3.0)


def judged(**changes):
    return judge(replace(RIGHT, **changes))


def estimated(**changes):
    return judged(estimate=replace(ESTIMATE, **changes))


def test_agreement_within_the_bound_passes():
    assert judged(analytic=2.0 + 0.9e-12).verdict is Verdict.PASS


def test_disagreement_beyond_bound_and_rounding_fails():
    assert judged(analytic=2.0 + 1.1e-12).verdict is Verdict.FAIL


def test_the_rules_own_rounding_is_allowed_for():
    difference = 1e-12 + 15 * EPS * 2.5
    assert judged(analytic=2.0 + difference).verdict is Verdict.PASS
    assert judged(analytic=2.0 + 1e-12 + 17 * EPS * 2.5).verdict is Verdict.FAIL


def test_the_rounding_of_a_large_output_is_allowed_for():
    large = 1e9
    assert judged(analytic=2.0 + 3 * EPS * large, output=large).verdict is Verdict.PASS
    assert judged(analytic=2.0 + 5 * EPS * large, output=large).verdict is Verdict.FAIL


def test_a_coarse_rule_is_judged_by_its_own_epsilon():
    eps32 = 2.0**-23
    assert judged(analytic=2.0 + 10 * eps32 * 2.5, eps=eps32).verdict is Verdict.PASS
    assert judged(analytic=2.0 + 10 * eps32 * 2.5).verdict is Verdict.FAIL


def test_a_bound_wider_than_a_thousandth_decides_nothing():
    undecided = estimated(error=2.6e-3, clean=False)
    assert undecided.verdict is Verdict.INCONCLUSIVE
    assert undecided.reason == "precision"
    assert estimated(error=2.4e-3, clean=False).verdict is Verdict.PASS


def test_the_estimates_reason_is_told():
    assert estimated(error=0.5, reason="kink").reason == "kink"


def test_a_true_zero_passes_with_an_absolute_detection():
    zero = replace(ESTIMATE, value=1e-15, error=1e-14)
    judgement = judged(estimate=zero, analytic=0.0, norm=0.0, median=0.0, output=0.0)
    assert judgement.verdict is Verdict.PASS
    assert judgement.detects.absolute
    assert judgement.detects.entry == pytest.approx(1e-14)


def test_a_gradient_where_there_is_none_fails():
    zero = replace(ESTIMATE, value=1e-15, error=1e-14)
    assert judged(estimate=zero, analytic=1e-9, norm=1e-9).verdict is Verdict.FAIL


def test_an_unclean_estimate_is_never_a_true_zero():
    noisy = replace(ESTIMATE, value=1e-15, error=1e-14, clean=False)
    judgement = judged(estimate=noisy, analytic=0.0, norm=0.0, median=0.0, output=0.0)
    assert judgement.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_fails_where_the_derivative_is(wrong):
    judgement = judged(analytic=wrong, norm=abs(wrong))
    assert judgement.verdict is Verdict.FAIL
    assert str(wrong) in judgement.reason


def test_nothing_finite_on_either_side_is_inconclusive():
    lost = replace(ESTIMATE, value=math.nan, error=math.inf, reason="non-finite")
    assert judged(analytic=math.nan, estimate=lost).verdict is Verdict.INCONCLUSIVE


def test_detects_is_the_tolerance_over_gradient_and_median_entry():
    detects = judged().detects
    tolerance = 1e-12 + 16 * EPS * 2.5
    assert detects.factor == pytest.approx(tolerance / 2.0)
    assert detects.entry == pytest.approx(tolerance / 0.5)
    assert not detects.absolute


def test_a_median_entry_of_zero_is_no_detection_at_all():
    assert judged(median=0.0).detects.entry == math.inf


def test_a_tolerance_loosens_and_is_what_detects_speaks_of():
    loose = judge(replace(RIGHT, analytic=2.002), Tolerance(rtol=1e-3))
    assert loose.verdict is Verdict.PASS
    assert loose.tolerance == pytest.approx(1e-3 * 2.5)
    assert loose.detects.factor == pytest.approx(2.5e-3 / 2.002)


def test_an_absolute_tolerance_is_in_units_of_the_direction():
    assert judge(replace(RIGHT, analytic=2.0014), Tolerance(atol=1e-3)).verdict is Verdict.PASS
    assert judge(replace(RIGHT, analytic=2.0016), Tolerance(atol=1e-3)).verdict is Verdict.FAIL


def test_a_tolerance_never_tightens():
    assert judge(replace(RIGHT, analytic=2.0 + 0.9e-12), Tolerance()).verdict is Verdict.PASS


def test_a_fact_passes_if_it_holds():
    assert judge(Fact("x is not written to", True)).verdict is Verdict.PASS
    assert judge(Fact("x is not written to", False)).verdict is Verdict.FAIL
