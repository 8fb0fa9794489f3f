"""Mistakes that rules are made with: each turns a right rule into one that is wrong.

A fault takes a `Site` and returns a backward with a state of its own; most say what goes wrong
with the gradient of one input, some what goes wrong with the cotangents on their way in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.power.rules import as_tuple
from tests.power.rules.base import Arrays, Backward
from tests.power.sites import Site, random_cotangents, relative_size

Cotangents = Callable[[Arrays, np.random.Generator], Arrays]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of mistake.

    `plant(site)` returns the wrong backward; `applies(site)` says where it makes sense;
    `cotangents` are those that show it, for measuring its size.  One without `measured` is wrong
    whatever its numbers: in its shape, its dtype, its memory or its state.
    """

    kind: str
    plant: Callable[[Site], Backward]
    applies: Callable[[Site], bool] = lambda site: True
    cotangents: Cotangents = random_cotangents
    measured: bool = True
    bar: float = 0.0  # asked for from this size on, if that is less than what all are

    def size(self, site: Site) -> float:
        """Return the relative size of the fault at this site; infinite if it is not one of size."""
        if not self.measured:
            return np.inf
        with np.errstate(all="ignore"):
            return relative_size(site, self.plant(site), self.cotangents)


# ---------------------------------------------------------------- ways to go wrong


def changed(change: Callable[[np.ndarray, Site], Any]) -> Callable[[Site], Backward]:
    """Change the gradient of the site's input."""

    def plant(site: Site) -> Backward:
        def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> tuple[Any, ...]:
            gradients = list(as_tuple(site.rule.backward(y_bars, xs, ys)))
            gradients[site.position] = change(np.asarray(gradients[site.position]), site)
            return tuple(gradients)

        return backward

    return plant


def given(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Site], Backward]:
    """Change each cotangent before the right rule sees it."""

    def plant(site: Site) -> Backward:
        def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
            changed_bars = tuple(np.asarray(change(b)).astype(b.dtype) for b in y_bars)
            return site.rule.backward(changed_bars, xs, ys)

        return backward

    return plant


def own(kind: str) -> Callable[[Site], Backward]:
    """Take the mistake that the rule itself names."""
    return lambda site: site.rule.wrong[kind]


def named(kind: str) -> Callable[[Site], bool]:
    return lambda site: kind in site.rule.wrong


# ---------------------------------------------------------------- where a fault makes sense


def has_entries(site: Site) -> bool:
    return site.g.size > 0


def has_axes(site: Site) -> bool:
    return site.g.ndim > 0 and site.g.size > 1


def has_outputs(site: Site) -> bool:
    return all(y.size for y in site.ys) and bool(np.any(site.g))


def has_many_outputs(site: Site) -> bool:
    return has_outputs(site) and sum(y.size for y in site.ys) > 1


def is_matrix(site: Site) -> bool:
    return site.g.ndim > 1 and site.g.size > 1


def is_double(site: Site) -> bool:
    return site.x.dtype == np.float64 and has_entries(site)


def is_broadcast(site: Site) -> bool:
    return site.rule.theme == "broadcast" and site.x.shape != site.ys[0].shape


# ---------------------------------------------------------------- numbers


def _entry(g: np.ndarray, site: Site, place: int, value: Any) -> np.ndarray:
    wrong = g.copy()
    wrong.flat[place] = value
    return wrong


def _random_place(site: Site) -> int:
    """An entry of the input that has a gradient."""
    return int(site.rng.choice(np.flatnonzero(site.g)))


def _smallest_place(site: Site) -> int:
    """The entry of the smallest gradient that is not zero."""
    size = np.abs(site.g.ravel() * np.where(site.x.ravel() == 0, 1, site.x.ravel()))
    return int(np.argmin(np.where(size > 0, size, np.inf)))


def _wrong_entry(g: np.ndarray, site: Site) -> np.ndarray:
    place = _random_place(site)
    return _entry(g, site, place, g.flat[place] * (1 + 10 * site.size))


def _wrong_small_entry(g: np.ndarray, site: Site) -> np.ndarray:
    place = _smallest_place(site)
    return _entry(g, site, place, 2 * g.flat[place])


def _extent(site: Site) -> int:
    """The n that a mean divides by."""
    return max(site.g.size, site.ys[0].size)


def _noisy(site: Site) -> Backward:
    rng = site.rng
    noise = changed(
        lambda g, site: (g * (1 + site.size * rng.normal(size=g.shape))).astype(g.dtype)
    )
    return noise(site)


def _quantised(g: np.ndarray, site: Site) -> np.ndarray:
    unit = site.size * np.abs(site.g).max()
    return (np.round(g / unit) * unit).astype(g.dtype)


def _clipped(g: np.ndarray, site: Site) -> np.ndarray:
    limit = 0.6 * np.abs(site.g).max()
    return np.clip(g, -limit, limit).astype(g.dtype)


def _without_small(g: np.ndarray, site: Site) -> np.ndarray:
    return np.where(np.abs(g) < 0.05 * np.abs(g).max(), 0, g).astype(g.dtype)


