from typing import Any

import numpy as np
import pytest

from gradcheck.inputs.distributions import distributions, mistakes
from gradcheck.vocabulary import Generator

NAMES = sorted(distributions)


def drawn(distribution: str, *shape: int, seed: int = 0, **parameters: Any) -> np.ndarray[Any, Any]:
    generator = Generator(shape, distribution, **parameters)
    assert list(mistakes(generator)) == []
    return distributions[distribution].draw(generator, np.random.default_rng(seed))


def test_the_ten_of_the_contract_are_there() -> None:
    assert set(NAMES) >= {
        *("normal", "uniform", "log_uniform", "positive", "integers"),
        *("one_hot", "linspace", "permutation", "spd", "orthogonal"),
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4), (0, 2, 2)])
def test_shapes_are_as_declared(name: str, shape: tuple[int, ...]) -> None:
    assert drawn(name, *shape).shape == shape


@pytest.mark.parametrize("name", ["normal", "uniform", "log_uniform", "positive", "integers"])
def test_elementwise_draws_may_be_single_numbers(name: str) -> None:
    assert np.shape(drawn(name)) == ()


def test_normal() -> None:
    x = drawn("normal", 100_000, scale=3.0)
    assert np.mean(x) == pytest.approx(0.0, abs=0.05)
    assert np.std(x) == pytest.approx(3.0, rel=0.02)


def test_uniform() -> None:
    x = drawn("uniform", 10_000, low=-1.0, high=3.0)
    assert (np.min(x), np.max(x)) == pytest.approx((-1.0, 3.0), abs=0.01)
    assert np.all((drawn("uniform", 1000) >= 0.0) & (drawn("uniform", 1000) < 1.0))


def test_log_uniform() -> None:
    x = np.log10(drawn("log_uniform", 10_000, low=1e-4, high=1e2))
    assert (np.min(x), np.max(x)) == pytest.approx((-4.0, 2.0), abs=0.01)
    assert np.mean(x) == pytest.approx(-1.0, abs=0.05)


def test_positive() -> None:
    x = drawn("positive", 10_000, scale=10.0)
    assert np.all(x > 0.0)
    assert np.median(x) == pytest.approx(10.0, rel=0.05)


def test_integers() -> None:
    assert set(drawn("integers", 1000, low=-1.0, high=3.0).tolist()) == {-1, 0, 1, 2}


def test_one_hot() -> None:
    x = drawn("one_hot", 50, 4)
    assert np.array_equal(x.sum(axis=1), np.ones(50))
    assert set(x.flat) == {0.0, 1.0}
    assert np.all(x.any(axis=0))


def test_linspace() -> None:
    assert drawn("linspace", 2, 2, low=-1.0, high=2.0).tolist() == [[-1.0, 0.0], [1.0, 2.0]]


def test_permutation() -> None:
    x = drawn("permutation", 20, 5)
    assert np.array_equal(np.sort(x, axis=1), np.broadcast_to(np.arange(5), (20, 5)))
    assert len({tuple(row) for row in x}) > 10


def test_spd() -> None:
    x = drawn("spd", 3, 5, 5, scale=2.0)
    assert np.array_equal(x, x.mT)
    values = np.linalg.eigvalsh(x)
    assert np.all((values > 1.9) & (values < 20.0))


@pytest.mark.parametrize(("shape", "size"), [((5, 3), 3), ((3, 5), 3), ((2, 4, 4), 4)])
def test_orthogonal(shape: tuple[int, ...], size: int) -> None:
    x = drawn("orthogonal", *shape)
    product = x.mT @ x if shape[-2] >= shape[-1] else x @ x.mT
    assert np.allclose(product, np.eye(size))


def test_orthogonal_matrices_lean_to_no_side() -> None:
    x = drawn("orthogonal", 4000, 2, 2)
    assert np.mean(x, axis=0) == pytest.approx(np.zeros((2, 2)), abs=0.06)


@pytest.mark.parametrize("name", ["spd", "orthogonal"])
def test_matrices_keep_their_property_when_complex(name: str) -> None:
    generator, rng = Generator((4, 4), name), np.random.default_rng(0)
    kind = distributions[name]
    x = kind.turn(kind.draw(generator, rng), generator, rng, kind.draw)
    assert np.abs(x.imag).max() > 0.1
    if name == "spd":
        assert np.allclose(x, x.conj().T)
        assert np.all(np.linalg.eigvalsh(x) > 0.9)
    else:
        assert np.allclose(x.conj().T @ x, np.eye(4))


@pytest.mark.parametrize(
    ("generator", "key", "message"),
    [
        (Generator((2,), "uniform", low=2.0, high=1.0), "distribution", "found 2 and 1"),
        (Generator((2,), "uniform", low=2.0), "distribution", "found 2 and 1"),
        (Generator((2,), "uniform", high=np.inf), "distribution", "'low' must be below 'high'"),
        (Generator((2,), "uniform", low=np.nan), "distribution", "'low' must be below 'high'"),
        (Generator((2,), "log_uniform", low=0.0), "distribution", "'low' must be above 0; found 0"),
        (Generator((2,), "normal", scale=-1.0), "distribution", "'scale' must be above 0"),
        (Generator((2,), "normal", low=1.0), "low", "normal takes shape, scale, domain, avoid"),
        (Generator((2, 2), "spd", avoid=(0.0,)), "avoid", "spd takes shape, scale; not 'avoid'"),
        (Generator((), "one_hot"), "distribution", "one_hot needs a shape of one axis or more"),
        (Generator((2, 0), "one_hot"), "distribution", "one_hot needs at least one class"),
        (Generator((), "permutation"), "distribution", "permutation needs a shape of one axis"),
        (Generator((2,), "spd"), "distribution", "spd needs two axes or more; found [2]"),
        (Generator((2, 3), "spd"), "distribution", "spd needs a square shape; found [2, 3]"),
        (Generator((2,), "orthogonal"), "distribution", "orthogonal needs two axes or more"),
        (Generator((2,), domain=(1.0, 1.0)), "distribution", "'domain' must be [low, high]"),
    ],
)
def test_what_cannot_be_drawn_is_told(generator: Generator, key: str, message: str) -> None:
    ((found_key, found),) = mistakes(generator)
    assert (found_key, message in found) == (key, True)
