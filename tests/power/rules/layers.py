"""Layers and losses of networks."""

from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.power.rules.base import away, between, indices, normal, positive, rule, several, spaced
from tests.power.rules.elementwise import sigmoid, softplus
from tests.power.rules.reductions import logsumexp

_rule = partial(rule, "layer")
_KEEP = np.array([[2, 0, 2, 2], [0, 2, 2, 0], [2, 2, 0, 2]], dtype=np.int8)  # dropout, p = 1/2


# ---------------------------------------------------------------- softmax and its losses


def softmax(x):
    """softmax over the last axis."""
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_pull(g, y):
    """The gradient by the logits, from the probabilities."""
    return y * (g - (g * y).sum(-1, keepdims=True))


def _log_softmax(x):
    return x - logsumexp(x)[..., None]


def _one_hot(place, like):
    return (np.arange(like.shape[-1]) == place[..., None]).astype(like.dtype)


def _cross_entropy(x, place):
    return -(_log_softmax(x) * _one_hot(place, x)).sum(-1).mean()


def _cross_entropy_pull(g, y, x, place):
    return g * (softmax(x) - _one_hot(place, x)) / len(x), None


def _huber(x, t):
    d = np.abs(x - t)
    return np.where(d < 1, d * d / 2, d - 0.5).sum()


def _huber_pull(g, y, x, t):
    slope = g * np.clip(x - t, -1, 1)
    return slope, -slope


def _kl(p, q):
    return (p * np.log(p / q)).sum()


# ---------------------------------------------------------------- normalisations


def _normalised(x, axis):
    centred = x - x.mean(axis, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis, keepdims=True) + 1e-5)


def _norm_forward(axis):
    return lambda x, w, b: _normalised(x, axis) * w + b


def _norm_pull(axis, others, *, keep=True):
    """The gradient of a normalised x; without `keep` the variance's part is dropped."""

    def pull(g, y, x, w, b):
        n = _normalised(x, axis)
        scale = 1 / np.sqrt(x.var(axis, keepdims=True) + 1e-5)
        gn = g * w
        gx = gn - gn.mean(axis, keepdims=True)
        if keep:
            gx = gx - n * (gn * n).mean(axis, keepdims=True)
        return gx * scale, (g * n).sum(others).reshape(w.shape), g.sum(others).reshape(b.shape)

    return pull


def _rms(x):
    return np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)


def _rms_pull(g, y, x, w):
    r, gn = _rms(x), g * w
    n = x / r
    return (gn - n * (gn * n).mean(-1, keepdims=True)) / r, (g * n).sum(0)


def _unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def _unit_pull(g, y, x):
    return (g - y * (g * y).sum(-1, keepdims=True)) / np.linalg.norm(x, axis=-1, keepdims=True)


def _cosine(a, b):
    return (_unit(a) * _unit(b)).sum(-1)


def _cosine_pull(g, y, a, b):
    return _unit_pull(g[:, None] * _unit(b), _unit(a), a), _unit_pull(
        g[:, None] * _unit(a), _unit(b), b
    )


# ---------------------------------------------------------------- convolution and pooling


def _conv1d(x, w):
    return np.einsum("nclk,ock->nol", sliding_window_view(x, w.shape[-1], -1), w)


def _conv1d_pull(g, y, x, w):
    gx = np.zeros_like(x)
    for k in range(w.shape[-1]):
        gx[..., k : k + g.shape[-1]] += np.einsum("nol,oc->ncl", g, w[..., k])
    return gx, np.einsum("nclk,nol->ock", sliding_window_view(x, w.shape[-1], -1), g)


def _windows(x, w):
    return sliding_window_view(x, w.shape[-2:], (-2, -1))


def _conv2d(x, w, b):
    return np.einsum("nchwij,ocij->nohw", _windows(x, w), w) + b[:, None, None]


def _conv2d_pull(g, y, x, w, b):
    gx = np.zeros_like(x)
    height, width = g.shape[-2:]
    for i, j in np.ndindex(w.shape[-2:]):
        gx[..., i : i + height, j : j + width] += np.einsum("nohw,oc->nchw", g, w[..., i, j])
    gw = np.einsum("nchwij,nohw->ocij", _windows(x, w), g)
    return gx, gw, g.sum((0, 2, 3))


def _max_pool(x):
    return x.reshape(len(x), -1, 2).max(-1)


