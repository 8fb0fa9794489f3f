import math
from dataclasses import astuple

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradcheck.numeric import Precision, directional_derivative, one_sided_derivatives

REASONS = {
    *("", "kink", "noise", "domain edge", "scale conflict", "precision", "non-determinism"),
    *("budget", "step", "non-finite"),
}
VECTOR = np.array([0.3, -1.2, 0.8, 2.1, -0.4])
DIRECTION = VECTOR * np.array([1.37, 1.91, -1.13, 1.59, -1.73])
EXTENDED = np.finfo(np.longdouble).eps < 1e-18


def derive(f, x=0.5, u=0.77, y_bar=None, **options):
    y_bars = None if y_bar is None else (np.asarray(y_bar),)
    return directional_derivative(f, (np.asarray(x),), (np.asarray(u),), y_bars, **options)


def assert_covers(estimate, truth, relative=1e-9):
    assert estimate.reason == ""
    assert abs(mp.mpf(estimate.value) - truth) <= estimate.error
    assert estimate.error <= relative * abs(truth)


def exact(f, x=VECTOR, u=DIRECTION, y_bar=None):
    """Sum of y_bar_i u_i f'(x_i), from mpmath."""
    y_bar = np.ones(len(x)) if y_bar is None else y_bar
    with mp.workdps(40):
        terms = zip(x, u, y_bar, strict=True)
        return mp.fsum(
            mp.mpf(float(w)) * mp.mpf(float(d)) * mp.diff(f, mp.mpf(float(p))) for p, d, w in terms
        )


def test_the_clean_path_costs_nineteen_evaluations():
    estimate = derive(np.exp)
    assert_covers(estimate, mp.diff(mp.exp, 0.5) * mp.mpf(0.77), 1e-11)
    assert estimate.evaluations == 19
    assert estimate.clean


def test_vectors_and_their_cotangents():
    y_bar = np.array([1.0, -2.0, 0.5, 3.0, -1.0])
    assert_covers(derive(np.sin, VECTOR, DIRECTION, y_bar), exact(mp.sin, y_bar=y_bar))


def test_several_inputs_and_outputs_and_one_that_stays():
    a, b = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([0.7, -0.3])
    u, y_bar = np.array([0.61, 0.53]), np.array([1.1, -0.7])
    estimate = directional_derivative(
        lambda a, b: (a @ b, np.exp(b).sum()), (a, b), (None, u), (y_bar, np.array(2.0))
    )
    assert_covers(estimate, mp.mpf(float(y_bar @ a @ u + 2 * np.exp(b) @ u)), 1e-8)


@pytest.mark.parametrize("offset", [1e3, 1e6])
def test_an_offset_of_every_element_costs_no_more_than_its_rounding(offset):
    x = np.linspace(0.1, 2.0, 2000)
    u = x * (1 + np.random.default_rng(0).random(2000))
    estimate = derive(lambda x: np.sin(x) + offset, x, u, np.ones(2000))
    assert_covers(estimate, exact(mp.sin, x, u), 1e-16 * offset * 1e4)


def test_an_output_that_does_not_move_costs_nothing():
    f = lambda x: (np.sin(x), np.array(1e10))  # noqa: E731
    estimate = directional_derivative(f, (VECTOR,), (DIRECTION,), (np.ones(5), np.array(1.0)))
    assert_covers(estimate, exact(mp.sin))
    assert estimate.evaluations == 19


def test_an_offset_after_the_sum_widens_the_bound():
    estimate = derive(lambda x: np.sin(x).sum() + 1e10, VECTOR, DIRECTION)
    assert abs(estimate.value - exact(mp.sin)) <= estimate.error
    assert estimate.error > 1e-7


