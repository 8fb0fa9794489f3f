"""Random expressions with shared inputs, against torch and jax: values, both modes, second order.

GRADCHECK_COMPOSITES=FIRST:COUNT sets which; each is built from its number alone. One in
GRADCHECK_COMPOSITES_JAX (default 200) is compared with jax too, which takes seconds.
"""

import os
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest

import engine
from engine import Variable

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")

FIRST, COUNT = map(int, os.environ.get("GRADCHECK_COMPOSITES", "0:400").split(":"))
EVERY = int(os.environ.get("GRADCHECK_COMPOSITES_JAX", "200"))
INPUTS = {"a": (3, 4), "b": (4,), "c": (), "d": (4, 3), "e": (3, 1)}


class Pair:
    """One computation on our Variables, torch's tensors, and jax's arrays if any, at once."""

    def __init__(self, ours, theirs, jaxs=None):
        self.ours, self.theirs, self.jaxs = ours, theirs, jaxs

    @property
    def shape(self):
        return self.ours.shape


def both(ours, theirs=None):
    theirs = theirs or ours

    def apply(*xs):
        y = Pair(ours(*[x.ours for x in xs]), theirs(*[x.theirs for x in xs]))
        if xs[0].jaxs is not None:
            y.jaxs = on_jax(ours)(*[x.jaxs for x in xs])
        return y

    return apply


def on_jax(f):
    """`f` of ours with jax's functions for those of NumPy and of the engine."""
    if f.__name__ == "<lambda>":
        names = {**f.__globals__, "np": jax.numpy, "engine": OF_JAX}
        return FunctionType(f.__code__, names, None, f.__defaults__, f.__closure__)
    return getattr(jax.numpy, f.__name__, None) or getattr(jax.nn, f.__name__)


OF_JAX = SimpleNamespace(
    gelu=lambda x, _: jax.nn.gelu(x, approximate=True),
    logsumexp=lambda x, axis: jax.nn.logsumexp(x, axis),
    softmax=lambda x, axis: jax.nn.softmax(x, axis),
    log_softmax=lambda x, axis: jax.nn.log_softmax(x, axis),
    layer_norm=lambda x, shape, eps: (
        (x - x.mean(-1, keepdims=True)) / jax.numpy.sqrt(x.var(-1, keepdims=True) + eps)
    ),
)


def same(name):
    return both(getattr(np, name), getattr(torch, name))


