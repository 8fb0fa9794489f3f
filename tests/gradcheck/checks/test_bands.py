import numpy as np

from gradcheck.checks.bands import bands
from tests.gradcheck.subjects import rule_subject, sine, sine_rule

ONES = np.ones(6)
GRADIENT = np.array([1.0, 1e-4, 1e-5, 1e-8, 0.0, -2.0])


def banded(output, gradient=GRADIENT):
    subject, _ = rule_subject(sine, sine_rule, x=ONES[: gradient.size])
    found = bands(subject, [gradient], (ONES[: gradient.size],), output)
    return {name: np.flatnonzero(tangents[0]).tolist() for name, tangents in found}


def test_each_band_but_the_largest_is_a_direction():
    assert banded(0.0) == {
        "of 1e-6 to 1e-3 of the largest": [1, 2],
        "of 1e-9 to 1e-6 of the largest": [3],
        "of zero gradient": [4],
    }


def test_what_is_below_the_rounding_of_the_values_is_one_band():
    assert banded(1.0) == {"below 1e-3 of the largest": [1, 2, 3, 4]}
    assert banded(1e-6) == {
        "of 1e-6 to 1e-3 of the largest": [1, 2],
        "below 1e-6 of the largest": [3, 4],
    }


def test_equal_gradients_have_no_bands():
    assert banded(1.0, np.ones(4)) == {}
    assert banded(1e9, np.ones(4)) == {}


def test_gradients_without_a_size_have_no_bands():
    assert banded(0.0, np.zeros(3)) == {}
    assert banded(0.0, np.full(3, np.nan)) == {}


def test_sizes_far_from_one_are_banded_too():
    for size in (1e-300, 1e300):
        assert banded(size, size * GRADIENT) == {"below 1e-3 of the largest": [1, 2, 3, 4]}