def test_complex_inputs_and_outputs_pair_by_the_conjugate():
    z, u, y_bar = (
        np.array([1 + 2j, 0.5 - 1j]),
        np.array([0.3 + 1j, 2 - 0.7j]),
        np.array([1j, 2 + 1j]),
    )
    estimate = derive(lambda z: z * z * z, z, u, y_bar)
    truth = float(np.sum(np.conj(y_bar) * 3 * z**2 * u).real)
    assert abs(estimate.value - truth) <= estimate.error + 1e-14 * abs(truth)
    assert estimate.error < 1e-10
    assert estimate.evaluations == 19


def test_a_real_function_of_complex_numbers_that_is_not_analytic():
    z, u = np.array([1 + 2j, 0.5 - 1j]), np.array([0.3 + 1j, 2 - 0.7j])
    estimate = derive(lambda z: np.sum(np.abs(z) ** 2), z, u)
    truth = 2 * float(np.sum(np.conj(z) * u).real)
    assert estimate.value == pytest.approx(truth, rel=1e-12)


@pytest.mark.skipif(not EXTENDED, reason="longdouble is double here")
def test_longdouble_is_sampled_in_longdouble():
    x, u = VECTOR.astype(np.longdouble), DIRECTION.astype(np.longdouble)
    estimate = derive(np.exp, x, u, np.ones(5))
    assert estimate.eps == np.finfo(np.longdouble).eps
    assert_covers(estimate, exact(mp.exp), 1e-15)


@pytest.mark.skipif(not EXTENDED, reason="longdouble is double here")
def test_longdouble_settles_cancellation():
    f = lambda x: (1 - np.cos(x)) / (x * x)  # noqa: E731
    with mp.workdps(60):
        truth = mp.diff(lambda x: (1 - mp.cos(x)) / (x * x), mp.mpf(0.01)) * mp.mpf(0.013)
    in_double = derive(f, 0.01, 0.013)
    in_extended = derive(f, np.longdouble(0.01), np.longdouble(0.013))
    assert_covers(in_extended, truth, 1e-5)
    assert in_extended.error < in_double.error / 100


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("upcast", [True, False])
def test_coarse_outputs_are_bounded_by_their_noise(dtype, upcast):
    x = VECTOR.astype(dtype).astype(float if upcast else dtype)
    u = DIRECTION.astype(dtype)
    estimate = derive(lambda x: np.sin(x.astype(dtype)), x, u, np.ones(5))
    eps = float(np.finfo(dtype).eps)
    assert estimate.eps == eps
    assert_covers_loosely(estimate, exact(mp.sin, x, u), 1e3 * eps)


def assert_covers_loosely(estimate, truth, relative):
    assert abs(mp.mpf(estimate.value) - truth) <= estimate.error <= relative * max(abs(truth), 1)


def test_hidden_float32_is_measured_as_noise():
    f = lambda x: np.sin(x.astype(np.float32)).astype(float)  # noqa: E731
    estimate = derive(f, VECTOR, DIRECTION, np.ones(5))
    assert_covers_loosely(estimate, exact(mp.sin), 1e-3)
    assert not estimate.clean


def test_at_the_edge_of_a_domain_one_side_answers():
    estimate = derive(lambda x: np.exp(x) + 0 * np.sqrt(x), 0.0, 1.0)
    assert abs(estimate.value - 1.0) <= estimate.error < 1e-8
    assert estimate.reason == ""


@pytest.mark.parametrize(
    ("f", "x", "reason"),
    [
        (np.abs, 0.0, "kink"),
        (lambda x: np.sqrt(np.abs(x)), 0.0, "kink"),
        (np.floor, 3.0, "step"),
        (np.log, 0.0, "non-finite"),
        (lambda x: x * np.sqrt(x), 0.0, "domain edge"),
        (lambda x: (1 - np.cos(x)) / x**2, 1e-6, "scale conflict"),
    ],
)
def test_what_cannot_be_told_has_a_reason(f, x, reason):
    assert derive(f, x, 1.3 * x or 1.3).reason == reason


def test_a_random_function_is_called_so():
    rng = np.random.default_rng(0)
    estimate = derive(lambda x: (x * (rng.random(5) < 0.5)).sum(), VECTOR, DIRECTION)
    assert estimate.reason == "non-determinism"