F = torch.nn.functional
UNARY = {
    **{name: same(name) for name in ("sin", "cos", "tanh", "square", "arctan", "arcsinh")},
    **{f"bounded {name}": (lambda f: lambda x: f(TANH(x)))(same(name))
       for name in ("exp", "expm1", "sinh", "cosh", "exp2", "tan")},
    # away from 0, where torch's second derivative is NaN
    "sinc": both(lambda x: np.sinc(x * x + 0.1), lambda x: torch.sinc(x * x + 0.1)),
    "log": both(lambda x: np.log(x * x + 1), lambda x: torch.log(x * x + 1)),
    "log1p": both(lambda x: np.log1p(x * x), lambda x: torch.log1p(x * x)),
    "sqrt": both(lambda x: np.sqrt(1 + x**2), lambda x: torch.sqrt(1 + x**2)),
    "arcsin": both(lambda x: np.arcsin(np.sin(x) / 2), lambda x: torch.arcsin(torch.sin(x) / 2)),
    "arctanh": both(lambda x: np.arctanh(np.sin(x) / 2), lambda x: torch.arctanh(torch.sin(x) / 2)),
    "reciprocal": both(lambda x: 1 / (2 + np.sin(x)), lambda x: 1 / (2 + torch.sin(x))),
    "power": both(lambda x: (x * x + 0.5) ** 1.5, lambda x: (x * x + 0.5) ** 1.5),
    "sigmoid": both(engine.sigmoid, torch.sigmoid),
    "softplus": both(engine.softplus, F.softplus),
    "silu": both(engine.silu, F.silu),
    "elu": both(engine.elu, F.elu),
    "leaky_relu": both(engine.leaky_relu, F.leaky_relu),
    "gelu": both(lambda x: engine.gelu(x, "tanh"), lambda x: F.gelu(x, approximate="tanh")),
    "abs": both(abs),
    "clip": both(lambda x: np.clip(x, -0.7, 0.9), lambda x: torch.clip(x, -0.7, 0.9)),
    "neg": both(lambda x: -x),
    "nan_to_num": same("nan_to_num"),
}  # fmt: skip
TANH = UNARY["tanh"]
BINARY = {
    "add": both(lambda a, b: a + b),
    "sub": both(lambda a, b: a - b),
    "mul": both(lambda a, b: a * b),
    "div": both(lambda a, b: a / (1.5 + b * b)),
    "maximum": same("maximum"),
    "minimum": same("minimum"),
    "fmax": same("fmax"),
    "logaddexp": same("logaddexp"),
    "hypot": both(lambda a, b: np.hypot(a, 1 + b * b), lambda a, b: torch.hypot(a, 1 + b * b)),
    "arctan2": both(lambda a, b: np.arctan2(a, 2 + b), lambda a, b: torch.arctan2(a, 2 + b)),
    "pow": both(lambda a, b: (1 + a * a) ** np.tanh(b), lambda a, b: (1 + a * a) ** torch.tanh(b)),
    "where": both(
        lambda a, b: np.where(a > b, a * b, b), lambda a, b: torch.where(a > b, a * b, b)
    ),
}  # fmt: skip
REDUCTIONS = {
    "sum": both(lambda x: np.sum(x, -1) / 2, lambda x: torch.sum(x, -1) / 2),
    "mean": both(lambda x: np.mean(x, 0, keepdims=True), lambda x: torch.mean(x, 0, keepdim=True)),
    "prod": both(lambda x: np.prod(np.sin(x), 0), lambda x: torch.prod(torch.sin(x), 0)),
    "var": both(lambda x: np.var(x, 0), lambda x: torch.var(x, 0, correction=0)),
    "std": both(
        lambda x: np.std(np.concatenate([x, x[:1] * 0 + 5]), 0, ddof=1),
        lambda x: torch.std(torch.concatenate([x, x[:1] * 0 + 5]), 0, correction=1),
    ),
    "max": both(lambda x: np.max(x, -1), lambda x: torch.amax(x, -1)),
    "min": both(lambda x: np.min(x, 0), lambda x: torch.amin(x, 0)),
    "cumsum": both(lambda x: np.cumsum(x, 0), lambda x: torch.cumsum(x, 0)),
    "cumprod": both(lambda x: np.cumprod(np.cos(x), -1), lambda x: torch.cumprod(torch.cos(x), -1)),
    "logsumexp": both(lambda x: engine.logsumexp(x, 0), lambda x: torch.logsumexp(x, 0)),
    "softmax": both(lambda x: engine.softmax(x, -1), lambda x: torch.softmax(x, -1)),
    "log_softmax": both(lambda x: engine.log_softmax(x, 0), lambda x: torch.log_softmax(x, 0)),
    "sort": both(lambda x: np.sort(x, 0), lambda x: torch.sort(x, 0)[0]),
    "diff": both(lambda x: np.diff(x, axis=0, prepend=0), lambda x: torch.diff(
        x, dim=0, prepend=torch.zeros(1, *x.shape[1:], dtype=x.dtype))),
    "gradient": both(lambda x: np.gradient(np.concatenate([x, x]), axis=0),
                     lambda x: torch.gradient(torch.concatenate([x, x]), dim=0)[0]),
    "norm": both(lambda x: np.sqrt(np.vdot(x, x) + 1), lambda x: torch.sqrt((x * x).sum() + 1)),
    "layer_norm": both(lambda x: engine.layer_norm(x, x.shape[-1:], eps=0.1),
                       lambda x: F.layer_norm(x, x.shape[-1:], eps=0.1)),
}  # fmt: skip
SHAPES = {
    "T": both(lambda x: x.T, lambda x: x.permute(*range(x.ndim)[::-1])),
    "ravel": both(lambda x: x.ravel()),
    "flip": both(lambda x: np.flip(x, 0), lambda x: torch.flip(x, (0,))),
    "roll": both(lambda x: np.roll(x, 1, 0), lambda x: torch.roll(x, 1, 0)),
    "tile": both(lambda x: np.tile(x, 2), lambda x: torch.tile(x, (2,))),
    "repeat": both(lambda x: np.repeat(x, 2, 0), lambda x: torch.repeat_interleave(x, 2, 0)),
    "concatenate": both(lambda x: np.concatenate([x, x * x]), lambda x: torch.cat([x, x * x])),
    "stack": both(lambda x: np.stack([x, -x], -1), lambda x: torch.stack([x, -x], -1)),
    "head": both(lambda x: x[:2]),
    "index": both(lambda x: x[np.array([0, -1, 0])], lambda x: x[[0, -1, 0]]),
    "every other": both(lambda x: x[..., ::2]),
    "mask": both(lambda x: x[x > -0.5].sum()),
    "pad": both(lambda x: np.pad(x, 1)[1:], lambda x: F.pad(x, (1, 1) * x.ndim)[1:]),
    "expand": both(lambda x: np.expand_dims(x, 0), lambda x: x[None]),
    "squeeze": both(np.squeeze, torch.squeeze),
    "take": both(lambda x: np.take(x, np.array([0, 0]), 0), lambda x: x[[0, 0]]),
}
MATRICES = {
    "tril": same("tril"),
    "triu": same("triu"),
    "rot90": same("rot90"),
    "diagonal": same("diagonal"),
    "trace": both(np.trace, lambda x: torch.diagonal(x).sum()),
    "gram": both(lambda x: x @ x.T / 4),
    "matvec": both(lambda x: x @ x[0] / 4),
    "outer": both(lambda x: np.outer(x, x[0]), lambda x: torch.outer(x.ravel(), x[0])),
    "einsum": both(lambda x: np.einsum("ij,kj,k->i", x, x, x[:, 0]) / 9,
                   lambda x: torch.einsum("ij,kj,k->i", *[x.contiguous()] * 2, x[:, 0]) / 9),
    "tensordot": both(lambda x: np.tensordot(x, x, (0, 0)) / 4,
                      lambda x: torch.tensordot(x, x, ([0], [0])) / 4),
    "kron": both(lambda x: np.kron(x[:1], x),
                 lambda x: torch.kron(x[:1].contiguous(), x.contiguous())),
}  # fmt: skip


