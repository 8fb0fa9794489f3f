"""The estimate and its error, on made-up turns whose ratio is known."""

import math
import random
import statistics

import pytest

from gradcheck.bench.ratio import PROCESS_SD, Ratio, pooled, ratio_of, standard_error


def turns(ratio: float, pairs: int, noise: float, rng: random.Random):
    """Turns of two sides that share each moment's speed and have a noise of their own."""
    moments = [rng.uniform(1.0, 2.0) for _ in range(pairs)]
    old = [m * math.exp(rng.gauss(0, noise)) for m in moments]
    new = [m * ratio * math.exp(rng.gauss(0, noise)) for m in moments]
    return old, new


def test_what_both_sides_share_does_not_matter():
    old, new = turns(1.05, 100, 0.0, random.Random(1))
    found = ratio_of(old, new)
    assert found.log_ratio == pytest.approx(math.log(1.05), abs=1e-12)
    assert found.se == pytest.approx(0.0, abs=1e-12)
    assert (found.pairs, found.old, found.new) == (100, min(old), min(new))


@pytest.mark.parametrize("pairs", [4, 12, 100])
def test_the_standard_error_is_the_scatter_of_the_estimate(pairs):
    rng = random.Random(2)
    several = [ratio_of(*turns(1.0, pairs, 0.02, rng)) for _ in range(400)]
    scatter = statistics.stdev(r.log_ratio for r in several)
    assert statistics.fmean(r.se for r in several) == pytest.approx(scatter, rel=0.2)


def test_a_preempted_turn_moves_neither_the_estimate_nor_its_error():
    rng = random.Random(3)
    old, new = turns(1.0, 60, 0.01, rng)
    clean = ratio_of(old, new)
    new[7] *= 50
    spoilt = ratio_of(old, new)
    assert abs(spoilt.log_ratio - clean.log_ratio) < 0.003
    assert spoilt.se == pytest.approx(clean.se, rel=0.3)


def test_one_pair_says_nothing():
    assert standard_error([0.1]) == math.inf
    low, high = ratio_of([1.0], [1.2]).interval
    assert low < 1e-300
    assert high > 1e300


def test_the_interval_covers_the_truth():
    rng = random.Random(4)
    covered = 0
    for _ in range(300):
        # what differs between processes comes on top of what differs between pairs
        shift = math.exp(rng.gauss(0, PROCESS_SD))
        low, high = ratio_of(*turns(1.03 * shift, 60, 0.02, rng)).interval
        covered += low <= 1.03 <= high
    assert covered >= 0.9 * 300


def session(log_ratio: float, se: float = 0.002) -> Ratio:
    return Ratio(log_ratio, se, 40, 1.0, math.exp(log_ratio))


def test_sessions_are_pooled_by_their_median_and_scatter():
    whole = pooled([session(0.05), session(0.04), session(0.06), session(0.30)])
    assert whole.log_ratio == pytest.approx(0.055)
    assert whole.se > 0.05
    assert (whole.sessions, whole.pairs) == (4, 160)


def test_sessions_that_agree_by_chance_are_no_surer_than_their_pairs():
    assert pooled([session(0.05, 0.01)] * 4).se == pytest.approx(0.005)
