import math

import numpy as np
import pytest

from gradcheck.bench.growth import fitted, large


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_a_power_law_is_found_exactly(power):
    sizes = [10, 100, 1000, 10_000]
    exponent, error = fitted(sizes, [3e-6 * n**power for n in sizes])
    assert exponent == pytest.approx(power, abs=1e-12)
    assert error < 1e-12


def test_the_error_covers_the_scatter():
    rng = np.random.default_rng(0)
    sizes = np.geomspace(1e3, 1e6, 7)
    fits = [fitted(sizes, sizes * np.exp(rng.normal(0, 0.1, 7))) for _ in range(300)]
    off = [abs(exponent - 1) / error for exponent, error in fits]
    assert np.mean(np.array(off) < 2.571) == pytest.approx(0.95, abs=0.05)  # t of five degrees


def test_two_sizes_have_an_exponent_and_no_error():
    exponent, error = fitted([10, 1000], [1.0, 100.0])
    assert exponent == pytest.approx(1.0)
    assert math.isnan(error)


def test_large_sizes_are_fitted_where_there_are_three():
    assert large([10, 100, 1_000, 10_000, 100_000]) == [1_000, 10_000, 100_000]
    assert large([10, 100, 1_000]) == [10, 100, 1_000]
