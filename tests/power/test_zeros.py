"""A derivative that is truly zero passes, absolutely; a gradient there fails.

One projection at the point is judged, not a whole check: rules that are zero everywhere are wrong
at a point nearby, which a check would tell.
"""

import numpy as np
import pytest

from gradcheck.checks.vjp import projected
from gradcheck.judge import judge
from gradcheck.vocabulary import Verdict
from tests.gradcheck.subjects import rule_subject
from tests.power.zeros import ZEROS


def judged(zero, backward, seed):
    subject, case = rule_subject(zero.function, backward, x=zero.x)
    return judge(projected(subject, case, (0,), np.random.default_rng(seed)))


def none(y_bars, xs, ys):
    return np.zeros_like(xs[0])


def some(y_bars, xs, ys):
    return np.full_like(xs[0], 1e-5 * np.abs(ys[0]).max() + 1e-12)


def test_there_are_at_least_fifty():
    assert len({zero.name for zero in ZEROS}) >= 50


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("zero", ZEROS, ids=lambda zero: zero.name)
def test_a_true_zero_passes(zero, seed):
    judgement = judged(zero, none, seed)
    assert judgement.verdict is Verdict.PASS, judgement
    assert judgement.detects.absolute


@pytest.mark.parametrize("zero", ZEROS, ids=lambda zero: zero.name)
def test_a_gradient_where_there_is_none_fails(zero):
    judgement = judged(zero, some, 0)
    assert judgement.verdict is Verdict.FAIL, judgement
