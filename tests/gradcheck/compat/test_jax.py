import pytest

from gradcheck import GradientError
from gradcheck.compat.jax import check_grads, checks_of

X = [0.5, 1.0, -2.0]


def test_modes_and_order_name_checks():
    assert checks_of("rev", 1) == ["vjp"]
    assert checks_of(("fwd", "rev"), 2) == ["jvp", "vjp", "second_order"]
    with pytest.raises(ValueError, match="expected 1 or 2"):
        checks_of("rev", 3)
    with pytest.raises(ValueError, match='expected "fwd" or "rev"'):
        checks_of(["back"], 1)


def test_gradients_are_checked():
    jax = pytest.importorskip("jax")
    x = jax.numpy.asarray(X)

    @jax.custom_jvp
    def wrong(x):
        return jax.numpy.sin(x)

    wrong.defjvp(lambda xs, dots: (jax.numpy.sin(xs[0]), 1.001 * dots[0] * jax.numpy.cos(xs[0])))
    check_grads(jax.numpy.tanh, (x,), 2, atol=1e-2)
    for mode in ("fwd", "rev"):
        with pytest.raises(GradientError):
            check_grads(wrong, (x,), 1, modes=[mode])