def test_small_random_noise_is_bounded_and_needs_no_reason():
    rng = np.random.default_rng(0)
    for _ in range(20):
        estimate = derive(lambda x: np.exp(x) * (1 + 1e-9 * rng.standard_normal()))
        assert_covers(estimate, mp.exp(0.5) * mp.mpf(0.77), 1e-5)


def test_a_small_kink_widens_the_bound_over_both_slopes():
    estimate = derive(lambda x: np.sin(x) + 1e-6 * np.abs(x - 1), 1.0, 1.0)
    assert abs(estimate.value - math.cos(1)) + 1e-6 <= estimate.error < 1e-5
    assert estimate.reason == ""


@pytest.mark.parametrize("away", [1e-3, 1e-6, 1e-9, -1e-6])
def test_a_kink_near_by_does_not_hide_the_slope(away):
    estimate = derive(lambda x: np.abs(x - 1) + np.sin(x), 1 + away, 1.0)
    x = mp.mpf(1 + away)
    truth = mp.cos(x) + (1 if away > 0 else -1)
    assert abs(mp.mpf(estimate.value) - truth) <= estimate.error
    assert estimate.error < 1e-4


@pytest.mark.parametrize("f", [lambda x: np.maximum(x - 1, 0), lambda x: 0 * x + 3.0, np.floor])
def test_plateaus_have_slope_zero(f):
    estimate = derive(f)
    assert (estimate.value, estimate.reason) == (0.0, "")
    assert estimate.error < 1e-12


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 100),
    st.sampled_from([np.abs, np.sqrt, np.floor, np.log, np.exp, lambda x: np.sin(1e4 * x)]),
    st.sampled_from([0.0, 1e-6, 0.3, 3.0]),
)
def test_the_budget_is_kept_and_the_estimate_well_formed(budget, f, x):
    estimate = derive(f, x, x or 1.3, budget=budget)
    assert estimate.evaluations <= max(budget, 1)
    assert estimate.reason in REASONS
    assert estimate.error >= 0.0
    plain = (float, int, str, bool, tuple, type(None))
    assert all(type(field) in plain for field in astuple(estimate))
    assert not math.isnan(estimate.value) or estimate.error == math.inf


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 3.0), st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
def test_derivatives_are_linear_in_the_direction(x, a, b):
    assume(abs(a) + abs(b) > 1e-6)  # a direction that does not move x says nothing
    point, u, v = np.array([x, 1.7]), np.array([0.61, 1.03]), np.array([0.83, -0.47])
    f = lambda x: np.exp(np.sin(x)).sum()  # noqa: E731
    at_u, at_v, at_sum = (derive(f, point, w) for w in (u, v, a * u + b * v))
    expected = a * at_u.value + b * at_v.value
    error = abs(a) * at_u.error + abs(b) * at_v.error + at_sum.error
    assert abs(at_sum.value - expected) <= error + 1e-14


def test_a_known_scale_saves_the_search_for_digits_that_do_not_count():
    f = lambda x: np.sin(x) + 1e5  # noqa: E731
    assert derive(f, scale=1e4).evaluations == 19 < derive(f).evaluations