def _max_pool_pull(g, y, x):
    pairs = x.reshape(len(x), -1, 2)
    return (g[..., None] * (pairs == y[..., None])).reshape(x.shape).astype(x.dtype)


# ---------------------------------------------------------------- attention and gates


def _attention(q, k, v):
    return softmax(q @ k.T / q.shape[-1] ** 0.5) @ v


def _attention_pull(g, y, q, k, v, scaled=True):
    scale = q.shape[-1] ** -0.5
    p = softmax(q @ k.T * scale)
    gs = softmax_pull(g @ v.T, p) * (scale if scaled else 1)
    return gs @ k, gs.T @ q, p.T @ g


def _lstm(z, c):
    i, f, o, u = np.split(z, 4, -1)
    new = sigmoid(f) * c + sigmoid(i) * np.tanh(u)
    return sigmoid(o) * np.tanh(new), new


def _lstm_pull(gs, ys, z, c, carried=True):
    i, f, o, u = (h(p) for h, p in zip([sigmoid] * 3 + [np.tanh], np.split(z, 4, -1), strict=True))
    t = np.tanh(ys[1])
    gc = gs[0] * o * (1 - t * t) + (gs[1] if carried else 0)
    parts = [gc * u * i * (1 - i), gc * c * f * (1 - f), gs[0] * t * o * (1 - o)]
    return np.concatenate([*parts, gc * i * (1 - u * u)], -1), gc * f


def _gru(z, r, n, h):
    gate = sigmoid(z)
    return (1 - gate) * np.tanh(n + sigmoid(r) * h) + gate * h


def _gru_pull(g, y, z, r, n, h, kept=True):
    gate, reset = sigmoid(z), sigmoid(r)
    new = np.tanh(n + reset * h)
    gn = g * (1 - gate) * (1 - new * new)
    gh = gn * reset + (g * gate if kept else 0)
    return g * (h - new) * gate * (1 - gate), gn * h * reset * (1 - reset), gn, gh


def _glu_pull(g, y, x):
    a, b = np.split(x, 2, -1)
    s = sigmoid(b)
    return np.concatenate([g * s, g * a * s * (1 - s)], -1)


def _glu(x):
    a, b = np.split(x, 2, -1)
    return a * sigmoid(b)


def _hinge_slope(x, t):
    return -t * (t * x < 1)


def _bag(table, place):
    return table[place].mean(1)


def _bag_pull(g, y, table, place):
    gt = np.zeros_like(table)
    np.add.at(gt, place, np.broadcast_to(g[:, None] / place.shape[1], (*place.shape, g.shape[1])))
    return gt, None


