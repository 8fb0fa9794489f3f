"""A rule on ndarrays as each framework's own kind of custom function, with its point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.power.rules import BaseRule, as_tuple
from tests.power.rules.base import Arrays, Backward

Called = tuple[Callable[..., Any], tuple[Any, ...]]  # a function and its arguments


def in_torch(rule: BaseRule, backward: Backward, xs: Arrays) -> Called:
    """Return a torch.autograd.Function; its rule sees torch's own memory."""
    import torch

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            ctx.xs = tuple(t.detach().numpy() for t in inputs)
            ctx.ys = rule.outputs(ctx.xs)
            ys = tuple(torch.from_numpy(y.copy()) for y in ctx.ys)
            return ys if len(ys) > 1 else ys[0]

        @staticmethod
        def backward(ctx: Any, *y_bars: Any) -> Any:
            found = backward(tuple(b.detach().numpy() for b in y_bars), ctx.xs, ctx.ys)
            return tuple(None if g is None else torch.from_numpy(np.asarray(g))
                         for g in as_tuple(found))  # fmt: skip

    return Rule.apply, tuple(torch.from_numpy(x).requires_grad_(x.dtype.kind == "f") for x in xs)


def in_jax(rule: BaseRule, backward: Backward, xs: Arrays) -> Called:
    """Return a jax.custom_vjp of callbacks, as a function of the floating inputs."""
    import jax

    floating = [i for i, x in enumerate(xs) if x.dtype.kind == "f"]
    ys = rule.outputs(xs)

    def whole(moved: Sequence[Any]) -> Arrays:
        arrays = dict(zip(floating, moved, strict=True))
        return tuple(np.array(arrays[i]) if i in arrays else x for i, x in enumerate(xs))

    def pull(moved: Sequence[Any], ys: Sequence[Any], y_bars: Sequence[Any]) -> tuple[Any, ...]:
        bars, outputs = (tuple(np.array(a) for a in part) for part in (y_bars, ys))
        found = as_tuple(backward(bars, whole(moved), outputs))
        if len(found) != len(xs):
            raise ValueError("one gradient for each input")
        return tuple(np.zeros_like(xs[i]) if found[i] is None else np.asarray(found[i])
                     for i in floating)  # fmt: skip

    def outputs(*moved: Any) -> Arrays:
        return rule.outputs(whole(moved))

    def shapes(moved: Sequence[Any]) -> tuple[Any, ...]:
        wide = np.result_type(*(m.dtype for m in moved))  # it may be asked in another precision
        dtypes = [wide if y.dtype.kind == "f" else y.dtype for y in ys]
        return tuple(jax.ShapeDtypeStruct(y.shape, d) for y, d in zip(ys, dtypes, strict=True))

    # A callback is compiled anew for each function object, and once for the same one.
    @jax.custom_vjp
    def function(*moved: Any) -> Any:
        return tuple(jax.pure_callback(outputs, shapes(moved), *moved))

    def forward(*moved: Any) -> Any:
        ys = function(*moved)
        return ys, (moved, ys)

    def reverse(kept: Any, y_bars: Any) -> Any:
        like = tuple(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in kept[0])
        return tuple(jax.pure_callback(pull, like, *kept, y_bars))

    function.defvjp(forward, reverse)
    return function, tuple(jax.numpy.asarray(xs[i]) for i in floating)


def in_autograd(rule: BaseRule, backward: Backward, xs: Arrays) -> Called:
    """Return a primitive of autograd with its VJPs."""
    import autograd.builtins  # noqa: F401  (tuples as outputs)
    from autograd.extend import defvjp, primitive

    function = primitive(rule.forward)

    def pull_of(position: int) -> Callable[..., Any]:
        def vjp(ys: Any, *inputs: Any) -> Callable[[Any], Any]:
            def pull(g: Any) -> Any:
                bars = tuple(np.asarray(b) for b in as_tuple(g))
                outputs = tuple(np.asarray(y) for y in as_tuple(ys))
                return as_tuple(backward(bars, inputs, outputs))[position]

            return pull

        return vjp

    floating = [i for i, x in enumerate(xs) if x.dtype.kind == "f"]
    defvjp(function, *map(pull_of, floating), argnums=floating)
    return function, xs


WRAPPED = {"torch": in_torch, "jax": in_jax, "autograd": in_autograd}
