"""Forty operations as torch and as jax have them, with where each is tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.power.rules.base import Arrays, Maker, drawn, normal, positive


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One output, of one input or several: `of[framework](module, *xs)`, and `draw(rng)`."""

    name: str
    of: Mapping[str, Callable[..., Any]]
    draw: Callable[[Any], Arrays]


def op(name: str, torch: Callable[..., Any], jax: Callable[..., Any], *at: Maker) -> Operation:
    return Operation(name, {"torch": torch, "jax": jax}, drawn(*at))


def spd(n: int) -> Maker:
    def make(rng: Any) -> Any:
        a = rng.normal(size=(n, n))
        return a @ a.T + n * np.eye(n)

    return make


def attention(softmax: Callable[..., Any], q: Any, k: Any, v: Any) -> Any:
    return softmax(q @ k.T / math.sqrt(q.shape[1]), -1) @ v


def pooled(jax: Any, x: Any, start: float, reduce: Any) -> Any:
    window = (1, 1, 2, 2)
    return jax.lax.reduce_window(x, x.dtype.type(start), reduce, window, window, "VALID")


def normalised(jax: Any, x: Any, w: Any, b: Any) -> Any:
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / jax.numpy.sqrt(var + 1e-5) * w + b


X = normal(3, 4)
P = positive(3, 4)
IMAGE, KERNEL = normal(2, 3, 6, 6), normal(4, 3, 3, 3)

OPERATIONS: tuple[Operation, ...] = (
    op("exp", lambda t, x: t.exp(x), lambda j, x: j.numpy.exp(x), X),
    op("log", lambda t, x: t.log(x), lambda j, x: j.numpy.log(x), P),
    op("sqrt", lambda t, x: t.sqrt(x), lambda j, x: j.numpy.sqrt(x), P),
    op("tanh", lambda t, x: t.tanh(x), lambda j, x: j.numpy.tanh(x), X),
    op("sigmoid", lambda t, x: t.sigmoid(x), lambda j, x: j.nn.sigmoid(x), X),
    op("gelu", lambda t, x: t.nn.functional.gelu(x), lambda j, x: j.nn.gelu(x, False), X),
    op("silu", lambda t, x: t.nn.functional.silu(x), lambda j, x: j.nn.silu(x), X),
    op("softplus", lambda t, x: t.nn.functional.softplus(x), lambda j, x: j.nn.softplus(x), X),
    op("erf", lambda t, x: t.erf(x), lambda j, x: j.scipy.special.erf(x), X),
    op("pow", lambda t, x, y: t.pow(x, y), lambda j, x, y: j.numpy.power(x, y), P, X),
    op("atan2", lambda t, x, y: t.atan2(x, y), lambda j, x, y: j.numpy.arctan2(x, y), X, P),
    op("div, broadcast", lambda t, x, y: x / y, lambda j, x, y: x / y, X, positive(4)),
    op("sum", lambda t, x: t.sum(x, 1), lambda j, x: j.numpy.sum(x, 1), X),
    op("mean", lambda t, x: t.mean(x, 0), lambda j, x: j.numpy.mean(x, 0), X),
    op("prod", lambda t, x: t.prod(x, 1), lambda j, x: j.numpy.prod(x, 1), P),
    op("var", lambda t, x: t.var(x, 1), lambda j, x: j.numpy.var(x, 1, ddof=1), X),
    op("logsumexp", lambda t, x: t.logsumexp(x, 1), lambda j, x: j.nn.logsumexp(x, 1), X),
    op("max", lambda t, x: t.amax(x, 1), lambda j, x: j.numpy.max(x, 1), X),
    op("norm", lambda t, x: t.linalg.norm(x), lambda j, x: j.numpy.linalg.norm(x), X),
    op("matmul", lambda t, a, b: a @ b, lambda j, a, b: a @ b, X, normal(4, 2)),
    op("einsum", lambda t, a, b: t.einsum("bij,bjk->ik", a, b),
       lambda j, a, b: j.numpy.einsum("bij,bjk->ik", a, b), normal(2, 3, 4), normal(2, 4, 3)),
    op("conv2d", lambda t, x, w: t.nn.functional.conv2d(x, w, padding=1),
       lambda j, x, w: j.lax.conv(x, w, (1, 1), "SAME"), IMAGE, KERNEL),
    op("avg_pool2d", lambda t, x: t.nn.functional.avg_pool2d(x, 2),
       lambda j, x: pooled(j, x, 0.0, j.lax.add) / 4, IMAGE),
    op("max_pool2d", lambda t, x: t.nn.functional.max_pool2d(x, 2),
       lambda j, x: pooled(j, x, -math.inf, j.lax.max), IMAGE),
    op("layer_norm", lambda t, x, w, b: t.nn.functional.layer_norm(x, (4,), w, b),
       normalised, X, normal(4), normal(4)),
    op("batch_norm", lambda t, x, w, b: t.nn.functional.batch_norm(
           x, None, None, w, b, training=True),
       lambda j, x, w, b: normalised(j, x.T, w[:, None], b[:, None]).T,
       normal(5, 4), normal(4), normal(4)),
    op("softmax", lambda t, x: t.softmax(x, 1), lambda j, x: j.nn.softmax(x, 1), X),
    op("log_softmax", lambda t, x: t.log_softmax(x, 1), lambda j, x: j.nn.log_softmax(x, 1), X),
    op("mse_loss", lambda t, x, y: t.nn.functional.mse_loss(x, y),
       lambda j, x, y: j.numpy.mean((x - y) ** 2), X, X),
    op("gather", lambda t, x: x[[0, 2, 2, 1]], lambda j, x: x[j.numpy.array([0, 2, 2, 1])], X),
    op("where", lambda t, x, y: t.where(x > 0, x * y, y),
       lambda j, x, y: j.numpy.where(x > 0, x * y, y), X, X),
    op("concat", lambda t, x, y: t.cat([x, y], 1),
       lambda j, x, y: j.numpy.concatenate([x, y], 1), X, X),
    op("cumsum", lambda t, x: t.cumsum(x, 1), lambda j, x: j.numpy.cumsum(x, 1), X),
    op("cumprod", lambda t, x: t.cumprod(x, 1), lambda j, x: j.numpy.cumprod(x, 1), P),
    op("sort", lambda t, x: t.sort(x, 1).values, lambda j, x: j.numpy.sort(x, 1), X),
    op("solve", lambda t, a, b: t.linalg.solve(a, b),
       lambda j, a, b: j.numpy.linalg.solve(a, b), spd(3), normal(3, 2)),
    op("cholesky", lambda t, a: t.linalg.cholesky(a @ a.T + 3 * t.eye(3, dtype=a.dtype)),
       lambda j, a: j.numpy.linalg.cholesky(a @ a.T + 3 * j.numpy.eye(3, dtype=a.dtype)),
       normal(3, 3)),
    op("inv", lambda t, a: t.linalg.inv(a), lambda j, a: j.numpy.linalg.inv(a), spd(3)),
    op("det", lambda t, a: t.linalg.det(a), lambda j, a: j.numpy.linalg.det(a), spd(3)),
    op("attention", lambda t, q, k, v: attention(t.softmax, q, k, v),
       lambda j, q, k, v: attention(j.nn.softmax, q, k, v), X, normal(5, 4), normal(5, 2)),
)  # fmt: skip
