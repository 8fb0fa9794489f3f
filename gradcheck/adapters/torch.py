"""PyTorch, on the CPU."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from gradcheck.adapters import ADAPTERS
from gradcheck.adapters.framework import Framework, Function, Pullback
from gradcheck.adapters.torch_module import opened
from gradcheck.inputs import copied, laid_out_like
from gradcheck.vocabulary import Case, Input


@ADAPTERS.register("torch")
class TorchAdapter(Framework):
    """Tensors of torch: leaves with gradients, double backward, forward mode and vmap."""

    name = "torch"
    allocates_itself = True
    array_module = "array_api_compat.torch"
    beyond = MappingProxyType(
        {"step must be greater than zero": "torch has no slices of a negative step"}
    )

    @cached_property
    def module(self) -> ModuleType:
        torch = importlib.import_module("torch")
        # Indexing by a list, and comparing, import a part of torch by the caller's builtins at the
        # first use, and an expression of a case file has none.
        _ = torch.zeros(1)[[0]] > 0.0
        return torch

    @contextmanager
    def session(self, arrays: Sequence[np.ndarray]) -> Iterator[None]:
        torch = self.module
        # Each call starts from the same random state: dropout then is a function.
        with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
            yield

    def native(self, array: np.ndarray) -> Any:
        return self.module.from_numpy(copied(array))

    def lent(self, array: np.ndarray) -> Any:
        if array.flags.writeable and _has_torch_strides(array):
            return self.module.from_numpy(array)
        return self.native(array)  # torch knows neither reversed arrays nor read-only ones

    def leaf(self, array: np.ndarray) -> Any:
        tensor = self.lent(array)
        return tensor.requires_grad_(array.dtype.kind in "fc")

    def ndarray(self, value: Any) -> np.ndarray:
        if not isinstance(value, self.module.Tensor):
            return np.array(value)
        if value.layout is not self.module.strided:  # the gradients of embeddings can be sparse
            value = value.detach().to_dense()
        return np.array(value.numpy(force=True), order="C")

    def vjp(self, f: Function, xs: Sequence[Any], y_bars: Sequence[Any]) -> Sequence[Any]:
        ys, pullback = self.pullback(f, xs)
        return pullback(_undefined_where_zero(ys, y_bars))

    def pullback(self, f: Function, xs: Sequence[Any]) -> tuple[Sequence[Any], Pullback]:
        ys = self._tensors(f, xs)
        return ys, partial(self._pull_back, ys, xs)

    def _pull_back(
        self, ys: Sequence[Any], xs: Sequence[Any], y_bars: Sequence[Any]
    ) -> Sequence[Any]:
        pairs = _differentiable(ys, y_bars)
        if not pairs:
            return [None] * len(xs)
        differentiable, bars = zip(*pairs, strict=True)
        # A cotangent that is differentiated by needs the graph of this pass.
        again = any(bar.requires_grad for bar in bars)
        found: Sequence[Any] = self.module.autograd.grad(
            differentiable,
            list(xs),
            bars,
            retain_graph=True,
            create_graph=again,
            allow_unused=True,
        )
        if again and not _is_differentiable_again(found):
            raise NotImplementedError("the backward pass is not differentiable")
        return found

    def jvp(self, f: Function, xs: Sequence[Any], x_dots: Sequence[Any]) -> Sequence[Any]:
        forward = self.module.autograd.forward_ad
        # torch's own forward rules are compiled at the first use, by what it has deprecated.
        with forward.dual_level(), _ignoring_deprecations():
            duals = [forward.make_dual(x, dot) for x, dot in zip(xs, x_dots, strict=True)]
            duals = [forward.unpack_dual(y) for y in self._tensors(f, duals)]
        return [self.module.zeros_like(p) if t is None else t for p, t in duals]

    def batched(self, f: Function) -> Function:
        mapped: Function = self.module.func.vmap(f)
        return mapped

    def batched_vjp(self, f: Function, xs: Sequence[Any], y_bars: Sequence[Any]) -> Sequence[Any]:
        pairs = _differentiable(self._tensors(f, xs), y_bars)
        if not pairs:
            return [None] * len(xs)
        ys, bars = zip(*pairs, strict=True)
        found: Sequence[Any] = self.module.autograd.grad(
            ys, list(xs), bars, is_grads_batched=True, allow_unused=True
        )
        return found

    differentiated = "give it requires_grad=True, as x.requires_grad_() does"

    def as_input(self, value: Any) -> Input | None:
        if not isinstance(value, self.module.Tensor):
            return super().as_input(value) if isinstance(value, np.ndarray) else None
        if value.layout is not self.module.strided or value.is_quantized:
            if value.requires_grad:
                kind = str(value.layout).removeprefix("torch.")
                raise TypeError(f"NumPy has no {kind}: check a dense tensor, with x.to_dense()")
            return None
        if value.dtype is self.module.bfloat16:
            raise TypeError("NumPy has no bfloat16: check in float32, with x.float()")
        array = laid_out_like(self.ndarray(value), value.numpy(force=True))
        return Input(array, dtype=str(array.dtype), differentiable=value.requires_grad)

    def is_marked(self, value: Any) -> bool:
        return isinstance(value, self.module.Tensor) and value.requires_grad

    def opened(self, f: Callable[..., Any]) -> tuple[Mapping[str, Any], Callable[..., Any]]:
        return opened(self.module, f) if isinstance(f, self.module.nn.Module) else super().opened(f)

    def tape(self, case: Case) -> TorchTape:
        return TorchTape(self, case)

    def _tensors(self, f: Function, xs: Sequence[Any]) -> list[Any]:
        return [self.module.as_tensor(y) for y in f(*xs)]


def _has_torch_strides(array: np.ndarray) -> bool:
    return all(stride >= 0 and stride % array.itemsize == 0 for stride in array.strides)


def _differentiable(ys: Sequence[Any], y_bars: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the outputs that hang on a leaf and have a cotangent, each with it."""
    pairs = zip(ys, y_bars, strict=True)
    return [(y, bar) for y, bar in pairs if y.requires_grad and bar is not None]


