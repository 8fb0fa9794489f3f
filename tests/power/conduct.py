"""Faults of conduct: in what a rule makes of its cotangents, its state, its memory, its shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.power.faults import (
    NUMBERS,
    Fault,
    changed,
    given,
    has_axes,
    has_entries,
    has_many_outputs,
    has_outputs,
    is_broadcast,
    unsummed,
)
from tests.power.rules import as_tuple
from tests.power.rules.base import Arrays, Backward
from tests.power.sites import Site, random_cotangents

# ---------------------------------------------------------------- cotangents that show a fault


def _scaled(factor: float) -> Callable[[Arrays, np.random.Generator], Arrays]:
    return lambda ys, rng: tuple(b * b.dtype.type(factor) for b in random_cotangents(ys, rng))


def _with_zeros(ys: Arrays, rng: np.random.Generator) -> Arrays:
    bars = random_cotangents(ys, rng)
    return tuple((b * rng.integers(0, 2, b.shape)).astype(b.dtype) for b in bars)


def _all_zero(ys: Arrays, rng: np.random.Generator) -> Arrays:
    return tuple(map(np.zeros_like, ys))


def _positive(ys: Arrays, rng: np.random.Generator) -> Arrays:
    return tuple(map(np.abs, random_cotangents(ys, rng)))


def _ones(ys: Arrays, rng: np.random.Generator) -> Arrays:
    return tuple(map(np.ones_like, ys))


def _one_hot(ys: Arrays, rng: np.random.Generator) -> Arrays:
    bars = tuple(map(np.zeros_like, ys))
    bars[0].flat[int(rng.integers(bars[0].size))] = 1
    return bars


def _when(condition: Callable[[Arrays], Any]) -> Callable[[Site], Backward]:
    """Give twice the gradient, but only for cotangents of some form."""

    def plant(site: Site) -> Backward:
        def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
            factor = 2 if condition(y_bars) else 1
            return site.rule.backward(tuple(factor * b for b in y_bars), xs, ys)

        return backward

    return plant


def _flat(y_bars: Arrays) -> np.ndarray:
    return np.concatenate([b.ravel() for b in y_bars])


def _is_uniform(y_bars: Arrays) -> bool:
    return bool(np.ptp(_flat(y_bars)) == 0)


def _is_one_hot(y_bars: Arrays) -> bool:
    return np.count_nonzero(_flat(y_bars)) == 1


def _over_itself(b: np.ndarray) -> np.ndarray:
    return b * (b / b)


def _of_output(change: Callable[[Arrays], Arrays]) -> Callable[[Site], Backward]:
    return lambda site: lambda y_bars, xs, ys: site.rule.backward(change(y_bars), xs, ys)


def _two_outputs(site: Site) -> bool:
    return len(site.ys) > 1


def _equal_outputs(site: Site) -> bool:
    return len(site.ys) > 1 and site.ys[0].shape == site.ys[1].shape


COTANGENTS = [
    Fault("zeros_in_cotangent", given(lambda b: np.where(b == 0, 1, b)), has_outputs, _with_zeros),
    Fault("divided_by_cotangent", given(_over_itself), has_outputs, _with_zeros),
    Fault("zero_cotangent", given(lambda b: b if np.any(b) else b + 1), has_outputs, _all_zero),
    Fault("negative_cotangent", given(lambda b: np.maximum(b, 0)), has_outputs),
    Fault("absolute_cotangent", given(np.abs), has_outputs),
    Fault("positive_cotangent", _when(lambda bs: (_flat(bs) > 0).all()), has_outputs, _positive),
    Fault("large_cotangent", given(lambda b: np.clip(b, -100, 100)), has_outputs, _scaled(1e4)),
    Fault("tiny_cotangent", given(lambda b: np.where(np.abs(b) < 1e-4, 0, b)), has_outputs,
          _scaled(1e-6)),
    Fault("cotangent_clipped", given(lambda b: np.clip(b, -1, 1)), has_outputs),
    Fault("only_uniform_right", given(lambda b: np.full_like(b, b.mean())), has_many_outputs),
    Fault("uniform_cotangent", _when(_is_uniform), has_many_outputs, _ones),
    Fault("one_hot_cotangent", _when(_is_one_hot), has_many_outputs, _one_hot),
    Fault("only_ones_right", given(np.ones_like), has_outputs),
    Fault("squared_cotangent", given(np.square), has_outputs),
    Fault("ignored_output", _of_output(lambda bs: (bs[0], *map(np.zeros_like, bs[1:]))),
          _two_outputs),
    Fault("swapped_outputs", _of_output(lambda bs: (bs[1], bs[0], *bs[2:])), _equal_outputs),
]  # fmt: skip


# ---------------------------------------------------------------- state


def _doubled(found: Any) -> tuple[Any, ...]:
    return tuple(None if g is None else 2 * np.asarray(g) for g in as_tuple(found))


def _on_calls(wrong: Callable[[int], bool]) -> Callable[[Site], Backward]:
    """Give twice the gradient at some calls, counted from one."""

    def plant(site: Site) -> Backward:
        calls = iter(range(1, 10**9))

        def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
            found = site.rule.backward(y_bars, xs, ys)
            return _doubled(found) if wrong(next(calls)) else found

        return backward

    return plant


def _growing(site: Site) -> Backward:
    total: list[Any] = []

    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        found = as_tuple(site.rule.backward(y_bars, xs, ys))
        before = total[0] if total else [None] * len(found)
        both = [g if b is None else g + b for g, b in zip(found, before, strict=True)]
        total[:] = [both]
        return tuple(None if g is None else np.array(g) for g in both)

    return backward


def _drifting(site: Site) -> Backward:
    """Each call's gradient is a little larger than the last."""
    calls = iter(range(10**9))

    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        factor = 1 + 100 * site.bar * next(calls)
        found = as_tuple(site.rule.backward(y_bars, xs, ys))
        return tuple(
            None if g is None else (factor * np.asarray(g)).astype(x.dtype)
            for g, x in zip(found, xs, strict=True)
        )

    return backward