def random_expression(rng, pairs):
    """A weighted sum of the last values of a random computation on the inputs."""
    values = list(pairs)
    for _ in range(rng.integers(3, 16)):
        values.append(tamed(step(rng, values)))
    total = Pair(0.0, 0.0, 0.0)
    for value in values[-4:]:
        w = rng.uniform(-1, 1, value.shape)
        total.ours = total.ours + np.sum(value.ours * w)
        total.theirs = total.theirs + torch.sum(value.theirs * torch.from_numpy(np.asarray(w)))
        if value.jaxs is not None:
            total.jaxs = total.jaxs + (value.jaxs * w).sum()
    return total


def step(rng, values):
    x = values[-1] if rng.random() < 0.5 else values[rng.integers(len(values))]
    if rng.random() < 0.35:
        other = values[rng.integers(len(values))]
        try:
            np.broadcast_shapes(x.shape, other.shape)
        except ValueError:
            other = values[2]
        return chosen(rng, BINARY)(x, other)
    tables = [UNARY, UNARY]
    if x.ours.ndim and min(x.shape) >= 2:
        tables += [REDUCTIONS, SHAPES, *[MATRICES] * (x.ours.ndim == 2)]
    return chosen(rng, tables[rng.integers(len(tables))])(x)


def chosen(rng, table):
    return table[list(table)[rng.integers(len(table))]]


def tamed(x):
    """Not too large, in size and in entries."""
    if x.ours.size > 60:
        x = both(lambda x: x.ravel()[:24])(x)
    return TANH(x) if np.max(np.abs(x.ours.data), initial=0) > 3 else x


@pytest.mark.parametrize("batch", range(10))
def test_values_gradients_and_hessians_are_those_of_torch(batch):
    for number in range(FIRST + batch, FIRST + COUNT, 10):
        compare(number)


@pytest.mark.parametrize("batch", range(2))
def test_gradients_and_hessians_are_those_of_jax(batch):
    for number in range(FIRST + batch * EVERY, FIRST + COUNT, 2 * EVERY):
        compare_with_jax(number)