def _in_precision(dtype: type) -> Callable[[Site], Backward]:
    # Linear algebra has no float16: numbers are rounded to it on their way in and out.
    within = np.float32 if dtype is np.float16 else dtype

    def cast(arrays: Arrays) -> Arrays:
        return tuple(a.astype(dtype).astype(within) if a.dtype.kind == "f" else a for a in arrays)

    def plant(site: Site) -> Backward:
        def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
            found = as_tuple(site.rule.backward(cast(y_bars), cast(xs), cast(ys)))
            return tuple(
                None if g is None else np.asarray(g).astype(dtype).astype(x.dtype)
                for g, x in zip(found, xs, strict=True)
            )

        return backward

    return plant


def _at_shifted_point(site: Site) -> Backward:
    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        moved = tuple(x * x.dtype.type(1 + site.size) if x.dtype.kind == "f" else x for x in xs)
        return site.rule.backward(y_bars, moved, ys)

    return backward


def _swapped_inputs(site: Site) -> Backward:
    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        gradients = as_tuple(site.rule.backward(y_bars, xs, ys))
        return (gradients[1], gradients[0], *gradients[2:])

    return backward


def _swaps(site: Site) -> bool:
    first = site.xs[:2]
    return len(first) == 2 and first[0].shape == first[1].shape and first[1].dtype.kind == "f"


def _expanded(site: Site, y_bars: Arrays, xs: Arrays, ys: Arrays) -> np.ndarray:
    """The gradient as it is before the axes that were broadcast are summed."""
    shape = ys[0].shape
    whole = tuple(np.broadcast_to(x, shape) for x in xs)
    return np.asarray(as_tuple(site.rule.backward(y_bars, whole, ys))[site.position])


def _first_slice(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    g = g[(0,) * (g.ndim - len(shape))]
    return g[tuple(slice(0, n) for n in shape)].copy()


def _first_of_broadcast(site: Site) -> Backward:
    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        gradients = list(as_tuple(site.rule.backward(y_bars, xs, ys)))
        whole = _expanded(site, y_bars, xs, ys)
        gradients[site.position] = _first_slice(whole, site.x.shape)
        return tuple(gradients)

    return backward


def unsummed(site: Site) -> Backward:
    """Return the gradient in the shape of the output: nothing was summed back."""

    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        gradients = list(as_tuple(site.rule.backward(y_bars, xs, ys)))
        gradients[site.position] = _expanded(site, y_bars, xs, ys)
        return tuple(gradients)

    return backward


NUMBERS = [
    Fault("scale", changed(lambda g, s: g * g.dtype.type(1 + s.size)), has_entries),
    Fault("sign", changed(lambda g, s: -g), has_entries),
    Fault("zero", changed(lambda g, s: 0 * g), has_entries),
    Fault("constant_added", changed(lambda g, s: g + g.dtype.type(s.size * np.abs(s.g).max())),
          has_entries),
    Fault("factor_n", changed(lambda g, s: g * _extent(s)), has_entries),
    Fault("factor_1/n", changed(lambda g, s: g / _extent(s)), has_entries),
    Fault("accumulated_twice", changed(lambda g, s: g + g), has_entries),
    Fault("transpose", changed(lambda g, s: g.T.reshape(g.shape).copy()), is_matrix),
    Fault("off_by_one", changed(lambda g, s: np.roll(g, 1, -1)), has_axes),
    Fault("off_by_one_shifted", changed(lambda g, s: np.append(g.ravel()[1:], 0 * g.flat[0])
          .reshape(g.shape)), has_axes),
    Fault("reversed", changed(lambda g, s: np.flip(g).copy()), has_axes),
    Fault("mean_of_entries", changed(lambda g, s: np.full_like(g, g.mean())), has_axes),
    Fault("dropped_term", own("dropped_term"), named("dropped_term")),
    Fault("neighbour", own("neighbour"), named("neighbour")),
    Fault("swapped_inputs", _swapped_inputs, _swaps),
    Fault("first_of_broadcast", _first_of_broadcast, is_broadcast),
    Fault("entry", changed(_wrong_entry), has_outputs),
    Fault("small_entry", changed(_wrong_small_entry), has_outputs),
    Fault("missing_entry", changed(lambda g, s: _entry(g, s, _random_place(s), 0)), has_outputs),
    Fault("clipped", changed(_clipped), has_outputs),
    Fault("small_cut_off", changed(_without_small), has_outputs),
    Fault("quantised", changed(_quantised), has_outputs),
    Fault("noisy", _noisy, has_outputs),
    Fault("shifted_point", _at_shifted_point, has_outputs),
    Fault("float32_inside", _in_precision(np.float32), is_double, bar=1e-9),
    Fault("float16_inside", _in_precision(np.float16), has_entries),
    Fault("nan_entry", changed(lambda g, s: _entry(g, s, _random_place(s), np.nan)), has_outputs),
    Fault("infinite_entry", changed(lambda g, s: _entry(g, s, _random_place(s), np.inf)),
          has_outputs),
    Fault("all_nan", changed(lambda g, s: np.full_like(g, np.nan)), has_entries),
]  # fmt: skip