def _remembering(which: int) -> Callable[[Site], Backward]:
    """Keep one of (y_bars, xs, ys) from the first call for ever."""

    def plant(site: Site) -> Backward:
        first: list[Arrays] = []

        def backward(*arguments: Arrays) -> Any:
            if not first:
                first.append(tuple(a.copy() for a in arguments[which]))
            return site.rule.backward(*(*arguments[:which], first[0], *arguments[which + 1 :]))

        return backward

    return plant


def _depends_on(which: int) -> Callable[[Site], bool]:
    """Whether the gradient changes with its y_bars, xs or ys."""

    def applies(site: Site) -> bool:
        arguments: list[Arrays] = [site.y_bars, site.xs, site.ys]
        arguments[which] = tuple(a * a.dtype.type(2) if a.dtype.kind == "f" else a
                                 for a in arguments[which])  # fmt: skip
        with np.errstate(all="ignore"):
            other = as_tuple(site.rule.backward(*arguments))
        return has_outputs(site) and not np.array_equal(site.g, other[site.position])

    return applies


STATE = [
    Fault("second_call", _on_calls(lambda n: n > 1), has_outputs, measured=False),
    Fault("second_call_only", _on_calls(lambda n: n == 2), has_outputs, measured=False),
    Fault("every_third_call", _on_calls(lambda n: n % 3 == 0), has_outputs, measured=False),
    Fault("fifth_call", _on_calls(lambda n: n > 4), has_outputs, measured=False),
    Fault("drifting", _drifting, has_outputs, measured=False),
    Fault("growing", _growing, has_outputs, measured=False),
    Fault("stale_cotangent", _remembering(0), _depends_on(0), measured=False),
    Fault("stale_point", _remembering(1), _depends_on(1), measured=False),
    Fault("stale_output", _remembering(2), _depends_on(2), measured=False),
]


# ---------------------------------------------------------------- memory


def _writing(which: int, position: Callable[[Site], int]) -> Callable[[Site], Backward]:
    """Leave other numbers in one of the arguments, once the gradient is made."""

    def plant(site: Site) -> Backward:
        def backward(*arguments: Arrays) -> Any:
            found = site.rule.backward(*arguments)
            array = arguments[which][position(site)]
            with np.errstate(all="ignore"):
                np.multiply(array, array.dtype.type(1.5), out=array)
            return found

        return backward

    return plant


def _kept_buffer(site: Site) -> Backward:
    """The gradient lives in one array that every call fills anew."""
    buffers: dict[int, np.ndarray] = {}

    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        gradients = list(as_tuple(site.rule.backward(y_bars, xs, ys)))
        buffer = buffers.setdefault(0, np.empty_like(site.g))
        buffer[...] = gradients[site.position]
        gradients[site.position] = buffer
        return tuple(gradients)

    return backward


