from math import factorial as f

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gradcheck.numeric.stencil import (
    BETWEEN,
    FORWARD_DEGREES,
    FORWARD_POINTS,
    PAIRS,
    STUDENT,
    central_stencil,
    forward_stencil,
)

coefficient = st.floats(-10, 10, allow_subnormal=False)
CENTRAL_NODES = np.arange(1.0, PAIRS + 1)
FORWARD_NODES = np.arange(0.0, FORWARD_POINTS + 1)


def odd(coefficients, k):
    return sum(c * k ** (2 * i + 1) for i, c in enumerate(coefficients))


def even(coefficients, k):
    return sum(c * k ** (2 * i) for i, c in enumerate(coefficients))


@given(st.lists(coefficient, min_size=1, max_size=PAIRS))
def test_central_slopes_are_exact_on_odd_polynomials(coefficients):
    slopes = central_stencil().slopes[len(coefficients) - 1 :]
    values = odd(coefficients, CENTRAL_NODES)
    assert slopes @ values == pytest.approx(
        coefficients[0], abs=1e-13 * np.abs(values).max() + 1e-12
    )


@given(st.lists(coefficient, min_size=1, max_size=PAIRS - 2), st.integers(0, 3))
def test_nothing_is_left_over_of_what_a_fit_contains(coefficients, more):
    stencil = central_stencil()
    j = min(len(coefficients) + more, PAIRS - 2)
    left_odd = stencil.odd_residuals[j - 1] @ odd(coefficients, CENTRAL_NODES)
    # No constant: even parts are changes since t = 0.
    left_even = stencil.even_residuals[j - 1] @ even([0.0, *coefficients], CENTRAL_NODES)
    size = 1e-12 * (1 + np.abs(even([0.0, *coefficients], CENTRAL_NODES)).max())
    assert np.abs(left_odd).max() <= size
    assert np.abs(left_even).max() <= size


def test_a_term_beyond_the_fit_is_left_over():
    stencil = central_stencil()
    for j in stencil.terms:
        missed = CENTRAL_NODES ** (2 * j + 1)
        assert np.abs(stencil.odd_residuals[j - 1] @ missed).max() > 1e-3 * missed.max() / 10**j


def test_the_absolute_value_is_left_over_by_every_even_fit():
    left = central_stencil().even_residuals @ CENTRAL_NODES
    assert np.all(np.abs(left).max(axis=1) > 1e-2)


@given(st.lists(coefficient, min_size=1, max_size=PAIRS - 2))
def test_values_between_the_points_are_those_of_the_polynomial(coefficients):
    stencil = central_stencil()
    j = len(coefficients)
    ratios = np.array(BETWEEN)
    found = stencil.odd_between[j - 1] @ odd(coefficients, CENTRAL_NODES)
    found += stencil.even_between[j - 1] @ even([0.0, *coefficients], CENTRAL_NODES)
    expected = odd(coefficients, ratios) + even([0.0, *coefficients], ratios)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-8)


@given(st.lists(coefficient, min_size=1, max_size=FORWARD_POINTS))
def test_forward_slopes_are_exact_on_polynomials(coefficients):
    values = sum(c * FORWARD_NODES ** (i + 1) for i, c in enumerate(coefficients))
    slopes = forward_stencil().slopes[len(coefficients) - 1 :]
    rounding = 1e-14 * (np.abs(slopes) @ np.abs(values)).max() + 1e-300
    assert slopes @ values == pytest.approx(coefficients[0], abs=rounding)


def test_forward_residuals_vanish_up_to_their_degree_and_not_beyond():
    stencil = forward_stencil()
    nodes = FORWARD_NODES / FORWARD_POINTS
    for i, degree in enumerate(FORWARD_DEGREES):
        assert np.abs(stencil.residuals[i] @ nodes**degree).max() < 1e-12
        assert np.abs(stencil.residuals[i] @ nodes ** (degree + 1)).max() > 1e-7


def test_residuals_of_noise_have_the_variance_that_they_are_scaled_for():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((4000, 2 * PAIRS + 1))
    up, start, down = noise[:, PAIRS + 1 :], noise[:, [PAIRS]], noise[:, :PAIRS][:, ::-1]
    stencil = central_stencil()
    for j, freedom in zip(stencil.terms, stencil.freedom, strict=True):
        left_odd = (up - down) / 2 @ stencil.odd_residuals[j - 1].T
        left_even = ((up + down) / 2 - start) @ stencil.even_residuals[j - 1].T
        squares = (left_odd**2).sum(axis=1) + (left_even**2).sum(axis=1)
        assert np.mean(2 * squares / freedom) == pytest.approx(1.0, rel=0.05)


def test_norms_and_sums_are_those_of_the_slopes():
    stencil = central_stencil()
    assert stencil.norms == pytest.approx(np.linalg.norm(stencil.slopes, axis=1))
    assert stencil.sums == pytest.approx(np.abs(stencil.slopes).sum(axis=1))


def test_the_highest_order_is_fornbergs():
    # 12th order, from f'(0) = sum_k 2 (-1)^(k+1) (m!)^2 / (k (m-k)! (m+k)!) o_k.
    expected = [
        2 * (-1) ** (k + 1) * f(PAIRS) ** 2 / (k * f(PAIRS - k) * f(PAIRS + k))
        for k in range(1, PAIRS + 1)
    ]
    assert central_stencil().slopes[-1] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("freedom", STUDENT)
def test_quantiles_are_students(freedom):
    assert pytest.approx(stats.t.ppf(1 - 0.5e-4, freedom), rel=1e-9) == STUDENT[freedom]


def test_longdouble_tables_are_rounded_once():
    if np.finfo(np.longdouble).eps >= np.finfo(float).eps:
        pytest.skip("longdouble is double here")
    slopes = central_stencil(extended=True).slopes
    moment = slopes[-1] @ np.arange(1, PAIRS + 1, dtype=np.longdouble)
    assert abs(float(moment - 1)) < 1e-17
    assert np.abs(slopes - central_stencil().slopes).max() > 0
