import math

import numpy as np

from gradcheck.numeric import output_slopes

X = np.array([0.3, 0.7])
U = np.array([1.0, -2.0])


def test_all_outputs_have_their_slopes():
    slopes = output_slopes(lambda x: (np.sin(x), np.sum(x**3)), (X,), (U,), 2.0**-7)
    np.testing.assert_allclose(slopes[0], np.cos(X) * U, rtol=1e-13)
    np.testing.assert_allclose(slopes[1], np.sum(3 * X**2 * U), rtol=1e-13)


def test_complex_and_whole_numbers_are_outputs_too():
    slopes = output_slopes(lambda x: (np.exp(1j * x), x > 0, np.arange(2)), (X,), (U,), 2.0**-7)
    np.testing.assert_allclose(slopes[0], 1j * np.exp(1j * X) * U, rtol=1e-13)
    assert not slopes[1].any()
    assert not slopes[2].any()


def test_an_input_that_does_not_move_stays():
    slopes = output_slopes(lambda x, w: (x * w,), (X, X), (U, None), 2.0**-7)
    np.testing.assert_allclose(slopes[0], U * X, rtol=1e-13)


def test_what_is_not_finite_stays_so():
    (slopes,) = output_slopes(lambda x: (np.log(x),), (np.array([1e-3, 1.0]),), (U,), 2.0**-7)
    assert np.isfinite(slopes).tolist() == [False, True]


def test_a_point_beyond_the_domain_leaves_no_slope():
    def root(x):
        return (np.array([math.sqrt(each) for each in x]),)

    [slopes] = output_slopes(root, (np.array([0.1, 4.0]),), (np.ones(2),), 0.125)
    assert np.isnan(slopes).all()