def _in_place_of_cotangent(site: Site) -> Backward:
    """The gradient overwrites the cotangent, and that array is returned."""

    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        gradients = list(as_tuple(site.rule.backward(y_bars, xs, ys)))
        y_bars[0][...] = gradients[site.position]
        gradients[site.position] = y_bars[0]
        return tuple(gradients)

    return backward


def _view_of_cotangent(site: Site) -> Backward:
    """The cotangent itself is returned, in the shape of the input."""

    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        gradients = list(as_tuple(site.rule.backward(y_bars, xs, ys)))
        gradients[site.position] = _as_shape(y_bars[0], site.x.shape)
        return tuple(gradients)

    return backward


def _as_shape(y_bar: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if y_bar.size == int(np.prod(shape)):
        return y_bar.reshape(shape)
    return np.broadcast_to(y_bar, shape)


def _is_cotangent(site: Site) -> bool:
    """Whether the gradient is the cotangent, reshaped or spread."""
    try:
        return has_outputs(site) and np.array_equal(_as_shape(site.y_bars[0], site.x.shape), site.g)
    except ValueError:
        return False


def _one_for_two(site: Site) -> Backward:
    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        gradients = as_tuple(site.rule.backward(y_bars, xs, ys))
        return (gradients[0], gradients[0], *gradients[2:])

    return backward


def _equal_gradients(site: Site) -> bool:
    two = site.gradients[:2]
    return len(two) == 2 and np.size(two[0]) > 0 and np.array_equal(*two)


MEMORY = [
    Fault("writes_cotangent", _writing(0, lambda s: 0), has_outputs, measured=False),
    Fault("writes_input", _writing(1, lambda s: s.position),
          lambda s: has_outputs(s) and bool(np.any(s.x)), measured=False),
    Fault("writes_output", _writing(2, lambda s: 0),
          lambda s: has_outputs(s) and bool(np.any(s.ys[0])), measured=False),
    Fault("overwrites_cotangent", _in_place_of_cotangent,
          lambda s: has_outputs(s) and s.ys[0].shape == s.x.shape, measured=False),
    Fault("view_of_cotangent", _view_of_cotangent, _is_cotangent, measured=False),
    Fault("kept_buffer", _kept_buffer, has_outputs, measured=False),
    Fault("one_array_for_two", _one_for_two, _equal_gradients, measured=False),
]  # fmt: skip


# ---------------------------------------------------------------- shapes, dtypes, what is due


def _too_few(site: Site) -> Backward:
    return lambda y_bars, xs, ys: as_tuple(site.rule.backward(y_bars, xs, ys))[:-1]


def _too_many(site: Site) -> Backward:
    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> Any:
        found = as_tuple(site.rule.backward(y_bars, xs, ys))
        return (*found, found[0])

    return backward


def _other_dtype(g: np.ndarray, site: Site) -> np.ndarray:
    return g.astype(np.float32 if g.dtype == np.float64 else np.float64)


STRUCTURE = [
    Fault("leading_axis", changed(lambda g, s: g[None]), has_entries, measured=False),
    Fault("trailing_axis", changed(lambda g, s: g[..., None]), has_entries, measured=False),
    Fault("kept_axis", changed(lambda g, s: g.sum(0, keepdims=True)),
          lambda s: has_axes(s) and s.g.shape[0] > 1, measured=False),
    Fault("flattened", changed(lambda g, s: g.ravel()), lambda s: s.g.ndim > 1, measured=False),
    Fault("scalar_for_array", changed(lambda g, s: g.mean()), has_axes, measured=False),
    Fault("missing_broadcast_sum", unsummed, is_broadcast, measured=False),
    Fault("other_dtype", changed(_other_dtype), has_entries, measured=False),
    Fault("float16_dtype", changed(lambda g, s: g.astype(np.float16)), has_entries, measured=False),
    Fault("none", changed(lambda g, s: None), has_outputs, measured=False),
    Fault("too_few", _too_few, lambda s: len(s.xs) > 1 and s.xs[-1].dtype.kind == "f",
          measured=False),
    Fault("too_many", _too_many, has_entries, measured=False),
]  # fmt: skip

FAULTS: dict[str, Fault] = {
    fault.kind: fault for fault in [*NUMBERS, *COTANGENTS, *STATE, *MEMORY, *STRUCTURE]
}
