import numpy as np
import pytest

from gradcheck.numeric import directional_derivative
from gradcheck.numeric.level import measure
from gradcheck.numeric.line import Line
from gradcheck.numeric.noise import has_few_jumps, jumps, second_opinion


def levels(f, *steps, x=0.5, u=0.77):
    sampled = Line(f, (np.asarray(x),), (np.asarray(u),), None, 1000)
    return sampled, *(measure(sampled, step, 0.0) for step in steps)


def fast(x):
    return np.sin(x) + 1e-6 * np.sin(1e9 * x)


def test_a_smooth_function_below_the_noise_is_found():
    sampled, noisy = levels(fast, 2.0**-10)
    tiny = second_opinion(sampled, 0.0, noisy.residual, noisy.answer())
    assert tiny is not None
    assert tiny.step < 2.0**-31


def test_noise_down_to_the_smallest_scale_gets_no_second_opinion():
    rng = np.random.default_rng(0)
    sampled, noisy = levels(lambda x: np.sin(x) + 1e-6 * rng.standard_normal(), 2.0**-10)
    assert second_opinion(sampled, 0.0, noisy.residual, noisy.answer()) is None


def test_structure_leaves_its_tangent_by_degrees():
    sampled, smooth, noisy = levels(fast, 2.0**-36, 2.0**-10)
    assert not jumps(sampled, smooth, noisy)


@pytest.mark.parametrize(
    ("f", "x", "u"),
    [
        (lambda x: np.sin(x) + 1e-3 * np.floor(1e4 * x + 0.3), 0.5, 0.77),
        (lambda x: (1 - np.cos(x)) / x**2, 1e-6, 1.3e-6),
    ],
)
def test_steps_and_cancellation_leave_their_tangent_by_jumps(f, x, u):
    sampled, smooth, noisy = levels(f, 2.0**-22, 2.0**-8, x=x, u=u)
    assert smooth.clean
    assert not noisy.clean
    assert jumps(sampled, smooth, noisy)


def test_few_jumps_are_told_from_rounding():
    def wrapped(x):
        return np.mod(x, 0.6) + np.sin(x)

    def rounded(x):
        return np.sin(x) * np.round(2.0**8 * x) / 2.0**8

    assert has_few_jumps(levels(wrapped, 2.0**-5)[1])
    assert not has_few_jumps(levels(rounded, 2.0**-5)[1])


@pytest.mark.parametrize(
    ("f", "x", "u", "slope"),
    [
        (lambda x: np.log(1 + x), 0.01, 0.019238649856776483, 1 / 1.01),
        (lambda x: np.tan(x) - x, 0.1, 0.17896911104473223, np.tan(0.1) ** 2),
    ],
    ids=["log", "tan"],
)
def test_a_tiny_level_that_met_the_rounding_in_phase_is_not_believed(f, x, u, slope):
    estimate = directional_derivative(f, (np.array(x),), (np.array(u),), None)
    assert abs(estimate.value - slope * u) <= estimate.error
