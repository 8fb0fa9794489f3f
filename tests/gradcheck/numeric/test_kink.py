import numpy as np
import pytest

from gradcheck.numeric.kink import Kink, is_corner, is_step, kink_size, resolve_kink
from gradcheck.numeric.level import measure
from gradcheck.numeric.line import Line


def corner(f, x=0.0, step=2.0**-10):
    line = Line(f, (np.asarray(x),), (np.asarray(1.0),), None, 1000)
    return line, measure(line, step, 0.0)


def test_the_size_of_a_corner_is_half_the_difference_of_the_slopes():
    _, level = corner(lambda x: 3 * np.abs(x) + np.exp(x))
    assert kink_size(level) == pytest.approx(3.0, rel=1e-6)


def test_a_kink_knows_its_one_sided_slopes():
    assert Kink(slope=0.5, size=0.5).slopes == (0.0, 1.0)


def test_a_corner_at_the_point_stays_at_every_scale():
    line, level = corner(lambda x: np.abs(x) + np.sin(x))
    before = line.evaluations
    assert resolve_kink(line, level, kink_size(level), 2.0**-46) is None
    assert line.evaluations - before == 4


@pytest.mark.parametrize("away", [1e-5, 1e-7, 1e-10])
def test_a_corner_near_by_is_left_behind(away):
    line, level = corner(lambda x: np.abs(x - away))
    before = line.evaluations
    clear = resolve_kink(line, level, kink_size(level), 2.0**-46)
    assert away / 30 < clear <= 1.75 * away
    assert line.evaluations - before <= 28


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_a_jump_at_the_point_is_a_step_wherever_its_own_value_lies(at_zero):
    _, level = corner(lambda x: x + np.heaviside(x, at_zero), step=2.0**-38)
    assert is_step(level)
    assert not is_corner(level)


@pytest.mark.parametrize("away", [0.0, 1e-5, -1e-5])
def test_a_corner_at_or_close_to_the_point_is_one(away):
    _, level = corner(lambda x: np.abs(x - away) + np.exp(x))
    assert is_corner(level)
    assert not is_step(level)


def test_noise_is_neither_a_corner_nor_a_step():
    rng = np.random.default_rng(1)
    noise = [corner(lambda x: np.asarray(rng.standard_normal()))[1] for _ in range(300)]
    assert np.mean([is_step(level) for level in noise]) < 0.02
    assert np.mean([is_corner(level) for level in noise]) < 0.02


def test_beyond_the_range_of_squares_nothing_is_a_corner():
    _, level = corner(lambda x: 1e300 * np.abs(x))
    with np.errstate(over="ignore"):
        assert not is_corner(level)
        assert not is_step(level)