def _undefined_where_zero(ys: Sequence[Any], y_bars: Sequence[Any]) -> Sequence[Any]:
    """What a loss does not use has no cotangent in torch, rather than one of zeros."""
    pairs = _differentiable(ys, y_bars)
    if any(bar.requires_grad for bar in y_bars) or not any(bool(bar.any()) for _, bar in pairs):
        return y_bars
    return [bar if bool(bar.any()) else None for bar in y_bars]


def _is_differentiable_again(gradients: Sequence[Any]) -> bool:
    """Whether a graph hangs on `gradients`, and no `once_differentiable` cuts it.

    torch.autograd.grad goes round what is cut, and would leave out its part in silence.
    """
    waiting = [g.grad_fn for g in gradients if g is not None and g.grad_fn]
    known = set(waiting)
    for node in waiting:  # which grows on the way
        if type(node).__name__ == "Error":
            return False
        following = {edge for edge, _ in node.next_functions if edge} - known
        known |= following
        waiting += following
    return bool(waiting)


def _ignoring_deprecations() -> Any:
    return warnings.catch_warnings(action="ignore", category=DeprecationWarning)


class TorchTape:
    """Leaves whose `.grad` torch adds to, in place."""

    def __init__(self, adapter: TorchAdapter, case: Case) -> None:
        self._torch = adapter
        self._inputs = case.inputs

    def leaf(self, array: np.ndarray) -> Any:
        return self._torch.leaf(array)

    def call(self, function: Callable[..., Any], leaves: Mapping[str, Any]) -> Any:
        still = {n: x.detach() for n, x in leaves.items() if not self._inputs[n].differentiable}
        with self._torch.session(()):
            ys = self._torch.outputs(function(self._torch.xp, **{**leaves, **still}))
        return ys[0] if len(ys) == 1 else tuple(ys)

    def value(self, y: Any) -> np.ndarray:
        return self._torch.ndarray(y)

    def backward(self, y: Any, y_bar: np.ndarray | None = None) -> None:
        # What no leaf hangs on is a constant.
        if getattr(y, "requires_grad", False):
            bar = self._torch.native(np.ones_like(self.value(y)) if y_bar is None else y_bar)
            y.backward(bar, retain_graph=True)

    def grad(self, leaf: Any) -> np.ndarray | None:
        # A copy: torch adds the next pass to this very memory.
        return None if leaf.grad is None else self._torch.ndarray(leaf.grad)

    def cleargrad(self, leaf: Any) -> None:
        leaf.grad = None