def drawn(number):
    rng = np.random.default_rng(number)
    arrays = [rng.normal(size=shape) for shape in INPUTS.values()]
    tangents = [rng.normal(size=shape) for shape in INPUTS.values()]
    return arrays, tangents, rng.integers(2**32)


def compare(number):
    arrays, tangents, program = drawn(number)
    tensors = [torch.from_numpy(np.asarray(x)).requires_grad_() for x in arrays]
    theirs = []

    def loss(*xs):
        pairs = [Pair(x, t) for x, t in zip(xs, tensors, strict=True)]
        total = random_expression(np.random.default_rng(program), pairs)
        theirs[:] = [total.theirs]
        return total.ours

    every = tuple(range(len(arrays)))
    y, gradients = engine.value_and_grad(loss, argnums=every)(*arrays)
    [z] = theirs
    by_torch = zeros_for_none(torch.autograd.grad(z, tensors, create_graph=True, **UNUSED), tensors)
    along = sum(
        (g * torch.from_numpy(np.asarray(u))).sum() for g, u in zip(by_torch, tangents, strict=True)
    )
    curved = zeros_for_none(torch.autograd.grad(along, tensors, **UNUSED), tensors)
    assert y == pytest.approx(z.item(), rel=1e-11, abs=1e-11), f"value of {number}"
    assert close(gradients, by_torch, 1e-9), f"gradient of {number}"
    _, y_dot = engine.jvp(loss, tuple(arrays), tuple(tangents))
    assert y_dot == pytest.approx(along.item(), rel=1e-8, abs=1e-9), f"jvp of {number}"
    products = engine.hvp(loss, tuple(arrays), tuple(tangents))
    assert close(products, curved, 1e-7), f"hvp of {number}"
    leaves = [Variable(x) for x in arrays]
    loss(*leaves).backward()
    for x, g in zip(leaves, gradients, strict=True):
        np.testing.assert_allclose(0 if x.grad is None else x.grad, g, rtol=1e-12, atol=1e-13)


def compare_with_jax(number):
    arrays, tangents, program = drawn(number)
    ours = []

    def loss(*xs):
        leaves = [Variable(x) for x in arrays]
        tensors = [torch.from_numpy(np.asarray(x)) for x in arrays]
        pairs = [Pair(*three) for three in zip(leaves, tensors, xs, strict=True)]
        total = random_expression(np.random.default_rng(program), pairs)
        ours[:] = [leaves, total.ours]
        return total.jaxs

    every = tuple(range(len(arrays)))
    with jax.enable_x64(True):
        arrays_of_jax, tangents_of_jax = (
            tuple(map(jax.numpy.asarray, xs)) for xs in (arrays, tangents)
        )
        gradients, curved = jax.jvp(jax.grad(loss, every), arrays_of_jax, tangents_of_jax)
        y, y_dot = jax.jvp(loss, arrays_of_jax, tangents_of_jax)
    leaves, total = ours
    total.backward(create_graph=True)
    found = [x.grad if x.grad is not None else Variable(np.zeros(x.shape)) for x in leaves]
    along = sum([np.sum(g * u) for g, u in zip(found, tangents, strict=True)])
    assert total.data == pytest.approx(float(y), rel=1e-11, abs=1e-11), f"value of {number}"
    assert along.data == pytest.approx(float(y_dot), rel=1e-8, abs=1e-9), f"jvp of {number}"
    assert close([g.data for g in found], gradients, 1e-9), f"gradient of {number}"
    for x in leaves:
        x.cleargrad()
    along.backward()
    products = [np.zeros(x.shape) if x.grad is None else x.grad for x in leaves]
    assert close(products, curved, 1e-7), f"hvp of {number}"


UNUSED = {"allow_unused": True}


def zeros_for_none(gradients, tensors):
    return [t * 0 if g is None else g for g, t in zip(gradients, tensors, strict=True)]


def close(ours, theirs, tolerance):
    """Within the tolerance of the largest entry: of what cancels, both have the rounding."""
    theirs = [t.numpy(force=True) if torch.is_tensor(t) else np.asarray(t) for t in theirs]
    scale = max(1.0, *(float(np.max(np.abs(t), initial=0)) for t in theirs))
    pairs = zip(ours, theirs, strict=True)
    return all(np.allclose(a, b, rtol=0, atol=tolerance * scale) for a, b in pairs)