def test_the_functions_own_errors_come_through():
    def broken(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        derive(broken)


def test_floating_point_warnings_stay_inside():
    with np.errstate(all="raise"):
        assert derive(lambda x: np.log(x) / (x - 0.25), 0.3, 0.3).reason == ""


def test_one_sided_derivatives_at_a_kink():
    left, right = one_sided_derivatives(
        lambda x: np.maximum(x, 0) + np.exp(x), (np.array(0.0),), (np.array(1.0),), None
    )
    assert abs(left.value - 1.0) <= left.error < 1e-9
    assert abs(right.value - 2.0) <= right.error < 1e-9


def test_one_sided_derivatives_agree_where_there_is_no_kink():
    left, right = one_sided_derivatives(np.sin, (np.array(0.4),), (np.array(1.3),), None)
    assert abs(left.value - right.value) <= left.error + right.error
    left, right = one_sided_derivatives(np.log, (np.array(0.0),), (np.array(1.0),), None)
    assert left.reason == right.reason == "non-finite"
    left, right = one_sided_derivatives(np.sin, (np.array(0.4),), (np.array(1.3),), None, budget=9)
    assert left.reason == right.reason == "budget"


def test_an_oscillation_too_fast_to_see_is_not_bounded_by_a_known_scale():
    # sin(e^28.6) turns round within 1e-13 of x: its samples are noise about nothing.
    estimate = derive(lambda x: np.sin(np.exp(x)), 28.6, 40.0, scale=1e14)
    assert estimate.reason


@pytest.mark.parametrize("gap", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
def test_a_jump_nearby_does_not_hide_the_slope(gap):
    x = 3 * 3.3 + np.array([gap])
    estimate = directional_derivative(
        lambda x: np.mod(x, 3.3) ** 2 + x, (x,), (1.3 * x,), (np.ones(1),)
    )
    slope = float((2 * np.mod(x, 3.3) + 1)[0] * 1.3 * x[0])
    assert not estimate.reason
    assert abs(estimate.value - slope) <= estimate.error <= 1e-6 * slope


@pytest.mark.parametrize("bits", [12, 14, 24])
def test_pieces_of_rounding_have_no_slope_of_their_own(bits):
    def rounded(x):
        return x * np.round(2.0**bits * x) / 2.0**bits

    u = 1.3717
    estimate = directional_derivative(rounded, (np.array([0.7]),), (np.array([u]),), (np.ones(1),))
    assert estimate.reason or abs(estimate.value - 1.4 * u) <= estimate.error


@pytest.mark.parametrize("gaps", [(1e-2, 3e-3), (1e-4, 2e-4), (3e-5, 1e-2)])
def test_a_plateau_between_kinks_has_the_slope_zero(gaps):
    left, right = gaps

    def f(x):
        return np.maximum(x - right, 0.0) + np.maximum(-left - x, 0.0) ** 1.0 + 3.0

    estimate = directional_derivative(f, (np.zeros(1),), (np.ones(1),), (np.ones(1),))
    assert not estimate.reason
    assert abs(estimate.value) <= estimate.error <= 1e-9


@pytest.mark.parametrize("stair", [1e-2, 1e-3, 1e-4])
def test_a_stair_is_no_plateau(stair):
    def f(x):
        return stair * np.floor(x / stair + 0.4)

    estimate = directional_derivative(f, (np.array([0.7]),), (np.ones(1),), (np.ones(1),))
    assert estimate.reason in ("step", "noise", "scale conflict")


def test_a_bound_that_is_enough_takes_one_level():
    primals, tangents = (VECTOR,), (DIRECTION,)
    full = directional_derivative(np.sin, primals, tangents, (DIRECTION,))
    precision = Precision(full.step, 1e-6)
    quick = directional_derivative(np.sin, primals, tangents, (DIRECTION,), precision=precision)
    assert quick.evaluations == 13 < full.evaluations
    assert abs(quick.value - full.value) <= quick.error <= 1e-6


def test_a_level_whose_bound_is_not_enough_is_not_taken():
    x = np.array([0.5])

    def steep(x):
        return np.tanh(1e4 * (x - 0.5))

    precision = Precision(enough=1e-3)
    found = directional_derivative(steep, (x,), (x,), (np.ones(1),), precision=precision)
    assert abs(found.value - 5e3) <= found.error <= 1e-3


def test_no_work_is_put_into_bounds_of_no_use():
    def offset(x):
        return 1e6 + np.sin(x)

    x = np.array([0.5])
    without = directional_derivative(offset, (x,), (x,), (np.ones(1),))
    useful = Precision(useful=2.0**-40)
    found = directional_derivative(offset, (x,), (x,), (np.ones(1),), precision=useful)
    assert found.evaluations < without.evaluations
    assert abs(found.value - 0.5 * np.cos(0.5)) <= found.error
