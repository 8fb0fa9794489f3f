import math

import numpy as np
import pytest

from gradcheck.inputs import cotangent, direction, rebalanced


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_direction_moves_every_entry_by_its_own_size() -> None:
    x = np.array([1.0, -100.0, 0.5, 1e-20, 0.0])
    rms = math.sqrt(np.mean(x**2))
    scale = np.array([1.0, 100.0, 0.5, 1e-3 * rms, rms])
    # entries below 1e-3 rms move as if they were that large
    scale = np.maximum(scale, 1e-3 * rms)
    for seed in range(50):
        ratio = np.abs(direction(x, rng(seed))) / scale
        assert np.all((ratio >= 1.0) & (ratio < 2.0))


def test_signs_are_random_and_independent() -> None:
    u = direction(np.ones(10_000), rng())
    assert abs(np.mean(np.sign(u))) < 0.05
    assert abs(np.mean(np.sign(u[1:]) * np.sign(u[:-1]))) < 0.05


def test_magnitudes_have_a_full_mantissa() -> None:
    u = np.abs(direction(np.ones(200), rng()))
    mantissas = (u * 2.0**52).astype(np.int64)
    assert np.mean(mantissas % 2**5 != 0) > 0.9
    assert len(set(u)) == 200


def test_an_input_of_zeros_moves_by_one() -> None:
    u = np.abs(direction(np.zeros((2, 3)), rng()))
    assert u.shape == (2, 3)
    assert np.all((u >= 1.0) & (u < 2.0))


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_no_square_overflows_or_vanishes(scale: float) -> None:
    u = direction(np.array([scale, -scale, 0.0]), rng())
    assert np.all(np.isfinite(u))
    assert np.all((np.abs(u) >= 0.8 * scale) & (np.abs(u) < 2.0 * scale))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,)])
def test_shapes_are_kept(shape: tuple[int, ...]) -> None:
    x = np.ones(shape)
    for u in (direction(x, rng()), rebalanced(x, x, rng()), cotangent(x, rng())):
        assert np.shape(u) == shape
        assert isinstance(u, np.ndarray)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble", "int64"])
def test_real_inputs_move_in_float64(dtype: str) -> None:
    x = np.array([1, 2], dtype=dtype)
    assert direction(x, rng()).dtype == np.float64
    assert cotangent(x, rng()).dtype == np.float64


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_inputs_move_in_both_parts(dtype: str) -> None:
    x = np.array([3 + 4j, 0, 1], dtype=dtype)
    u, y_bar = direction(x, rng()), cotangent(x, rng())
    assert u.dtype == y_bar.dtype == np.complex128
    for part in (u.real, u.imag, y_bar.real, y_bar.imag):
        assert np.all(part != 0)
    assert np.all(np.abs(u.real[0]) != np.abs(u.imag[0]))
    assert 5 <= abs(u[0].real) < 10


def test_entries_that_are_not_finite_do_not_spoil_the_others() -> None:
    u = direction(np.array([1.0, np.inf, np.nan]), rng())
    assert 1.0 <= abs(u[0]) < 2.0


def test_rebalanced_steps_stretch_where_the_gradient_is_small() -> None:
    x = np.ones(7)
    gradient = np.array([1.0, 1.0, 1.0, 1e-3, 1e6, 0.25, 2.0])
    ratio = np.abs(rebalanced(x, gradient, rng()) / direction(x, rng()))
    assert ratio == pytest.approx([1.0, 1.0, 1.0, 8.0, 2.0**-6, 4.0, 0.5])


def test_rebalanced_is_safe_for_zero_and_non_finite_gradients() -> None:
    x = np.ones(4)
    u = direction(x, rng())
    ratio = np.abs(rebalanced(x, np.array([0.0, np.nan, np.inf, 2.0]), rng()) / u)
    assert ratio == pytest.approx([8.0, 1.0, 1.0, 1.0])
    assert np.all(np.isfinite(rebalanced(x, np.zeros(4), rng())))
    assert np.all(np.isfinite(rebalanced(x, np.full(4, 1e-310), rng())))


def test_a_cotangent_is_signed_and_never_constant() -> None:
    for seed in range(50):
        y_bar = cotangent(np.zeros(20), rng(seed))
        assert np.all((np.abs(y_bar) >= 1.0) & (np.abs(y_bar) < 2.0))
        assert len(set(np.abs(y_bar))) == 20
        assert {-1.0, 1.0} == set(np.sign(y_bar))


def test_the_generator_alone_decides() -> None:
    x = np.arange(5.0)
    assert np.array_equal(direction(x, rng(3)), direction(x, rng(3)))
    assert not np.array_equal(direction(x, rng(3)), direction(x, rng(4)))
