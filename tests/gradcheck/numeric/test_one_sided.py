import math

import numpy as np
import pytest

from gradcheck.numeric.line import Line
from gradcheck.numeric.one_sided import measure_side, one_sided


def slope(f, x, step=2.0**-6, u=1.0):
    line = Line(f, (np.asarray(x),), (np.asarray(u),), None, 150)
    with np.errstate(all="ignore"):
        return one_sided(line, step, 0.0), line


@pytest.mark.parametrize(
    ("f", "x", "step", "truth"),
    [
        (lambda x: np.exp(x) + 0 * np.sqrt(x), 0.0, 2.0**-6, 1.0),
        (lambda x: np.sin(x) + 0 * np.sqrt(2 - x), 2.0, -(2.0**-6), math.cos(2.0)),
        (np.abs, 0.0, 2.0**-6, 1.0),
        (np.abs, 0.0, -(2.0**-6), -1.0),
    ],
)
def test_a_smooth_side_is_settled_by_one_level_and_three_probes(f, x, step, truth):
    found, line = slope(f, x, step)
    assert abs(found.slope - truth) <= found.bound < 1e-8
    assert line.evaluations == 16
    assert found.clean


def test_a_corner_close_to_the_edge_is_seen_by_the_probes():
    found, line = slope(lambda x: np.maximum(x, 1e-5) + 0 * np.sqrt(x), 0.0)
    assert line.evaluations > 16
    assert abs(found.slope) <= found.bound


@pytest.mark.parametrize("power", [1.2, 1.5, 2.5])
def test_slow_convergence_stays_within_its_bound(power):
    found, _ = slope(lambda x: x**power, 0.0)
    assert abs(found.slope) <= found.bound


def test_no_finite_level_is_no_slope():
    assert slope(lambda x: np.where(x == 0, 0.0, np.nan), 0.0)[0] is None


def test_noise_widens_the_bound():
    rng = np.random.default_rng(0)
    for _ in range(30):
        found, _ = slope(lambda x: np.exp(x) + 1e-7 * rng.standard_normal(), 0.0)
        assert abs(found.slope - 1.0) <= found.bound
        assert found.bound > 1e-7


@pytest.mark.parametrize("exponent", range(-12, 1))
def test_every_level_covers_the_truth_however_large_its_step(exponent):
    line = Line(lambda x: np.exp(np.sin(3 * x)), (np.array(0.3),), (np.array(1.0),), None, 150)
    level = measure_side(line, 2.0**exponent, 0.0)
    truth = 3 * math.cos(0.9) * math.exp(math.sin(0.9))
    assert abs(level.slope - truth) <= level.bound
