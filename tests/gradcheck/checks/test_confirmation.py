"""What a rule loses to rounding is measured entry by entry: in a sum it may cancel by chance."""

import numpy as np
import pytest

from gradcheck.checks.confirmation import _lost
from gradcheck.vocabulary import Verdict
from tests.gradcheck.subjects import outcomes_of, rule_case

WIDE = np.array([1.0, -2.0, 0.5, 3.0])


@pytest.mark.parametrize(
    ("off", "lost"),
    [
        ([0.0, 0.0, 0.0, 0.0], 0.0),
        ([3e-6, -3e-6, 4e-6, -4e-6], np.sqrt(50) * 1e-6),  # the sum keeps all its digits
        ([1e-6, 1e-6, 1e-6, 1e-6], 4e-6),  # and here it loses more than any entry
        ([0.0, 0.0, 0.0, -5e-6], 5e-6),
    ],
)
def test_what_terms_lose_does_not_cancel(off, lost):
    assert _lost(WIDE + np.array(off), WIDE) == pytest.approx(lost, rel=1e-6)


def test_a_rule_whose_lost_digits_cancel_in_one_projection_is_no_false_alarm():
    def rule(y_bars, xs, ys):
        x, offset = xs[0], xs[0].dtype.type(2.0**20)
        return y_bars[0] * (np.cos(x) + offset - offset)  # off by 1e-10, up or down, and only so

    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=2)
        assert outcomes_of(rule_case(np.sin, rule, x=x), seed=seed)["vjp"].verdict is Verdict.PASS
