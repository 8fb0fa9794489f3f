"""The numerical derivative's error bounds hold, are narrow, and cost little.

The seeds here were not used to choose any threshold; `python -m tests.power.bounds` runs the long
version.
"""

import math

import numpy as np
import pytest

from tests.power.bounds import CRITERION, corpus_trials, expression_trials

FLOAT64 = ("smooth", "sum", "singular", "domain", "oscillating", "deep")


@pytest.fixture(scope="module", params=[(7001, False), (7002, True)], ids=["unscaled", "scaled"])
def on_corpus(request):
    seed, scaled = request.param
    return corpus_trials(seed, scaled=scaled)


@pytest.fixture(scope="module")
def on_expressions():
    return expression_trials(7003, 300)


def names(trials):
    return [f"{trial.name}: {trial.estimate}" for trial in trials]


def test_no_claim_misses_the_truth_on_the_corpus(on_corpus):
    assert names(trial for trial in on_corpus if trial.missed) == []


def test_a_kink_or_a_step_at_the_point_is_never_given_a_tight_claim(on_corpus):
    broken = [t for t in on_corpus if t.category in ("at a kink", "at a step")]
    assert len(broken) == 13
    for trial in broken:
        apart = float(max(trial.slopes) - min(trial.slopes))
        infinite = not all(math.isfinite(slope) for slope in trial.slopes)
        assert trial.estimate.reason or (not infinite and 2 * trial.estimate.error >= apart), trial


def test_most_kinks_are_settled_within_sixty_evaluations(on_corpus):
    kinks = [t.estimate.evaluations for t in on_corpus if t.category == "at a kink"]
    assert np.median(kinks) <= 60


def test_bounds_are_narrow_on_smooth_functions(on_corpus):
    widths = [t.width for t in on_corpus if t.category == "smooth"]
    assert np.quantile(widths, 0.5) <= 1e-11
    assert np.quantile(widths, 0.9) <= 1e-8


def test_the_corpus_costs_what_it_should(on_corpus):
    evaluations = [trial.estimate.evaluations for trial in on_corpus]
    assert np.median(evaluations) <= 31
    assert max(evaluations) <= 150


def test_hardly_anything_smooth_is_inconclusive(on_corpus):
    trials = [t for t in on_corpus if t.category in FLOAT64]
    assert np.mean([t.inconclusive for t in trials]) <= 0.03


def test_claims_cover_the_truth_on_fresh_expressions(on_expressions):
    covered = np.mean([trial.covered for trial in on_expressions])
    assert covered >= 0.998, names(t for t in on_expressions if not t.covered)


def test_fresh_expressions_are_bounded_narrowly_and_cheaply(on_expressions):
    widths = [trial.width for trial in on_expressions]
    assert np.quantile(widths, 0.5) <= 1e-11
    assert np.quantile(widths, 0.9) <= 1e-8
    assert np.median([trial.estimate.evaluations for trial in on_expressions]) <= 31
    assert np.mean([width > CRITERION for width in widths]) <= 0.03


def test_claims_cover_the_truth_near_kinks_and_without_a_known_scale():
    trials = expression_trials(7004, 300, kinked=True, scaled=False)
    assert names(trial for trial in trials if trial.missed) == []
