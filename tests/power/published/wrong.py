"""Wrong gradients that checkers in use accept: one declaration a bug, with its right twin."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy.special import erf

from tests.power.checkers import Offer
from tests.power.published.record import SLOW, Record, of_function, of_rule
from tests.power.rules.base import rule, unary

wrong_rule = partial(rule, "published")
wrong_slope = partial(unary, "published")


def normal(*shape, dtype=np.float64):
    return lambda rng: rng.normal(size=shape).astype(dtype)


def at(*values, dtype=np.float64):
    return lambda rng: np.array(values, dtype)


def with_entry(factor, entry=300):
    """cos x with one entry too large by a factor."""

    def slope(x, y):
        found = np.cos(x)
        found[entry] *= factor
        return found

    return slope


# ---------------------------------------------------------------- mutation and state


def doubled_in_place(g, y, x):
    g *= 2 * x
    return g


class Remembered:
    """A forward that keeps what its rule needs when it is first called, and never again."""

    def __init__(self):
        self.slope = None

    def forward(self, x):
        if self.slope is None:
            self.slope = np.cos(x)
        return np.sin(x)

    def rule(self):
        right = lambda x, y: np.cos(x)  # noqa: E731
        return wrong_slope("a cache filled once and never renewed", self.forward, right, normal(5),
                           bug=lambda x, y: self.slope)  # fmt: skip


# ---------------------------------------------------------------- softmax, GELU, sort, renorm


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def of_softmax(g, y, x):
    return y * (g - (g * y).sum())


def of_softmax_with_wrong_tail(g, y, x):
    return np.where(y < 1e-5, -1, 1) * of_softmax(g, y, x)


def gelu(x):
    return x * (1 + erf(x / np.sqrt(2))) / 2


def slope_of_gelu(x, y):
    return (1 + erf(x / np.sqrt(2))) / 2 + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def slope_of_tanh_gelu(x, y):
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x * (1 - t * t) / 2 * c * (1 + 3 * 0.044715 * x * x)


def of_sort(g, y, x):
    found = np.empty_like(x)
    found[np.argsort(x)] = g
    return found


def of_sort_with_two_exchanged(g, y, x):
    found = of_sort(g, y, x)
    found[[100, 900]] = found[[900, 100]]
    return found


def renorm(x):
    return x * np.minimum(1, 1 / np.linalg.norm(x, axis=1, keepdims=True))


def of_renorm(g, y, x):
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    along = (g * y).sum(axis=1, keepdims=True)
    return np.where(norm > 1, (g - y * along) / norm, g)


def of_renorm_by_a_constant(g, y, x):
    return g * np.minimum(1, 1 / np.linalg.norm(x, axis=1, keepdims=True))


# ---------------------------------------------------------------- of one framework


def module(bug: bool) -> Offer:
    """A linear layer that forgets its weight; only the input is handed to the checker."""
    import torch

    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x @ w.T

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            return g @ w, torch.zeros_like(w) if bug else g.T @ x

    class Layer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            random = torch.Generator().manual_seed(0)
            self.weight = torch.nn.Parameter(torch.randn(2, 3, generator=random).double())

        def forward(self, x: Any) -> Any:
            return Linear.apply(x, self.weight)

    x = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(4, 3).requires_grad_()
    return Offer("torch", Layer(), (x,))


def zero_tangent_in_jax(bug: bool) -> Offer:
    """The forward mode in float32 at n = 1000, with zeros for a derivative."""
    import jax

    @jax.custom_jvp
    def sine(x: Any) -> Any:
        return jax.numpy.sin(x)

    @sine.defjvp
    def tangent(xs: Any, x_dots: Any) -> Any:
        slope = jax.numpy.cos(xs[0])
        return sine(*xs), x_dots[0] * (0 * slope if bug else slope)

    x = jax.numpy.linspace(0, 3, 1000, dtype="float32")
    return Offer("jax", sine, (x,), {"modes": ["fwd"]})


def zero_tangent_in_torch(bug: bool) -> Offer:
    """The same in torch, whose tolerance does not grow."""
    import torch

    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return torch.sin(x)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_forward(*inputs)

        @staticmethod
        def jvp(ctx: Any, x_dot: Any) -> Any:
            slope = torch.cos(ctx.saved_tensors[0])
            return x_dot * (0 * slope if bug else slope)

    x = torch.linspace(0, 3, 1000, dtype=torch.float32).requires_grad_()
    modes = {"check_forward_ad": True, "check_backward_ad": False}
    return Offer("torch", Sine.apply, (x,), modes)


# The threads are facts: where the mistake, or the weakness that lets it pass, was reported.
WRONG: tuple[Record, ...] = (
    of_rule("ChainRules.jl PR 588",
            wrong_rule("grad_output changed in place", np.square, lambda g, y, x: 2 * x * g,
                       at(0.5, 1.0, -2.0), bug=doubled_in_place),
            engines=("torch", "autograd")),  # jax's arrays cannot be written to
    of_rule("", Remembered().rule()),
    of_rule("chainer 3541",
            wrong_slope("a gradient of 5e-6 with the wrong sign", lambda x: 5e-6 * x,
                        lambda x, y: 5e-6, normal(3), bug=lambda x, y: -5e-6)),
    of_rule("HIPS autograd PR 314",
            wrong_slope("a gradient of 1e-7, times -5", lambda x: 1e-7 * x,
                        lambda x, y: 1e-7, normal(3), bug=lambda x, y: -5e-7)),
    of_rule("warp 508",
            wrong_rule("the tail of a softmax with the wrong sign", softmax, of_softmax,
                       at(0.0, -1.0, -15.0, -16.0), bug=of_softmax_with_wrong_tail)),
    of_rule("",
            wrong_slope("exact GELU, derivative of the tanh formula", gelu, slope_of_gelu,
                        normal(5), bug=slope_of_tanh_gelu), seed=1),
    of_rule("pytorch PR 59615",
            wrong_slope("one entry of 1,000 times 1.5", np.sin, with_entry(1.0), normal(1000),
                        bug=with_entry(1.5))),
    of_rule("jax 3130",
            wrong_slope("one entry of 1,000 times 1.05 in float32", np.sin, with_entry(1.0),
                        normal(1000, dtype=np.float32), bug=with_entry(np.float32(1.05)))),
    of_rule("pytorch 57166",
            wrong_rule("sort of 1,000 with two indices exchanged", np.sort, of_sort, normal(1000),
                       bug=of_sort_with_two_exchanged)),
    of_rule("pytorch 59584",
            wrong_rule("renorm that takes its norm for a constant", renorm, of_renorm,
                       normal(30, 30), bug=of_renorm_by_a_constant)),
    of_rule("pytorch PR 59650",
            wrong_rule("a mean of 100,000 with zero gradient", np.mean,
                       lambda g, y, x: np.full_like(x, g / x.size), normal(100_000),
                       bug=lambda g, y, x: np.zeros_like(x)), left_out=SLOW),
    of_rule("Mnemosyne PR 987",
            wrong_rule("a rule of |g|", np.exp, lambda g, y, x: g * y, normal(4),
                       bug=lambda g, y, x: np.abs(g) * y)),
    of_rule("Mnemosyne PR 987",
            wrong_rule("a rule of g squared", np.exp, lambda g, y, x: g * y, normal(4),
                       bug=lambda g, y, x: g * g * y)),
    of_rule("",
            wrong_rule("a gradient clipped in the rule", np.exp, lambda g, y, x: g * y, normal(4),
                       bug=lambda g, y, x: np.clip(g, -10, 10) * y)),
    Record("forward mode of zeros, float32, n = 1,000", "jax 3130",
           {"jax": zero_tangent_in_jax, "torch": zero_tangent_in_torch}),
    Record("a Module whose weight has no gradient", "", {"torch": module}),
    of_function("sqrt at -1, where all is NaN", "pytorch 76780",
                lambda xp, x: xp.sqrt(x), [-1.0]),
)  # fmt: skip
