import pytest

from gradcheck import GradientError
from gradcheck.compat.jax import check_grads, checks_of

X = [0.5, 1.0, -2.0]


def test_modes_and_order_name_checks():
    assert checks_of("rev", 1) == ["vjp"]
    assert checks_of(("fwd", "rev"), 2) == ["jvp", "vjp", "second_order"]
    assert checks_of("rev", 3) == ["vjp", "second_order"]
    with pytest.raises(ValueError, match="expected 1 or more"):
        checks_of("rev", 0)
    with pytest.raises(ValueError, match='expected "fwd" or "rev"'):
        checks_of(["back"], 1)


def test_gradients_are_checked():
    jax = pytest.importorskip("jax")
    x = jax.numpy.asarray(X)

    @jax.custom_jvp
    def wrong(x):
        return jax.numpy.sin(x)

    wrong.defjvp(lambda xs, dots: (jax.numpy.sin(xs[0]), 1.001 * dots[0] * jax.numpy.cos(xs[0])))
    check_grads(jax.numpy.tanh, (x,), 2)
    for mode in ("fwd", "rev"):
        with pytest.raises(GradientError):
            check_grads(wrong, (x,), 1, modes=[mode])


def test_what_has_no_effect_is_told():
    jax = pytest.importorskip("jax")
    x = jax.numpy.asarray(X)
    with pytest.warns(UserWarning, match=r"check_grads: atol=0.01 has no effect"):
        check_grads(jax.numpy.tanh, (x,), 1, atol=1e-2)
    with pytest.warns(UserWarning, match=r"order=3: only orders up to 2 are checked"):
        check_grads(jax.numpy.tanh, (x,), 3, modes=["rev"])
