import math

import numpy as np
import pytest

from gradcheck.numeric.level import exponent, failing_probe, measure
from gradcheck.numeric.line import Line


def line(f, x=0.5, u=0.77):
    return Line(f, (np.asarray(x),), (np.asarray(u),), None, 1000)


def level(f, step=2.0**-7, x=0.5, u=0.77, scale=0.0):
    found = measure(line(f, x, u), step, scale)
    assert found is not None
    return found


def test_a_smooth_level_is_clean_and_its_bound_covers_the_truth():
    found = level(np.exp)
    answer = found.answer()
    assert found.clean
    assert abs(answer.slope - 0.77 * math.exp(0.5)) <= answer.bound < 1e-12


@pytest.mark.parametrize("step", [2.0**-k for k in range(0, 30, 3)])
def test_every_level_covers_the_truth_at_every_step(step):
    answer = level(np.sin, step).answer()
    assert abs(answer.slope - 0.77 * math.cos(0.5)) <= answer.bound


def test_thirteen_points_are_evaluated_and_half_of_them_again_at_half_the_step():
    sampled = line(np.sin)
    measure(sampled, 2.0**-7, 0.0)
    assert sampled.evaluations == 13
    measure(sampled, 2.0**-8, 0.0)
    assert sampled.evaluations == 19


def test_a_level_outside_the_domain_is_none_and_costs_little():
    sampled = line(np.log, x=0.01, u=1.0)
    with np.errstate(all="ignore"):
        assert measure(sampled, 2.0**-7, 0.0) is None
    assert sampled.evaluations <= 3


@pytest.mark.parametrize(
    ("f", "power"),
    [(np.abs, 1.0), (lambda x: x * np.abs(x), 2.0), (lambda x: np.sqrt(np.abs(x)), 0.5)],
)
def test_the_residual_falls_with_the_power_of_the_singularity(f, power):
    above, below = level(f, 2.0**-7, x=0.0), level(f, 2.0**-11, x=0.0)
    assert exponent(above, below) == pytest.approx(power, abs=0.02)


def test_the_residual_of_noise_is_the_noise():
    rng = np.random.default_rng(3)
    found = [level(lambda x: np.sin(x) + 1e-6 * rng.standard_normal()).residual for _ in range(50)]
    assert np.median(found) == pytest.approx(1e-6, rel=0.4)


def test_noise_is_covered_by_students_quantile():
    rng = np.random.default_rng(4)
    answers = [
        level(lambda x: np.sin(x) + 1e-6 * rng.standard_normal()).answer() for _ in range(300)
    ]
    truth = 0.77 * math.cos(0.5)
    assert all(abs(answer.slope - truth) <= answer.bound for answer in answers)
    assert any(abs(answer.slope - truth) > 1e-6 for answer in answers)


def test_constants_and_half_constants_are_seen():
    constant = level(lambda x: 0 * x + 3.25)
    assert constant.constant
    assert constant.half_constant
    assert constant.repeating == 1.0
    # What does not move may still hide a slope below the rounding of 3.25.
    assert constant.answer().bound >= 0.5 * 2.0**-52 * 3.25
    relu = level(lambda x: np.maximum(x, 0), x=0.0)
    assert relu.half_constant
    assert not relu.constant
    assert relu.repeating == 0.0


def test_a_staircase_repeats():
    assert level(lambda x: np.floor(x * 30) / 30, x=0.301).repeating >= 0.3


def test_scales_far_from_one_neither_overflow_nor_vanish():
    for factor in (1e-250, 1e250):
        answer = level(lambda x, factor=factor: factor * np.exp(x)).answer()
        truth = factor * 0.77 * math.exp(0.5)
        assert abs(answer.slope - truth) <= answer.bound < 1e-11 * truth


def test_rounding_in_phase_is_seen_between_the_points():
    quantum = 2.0**-30
    # Spacing of 1.0625 quanta: a straight line of another slope at the points alone.
    step = 2.0**-30 * 1.0625
    found = level(lambda x: np.round(x / quantum) * quantum, step, x=0.0, u=1.0)
    assert found.residual > quantum / 8


def test_a_probe_finds_what_the_points_jump_over():
    bump = lambda x: np.sin(x) + 1e-4 * np.exp(-(((x - 0.5) * 1e4) ** 2) / 2) * (x - 0.5) * 1e4  # noqa: E731
    sampled = line(bump, u=1.0)
    found = measure(sampled, 2.0**-7, 0.0)
    assert found.clean
    assert failing_probe(sampled, found, found.answer(), 0.0, 2.0**-46) is not None


def test_probes_pass_where_the_function_is_smooth():
    sampled = line(np.exp)
    found = measure(sampled, 2.0**-7, 0.0)
    assert failing_probe(sampled, found, found.answer(), 0.0, 2.0**-46) is None
    assert sampled.evaluations == 19