RULES = [
    _rule("linear", lambda x, w, b: x @ w.T + b,
          lambda g, y, x, w, b: (g @ w, g.T @ x, g.sum(0)), normal(3, 4), normal(2, 4), normal(2),
          dropped_term=lambda g, y, x, w, b: (g @ w, g.T @ x, g[0].copy()),
          neighbour=lambda g, y, x, w, b: (g @ w, g.T @ x, g.mean(0))),
    _rule("softmax", softmax, lambda g, y, x: softmax_pull(g, y), normal(3, 4),
          dropped_term=lambda g, y, x: y * g, neighbour=lambda g, y, x: y * (1 - y) * g),
    _rule("log_softmax", _log_softmax,
          lambda g, y, x: g - np.exp(y) * g.sum(-1, keepdims=True), normal(3, 4),
          neighbour=lambda g, y, x: softmax_pull(g, np.exp(y)),
          dropped_term=lambda g, y, x: g.copy()),
    _rule("cross_entropy", _cross_entropy, _cross_entropy_pull, normal(4, 5), indices(5, 4),
          neighbour=lambda g, y, x, t: (g * (softmax(x) - _one_hot(t, x)), None),
          dropped_term=lambda g, y, x, t: (g * softmax(x) / len(x), None)),
    _rule("logistic_loss", lambda x, t: (softplus(x) - t * x).mean(),
          lambda g, y, x, t: (g * (sigmoid(x) - t) / x.size, -g * x / x.size), normal(6),
          between(0, 1, 6)),
    _rule("squared_error", lambda x, t: ((x - t) ** 2).mean(),
          lambda g, y, x, t: (2 * g * (x - t) / x.size, 2 * g * (t - x) / x.size), normal(3, 4),
          normal(3, 4), neighbour=lambda g, y, x, t: (g * (x - t), g * (t - x))),
    _rule("huber", _huber, _huber_pull, lambda rng: np.array([0.3, -0.6, 1.7, -2.4, 0.1, 3.0])
          + rng.uniform(-0.1, 0.1, 6), between(-0.1, 0.1, 6)),
    _rule("hinge", lambda x, t: np.maximum(0, 1 - t * x).sum(),
          lambda g, y, x, t: (g * _hinge_slope(x, t), g * _hinge_slope(t, x)), away(0.2, 6),
          lambda rng: rng.choice([-1.0, 1.0], 6) * rng.choice([0.3, 6.0], 6)),
    _rule("kl_divergence", _kl, lambda g, y, p, q: (g * (np.log(p / q) + 1), -g * p / q),
          between(0.1, 1, 5), between(0.1, 1, 5),
          dropped_term=lambda g, y, p, q: (g * np.log(p / q), -g * p / q)),
    _rule("gaussian_nll", lambda x, m, s: (np.log(s) + ((x - m) / s) ** 2 / 2).sum(),
          lambda g, y, x, m, s: (g * (x - m) / s**2, g * (m - x) / s**2,
                                 g * (1 / s - (x - m) ** 2 / s**3)),
          normal(5), normal(5), positive(5),
          dropped_term=lambda g, y, x, m, s: (g * (x - m) / s**2, g * (m - x) / s**2, g / s)),
    _rule("layer_norm", _norm_forward(-1), _norm_pull(-1, 0), normal(3, 5), normal(5), normal(5),
          dropped_term=_norm_pull(-1, 0, keep=False)),
    _rule("batch_norm", _norm_forward(0), _norm_pull(0, 0), normal(6, 3), normal(3), normal(3),
          dropped_term=_norm_pull(0, 0, keep=False)),
    _rule("instance_norm", _norm_forward(2), _norm_pull(2, (0, 2)), normal(2, 3, 5),
          normal(3, 1), normal(3, 1), dropped_term=_norm_pull(2, (0, 2), keep=False)),
    _rule("rms_norm", lambda x, w: x / _rms(x) * w, _rms_pull, normal(3, 5), normal(5),
          dropped_term=lambda g, y, x, w: (g * w / _rms(x), (g * x / _rms(x)).sum(0))),
    _rule("unit_vectors", _unit, _unit_pull, normal(3, 4),
          dropped_term=lambda g, y, x: g / np.linalg.norm(x, axis=-1, keepdims=True)),
    _rule("cosine_similarity", _cosine, _cosine_pull, normal(3, 4), normal(3, 4)),
    _rule("convolution_1d", _conv1d, _conv1d_pull, normal(2, 2, 6), normal(3, 2, 3),
          neighbour=lambda g, y, x, w: _conv1d_pull(g, y, x, w[..., ::-1])),
    _rule("convolution_2d", _conv2d, _conv2d_pull, normal(2, 2, 4, 4), normal(2, 2, 3, 2),
          normal(2), neighbour=lambda g, y, x, w, b: _conv2d_pull(g, y, x, w[..., ::-1, ::-1], b)),
    _rule("max_pool", _max_pool, _max_pool_pull, spaced(2, 6),
          neighbour=lambda g, y, x: np.repeat(g / 2, 2, -1)),
    _rule("average_pool", lambda x: x.reshape(len(x), -1, 2).mean(-1),
          lambda g, y, x: np.repeat(g / 2, 2, -1), normal(2, 6),
          neighbour=lambda g, y, x: np.repeat(g, 2, -1)),
    _rule("dropout", lambda x: x * _KEEP, lambda g, y, x: g * _KEEP, normal(3, 4),
          neighbour=lambda g, y, x: g * (_KEEP > 0)),
    _rule("attention", _attention, _attention_pull, normal(3, 4), normal(5, 4), normal(5, 2),
          neighbour=partial(_attention_pull, scaled=False)),
    several("layer", "lstm_cell", _lstm, _lstm_pull, normal(2, 12), normal(2, 3),
            dropped_term=partial(_lstm_pull, carried=False)),
    _rule("gru_cell", _gru, _gru_pull, normal(2, 3), normal(2, 3), normal(2, 3), normal(2, 3),
          dropped_term=partial(_gru_pull, kept=False)),
    _rule("gated_linear_unit", _glu, _glu_pull, normal(3, 6),
          dropped_term=lambda g, y, x: np.concatenate([g * sigmoid(x[:, 3:])] * 2, -1)),
    _rule("embedding_bag", _bag, _bag_pull, normal(5, 3), indices(5, 3, 4)),
]  # fmt: skip
