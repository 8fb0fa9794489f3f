"""Moves of entries: shapes, slices, indices; and what sorts."""

from functools import partial

import numpy as np

from tests.power.rules.base import indices, normal, rule, several, spaced

_shape = partial(rule, "shape")
_index = partial(rule, "indexing")
_TWICE = np.array([0, 2, 2, 1, 4])
_MASK = np.array([True, False, True, True, False])
_PERMUTATION = np.array([3, 0, 4, 1, 2])


def _scattered(g, x, place):
    """Add `g` to zeros in the shape of x, at an index that may name an entry twice."""
    gx = np.zeros_like(x)
    np.add.at(gx, place, g)
    return gx


def _assigned(g, x, place):
    """The classic mistake: what is named twice counts once."""
    gx = np.zeros_like(x)
    gx[place] = g
    return gx


def _at(place):
    return lambda g, y, x: _scattered(g, x, place)


def _cut(x):
    return x[:, :2], x[:, 2:]


def _put_along(g, x, place):
    gx = np.zeros_like(x)
    np.put_along_axis(gx, place, g, -1)
    return gx


def _take_pull(g, y, x, place):
    return _scattered(g, x, (np.arange(len(x))[:, None], place)), None


def _scatter(x, place):
    return _scattered(x, np.zeros(6, x.dtype), place)


def _largest(x):
    return np.sort(x, -1)[..., -2:]


RULES = [
    _shape("reshape", lambda x: x.reshape(2, 6), lambda g, y, x: g.reshape(x.shape).copy(),
           normal(3, 4), neighbour=lambda g, y, x: g.T.reshape(x.shape).copy()),
    _shape("transposed", np.transpose, lambda g, y, x: g.T.copy(), normal(3, 4)),
    _shape("transposed_square", np.transpose, lambda g, y, x: g.T.copy(), normal(3, 3),
           neighbour=lambda g, y, x: g.copy()),
    _shape("moveaxis", lambda x: np.moveaxis(x, 0, 2), lambda g, y, x: np.moveaxis(g, 2, 0).copy(),
           normal(2, 2, 2), neighbour=lambda g, y, x: np.moveaxis(g, 0, 2).copy()),
    _shape("concatenate", lambda a, b: np.concatenate([a, b], 1),
           lambda g, y, a, b: (g[:, :2].copy(), g[:, 2:].copy()), normal(3, 2), normal(3, 2),
           neighbour=lambda g, y, a, b: (g[:, 2:].copy(), g[:, :2].copy())),
    _shape("stack", lambda a, b, c: np.stack([a, b, c]),
           lambda g, y, a, b, c: (g[0].copy(), g[1].copy(), g[2].copy()), normal(4), normal(4),
           normal(4)),
    several("shape", "split", _cut, lambda gs, ys, x: np.concatenate(gs, 1), normal(3, 4),
            neighbour=lambda gs, ys, x: np.concatenate(gs[::-1], 1)),
    _shape("pad", lambda x: np.pad(x, 1), lambda g, y, x: g[1:-1, 1:-1].copy(), normal(3, 4),
           neighbour=lambda g, y, x: g[:-2, :-2].copy()),
    _shape("pad_reflect", lambda x: np.pad(x, 1, mode="reflect"),
           lambda g, y, x: _scattered(g, x, [1, 0, 1, 2, 3, 4, 3]), normal(5),
           dropped_term=lambda g, y, x: g[1:-1].copy()),
    _shape("flip", np.flip, lambda g, y, x: np.flip(g).copy(), normal(6),
           neighbour=lambda g, y, x: g.copy()),
    _shape("roll", lambda x: np.roll(x, 2), lambda g, y, x: np.roll(g, -2), normal(7),
           neighbour=lambda g, y, x: np.roll(g, 2)),
    _shape("tile", lambda x: np.tile(x, 3), lambda g, y, x: g.reshape(3, -1).sum(0), normal(4),
           neighbour=lambda g, y, x: g.reshape(-1, 3).sum(1)),
    _shape("repeat", lambda x: np.repeat(x, 3), lambda g, y, x: g.reshape(-1, 3).sum(1), normal(4),
           neighbour=lambda g, y, x: g.reshape(3, -1).sum(0)),
    _shape("expand_dims", lambda x: x[:, None], lambda g, y, x: g[:, 0].copy(), normal(5)),
    _shape("broadcast_to", lambda x: np.broadcast_to(x, (3, 4)).copy(), lambda g, y, x: g.sum(0),
           normal(4), dropped_term=lambda g, y, x: g[0].copy()),
    _shape("identity", np.copy, lambda g, y, x: g.copy(), normal(3, 4)),
    _shape("diagonal", lambda x: np.diagonal(x).copy(), lambda g, y, x: np.diag(g), normal(4, 4)),
    _shape("diagonal_matrix", np.diag, lambda g, y, x: np.diagonal(g).copy(), normal(4)),
    _shape("lower_triangle", np.tril, lambda g, y, x: np.tril(g), normal(4, 4),
           neighbour=lambda g, y, x: np.triu(g)),
    _index("slice", lambda x: x[1:4], lambda g, y, x: np.pad(g, (1, 2)), normal(6),
           neighbour=lambda g, y, x: np.pad(g, (2, 1))),
    _index("strided", lambda x: x[::2, 1::2], _at((slice(None, None, 2), slice(1, None, 2))),
           normal(5, 4)),
    _index("reversed", lambda x: x[::-1, 1], _at((slice(None, None, -1), 1)), normal(4, 3)),
    _index("one_entry", lambda x: x[1, 2], _at((1, 2)), normal(3, 4)),
    _index("fancy", lambda x: x[_TWICE], _at(_TWICE), normal(5, 2),
           dropped_term=lambda g, y, x: _assigned(g, x, _TWICE)),
    _index("fancy_column", lambda x: x[:, _TWICE], _at((slice(None), _TWICE)), normal(3, 5)),
    _index("mask", lambda x: x[_MASK], _at(_MASK), normal(5)),
    _index("embedding", lambda table, place: table[place],
           lambda g, y, table, place: (_scattered(g, table, place), None), normal(4, 3),
           indices(4, 9), dropped_term=lambda g, y, t, place: (_assigned(g, t, place), None)),
    _index("take_along", lambda x, place: np.take_along_axis(x, place, 1), _take_pull,
           normal(3, 4), indices(4, 3, 6),
           dropped_term=lambda g, y, x, place: (_put_along(g, x, place), None)),
    _index("scatter_add", _scatter, lambda g, y, x, place: (g[place], None), normal(8),
           indices(6, 8), neighbour=lambda g, y, x, place: (g[(place + 1) % 6], None)),
    _index("permutation", lambda x: x[_PERMUTATION], _at(_PERMUTATION), normal(5),
           neighbour=lambda g, y, x: g[_PERMUTATION]),
    _index("sort", lambda x: np.sort(x, -1),
           lambda g, y, x: _put_along(g, x, np.argsort(x, -1)), spaced(3, 4),
           neighbour=lambda g, y, x: np.take_along_axis(g, np.argsort(x, -1), -1)),
    _index("largest_two", _largest,
           lambda g, y, x: _put_along(g, x, np.argsort(x, -1)[..., -2:]), spaced(3, 4)),
    _index("median", np.median,
           lambda g, y, x: _put_along(np.full(1, g, x.dtype), x, np.argsort(x)[3:4]), spaced(7)),
]  # fmt: skip
