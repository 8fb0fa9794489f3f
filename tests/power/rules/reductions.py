"""Reductions and scans."""

from functools import partial

import numpy as np

from tests.power.rules.base import away, normal, positive, rule, spaced

_rule = partial(rule, "reduction")


def _spread(g, x, axis=None):
    """Give each entry of a reduced axis the gradient of its sum."""
    g = np.asarray(g) if axis is None else np.expand_dims(g, axis)
    return np.broadcast_to(g, x.shape).copy()


def _extreme(find, axis=None):
    """Give the whole gradient to the entry that is the largest (or smallest)."""

    def pull(g, y, x):
        if axis is None:
            gx = np.zeros_like(x)
            gx.flat[find(x)] = g
            return gx
        place = np.expand_dims(find(x, axis=axis), axis)
        gx = np.zeros_like(x)
        np.put_along_axis(gx, place, np.expand_dims(g, axis), axis)
        return gx

    return pull


def logsumexp(x):
    """log sum exp over the last axis."""
    top = x.max(axis=-1, keepdims=True)
    return (top + np.log(np.exp(x - top).sum(axis=-1, keepdims=True)))[..., 0]


def _cumsum_pull(g, y, x):
    return np.flip(np.cumsum(np.flip(g, -1), -1), -1).copy()


def _cumprod_pull(g, y, x):
    return _cumsum_pull(g * y, y, x) / x


def _centred(x, axis=-1):
    return x - x.mean(axis=axis, keepdims=True)


def _weighted_pull(g, y, x, w):
    total = w.sum()
    return g * w / total, g * (x - y) / total


RULES = [
    _rule("sum", np.sum, lambda g, y, x: _spread(g, x), normal(3, 4)),
    _rule("sum_axis", lambda x: x.sum(0), lambda g, y, x: _spread(g, x, 0), normal(3, 4)),
    _rule("sum_last", lambda x: x.sum(-1), lambda g, y, x: _spread(g, x, -1), normal(2, 3, 3)),
    _rule("sum_keepdims", lambda x: x.sum(1, keepdims=True), lambda g, y, x: _spread(g, x),
          normal(3, 4)),
    _rule("mean", np.mean, lambda g, y, x: _spread(g / x.size, x), normal(3, 4),
          neighbour=lambda g, y, x: _spread(g / (x.size - 1), x)),
    _rule("mean_axis", lambda x: x.mean(1), lambda g, y, x: _spread(g / x.shape[1], x, 1),
          normal(3, 4), neighbour=lambda g, y, x: _spread(g / x.shape[0], x, 1)),
    _rule("prod", np.prod, lambda g, y, x: g * y / x, away(0.5, 5)),
    _rule("prod_axis", lambda x: x.prod(1), lambda g, y, x: (g * y)[:, None] / x, away(0.5, 3, 4)),
    _rule("max", np.max, _extreme(np.argmax), spaced(12)),
    _rule("max_axis", lambda x: x.max(1), _extreme(np.argmax, 1), spaced(3, 4)),
    _rule("min_axis", lambda x: x.min(0), _extreme(np.argmin, 0), spaced(3, 4)),
    _rule("peak_to_peak", np.ptp,
          lambda g, y, x: _extreme(np.argmax)(g, y, x) - _extreme(np.argmin)(g, y, x), spaced(7),
          dropped_term=_extreme(np.argmax)),
    _rule("variance", lambda x: x.var(-1),
          lambda g, y, x: 2 * g[..., None] * _centred(x) / x.shape[-1], normal(3, 5),
          neighbour=lambda g, y, x: 2 * g[..., None] * _centred(x) / (x.shape[-1] - 1),
          dropped_term=lambda g, y, x: 2 * g[..., None] * x / x.shape[-1]),
    _rule("std", lambda x: x.std(-1, ddof=1),
          lambda g, y, x: (g / y)[..., None] * _centred(x) / (x.shape[-1] - 1), normal(3, 5),
          neighbour=lambda g, y, x: (g / y)[..., None] * _centred(x) / x.shape[-1]),
    _rule("logsumexp", logsumexp, lambda g, y, x: g[..., None] * np.exp(x - y[..., None]),
          normal(3, 4)),
    _rule("norm", np.linalg.norm, lambda g, y, x: g * x / y, normal(6),
          neighbour=lambda g, y, x: 2 * g * x),
    _rule("norm_axis", lambda x: np.linalg.norm(x, axis=-1),
          lambda g, y, x: (g / y)[..., None] * x, normal(3, 4)),
    _rule("norm_1", lambda x: np.abs(x).sum(-1), lambda g, y, x: g[..., None] * np.sign(x),
          away(0.1, 3, 4)),
    _rule("norm_4", lambda x: (x**4).sum() ** 0.25, lambda g, y, x: g * (x / y) ** 3, normal(5)),
    _rule("sum_of_squares", lambda x: (x * x).sum(), lambda g, y, x: 2 * g * x, normal(4, 3)),
    _rule("root_mean_square", lambda x: np.sqrt((x * x).mean(-1)),
          lambda g, y, x: (g / y)[..., None] * x / x.shape[-1], normal(3, 4)),
    _rule("geometric_mean", lambda x: np.exp(np.log(x).mean()),
          lambda g, y, x: g * y / (x.size * x), positive(5)),
    _rule("weighted_mean", lambda x, w: (x * w).sum() / w.sum(), _weighted_pull, normal(6),
          positive(6), dropped_term=lambda g, y, x, w: (g * w / w.sum(), g * x / w.sum())),
    _rule("cumsum", lambda x: np.cumsum(x, -1), _cumsum_pull, normal(3, 4),
          neighbour=lambda g, y, x: np.cumsum(g, -1)),
    _rule("cumprod", lambda x: np.cumprod(x, -1), _cumprod_pull, away(0.5, 3, 4)),
    _rule("difference", lambda x: np.diff(x),
          lambda g, y, x: np.pad(g, ((0, 0), (1, 0))) - np.pad(g, ((0, 0), (0, 1))), normal(3, 5),
          dropped_term=lambda g, y, x: np.pad(g, ((0, 0), (1, 0)))),
    _rule("trapezoid", lambda x: (x[1:] + x[:-1]).sum() / 2,
          lambda g, y, x: g * np.r_[0.5, np.ones(x.size - 2), 0.5].astype(x.dtype), normal(7),
          neighbour=lambda g, y, x: g * np.ones_like(x)),
]  # fmt: skip
