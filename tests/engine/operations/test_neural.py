"""Neural operations: torch's values and gradients, and what no framework should lose."""

import mpmath
import numpy as np
import pytest

import engine
from engine import Variable

RNG = np.random.default_rng(11)


def normal(*shape):
    return RNG.normal(size=shape)


LABELS = np.array([2, 0, 1, 2])
# name: (call of either framework's namespace, inputs)
CALLS = {
    "relu": (lambda f, x: f.relu(x), [normal(4, 3)]),
    "leaky_relu": (lambda f, x: f.leaky_relu(x, 0.2), [normal(4, 3)]),
    "elu": (lambda f, x: f.elu(x, 0.7), [normal(4, 3)]),
    "gelu": (lambda f, x: f.gelu(x, approximate="tanh"), [normal(4, 3)]),
    "silu": (lambda f, x: f.silu(x), [normal(4, 3)]),
    "softplus": (lambda f, x: f.softplus(x, 2.0), [normal(4, 3)]),
    "sigmoid": (lambda f, x: f.sigmoid(x), [normal(4, 3)]),
    "softmax": (lambda f, x: f.softmax(x, 1), [normal(4, 3)]),
    "log_softmax": (lambda f, x: f.log_softmax(x, 0), [normal(4, 3)]),
    "cross_entropy": (lambda f, x, t: f.cross_entropy(x, t), [normal(4, 3), LABELS]),
    "cross_entropy of probabilities": (
        lambda f, x, t: f.cross_entropy(x, t, reduction="sum"),
        [normal(4, 3), RNG.dirichlet(np.ones(3), 4)],
    ),
    "cross_entropy of pixels": (
        lambda f, x, t: f.cross_entropy(x, t),
        [normal(2, 3, 4), RNG.integers(0, 3, (2, 4))],
    ),
    "mse_loss": (lambda f, a, b: f.mse_loss(a, b), [normal(4, 3), normal(4, 3)]),
    "layer_norm": (
        lambda f, x, w, b: f.layer_norm(x, (3, 2), w, b),
        [normal(4, 3, 2), normal(3, 2), normal(3, 2)],
    ),
    "batch_norm": (
        lambda f, x, w, b: f.batch_norm(x, None, None, w, b, training=True),
        [normal(4, 3, 2), normal(3), normal(3)],
    ),
    "batch_norm at rest": (
        lambda f, x, m, v: f.batch_norm(x, m, v),
        [normal(4, 3), normal(3), RNG.uniform(1, 2, 3)],
    ),
    "conv1d": (
        lambda f, x, w, b: f.conv1d(x, w, b, stride=2, padding=2, dilation=2),
        [normal(2, 3, 9), normal(4, 3, 3), normal(4)],
    ),
    "conv2d": (
        lambda f, x, w, b: f.conv2d(x, w, b, stride=(1, 2), padding=(2, 1), groups=2),
        [normal(2, 4, 7, 8), normal(6, 2, 3, 2), normal(6)],
    ),
    "max_pool1d": (lambda f, x: f.max_pool1d(x, 3, 2, 1), [normal(2, 3, 9)]),
    "max_pool2d": (lambda f, x: f.max_pool2d(x, (3, 2), 2, 1), [normal(2, 3, 7, 8)]),
    "avg_pool1d": (lambda f, x: f.avg_pool1d(x, 3, 2, 1), [normal(2, 3, 9)]),
    "avg_pool2d": (lambda f, x: f.avg_pool2d(x, 2), [normal(2, 3, 7, 8)]),
    "attention": (
        lambda f, q, k, v: f.scaled_dot_product_attention(q, k, v, is_causal=True),
        [normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 6)],
    ),
    "attention with a mask": (
        lambda f, q, k, v, m: f.scaled_dot_product_attention(q, k, v, m),
        [normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 6), normal(3, 5)],
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients_are_those_of_torch(name):
    torch = pytest.importorskip("torch")
    call, arrays = CALLS[name]
    ours = [Variable(x) for x in arrays]
    y = call(engine, *ours)
    y_bar = np.asarray(normal(*y.shape))
    y.backward(y_bar)
    theirs = [torch.from_numpy(x.copy()) for x in arrays]
    for x in theirs[: 1 if "rest" in name else None]:
        x.requires_grad_(x.is_floating_point())
    z = call(torch.nn.functional, *theirs)
    z.backward(torch.from_numpy(y_bar))
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12, atol=1e-13)
    for a, b in zip(ours, theirs, strict=True):
        if a.dtype.kind == "f" and b.grad is not None:
            np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_the_exact_gelu_says_what_to_write():
    with pytest.raises(NotImplementedError, match="approximate='tanh'"):
        engine.gelu(Variable(np.ones(2)))


@pytest.mark.parametrize("x", [-700.0, -40.0, -1.0, 0.5, 20.0, 36.0, 700.0])
def test_the_sigmoid_has_all_digits_on_both_sides(x):
    v = Variable(np.array(x))
    y = engine.sigmoid(v)
    y.backward()
    with mpmath.workdps(400):
        expected = 1 / (1 + mpmath.exp(-mpmath.mpf(x)))
        slope = expected * (1 - expected)
    assert y.data == pytest.approx(float(expected), rel=1e-13)
    assert v.grad == pytest.approx(float(slope), rel=2e-13)


@pytest.mark.parametrize(
    "operation",
    [
        engine.softmax,
        engine.log_softmax,
        engine.logsumexp,
        engine.sigmoid,
        engine.softplus,
        engine.silu,
        engine.elu,
        lambda x: engine.cross_entropy(x, np.array([0, 1])),
    ],
)
def test_large_numbers_neither_overflow_nor_become_nan(operation):
    x = Variable(np.array([[1000.0, -1000.0, 0.0], [-1e5, 1e5, 3.0]]))
    y = operation(x)
    y.backward()
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad).all()


def test_a_masked_row_is_left_out_of_the_gradient():
    x = Variable(np.array([1.0, -np.inf, 2.0]))
    y = engine.softmax(x)
    y.backward(np.array([1.0, 5.0, 0.0]))
    assert y.data[1] == x.grad[1] == 0.0
    assert np.isfinite(x.grad).all()


def test_mistakes_are_told_with_the_shapes():
    x = Variable(np.ones((2, 3, 5)))
    with pytest.raises(ValueError, match=r"\(4, 2, 3\).*\(N, 2, \.\.\.\).*\(2, 3, 5\)"):
        engine.conv1d(x, np.ones((4, 2, 3)))
    with pytest.raises(ValueError, match=r"\(7,\).*\(5,\)"):
        engine.max_pool(x, 7)
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none'"):
        engine.mse_loss(x, x, "average")
    with pytest.raises(ValueError, match="normalized_shape"):
        engine.layer_norm(x, (3,))
