"""JAX, on whatever device it has."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from gradcheck.adapters import ADAPTERS
from gradcheck.adapters.framework import Framework, Function, Pullback
from gradcheck.vocabulary import Input


@ADAPTERS.register("jax")
class JaxAdapter(Framework):
    """Arrays of jax: vjp, jvp and vmap as functions of functions; nothing accumulates."""

    name = "jax"
    allocates_itself = True
    array_module = "jax.numpy"
    beyond = MappingProxyType(
        {"Using a non-tuple sequence for multidimensional indexing": "jax has no lists as indices"}
    )

    @cached_property
    def module(self) -> ModuleType:
        importlib.import_module("jax.numpy")  # an attribute of jax once it is imported
        return importlib.import_module("jax")

    def precision(self, arrays: Sequence[np.ndarray]) -> AbstractContextManager[Any]:
        """Let float64 be float64 while there is some; float32 runs as the user has it."""
        if not any(a.dtype in (np.float64, np.complex128) for a in arrays):
            return nullcontext()
        jax = self.module
        if hasattr(jax, "enable_x64"):
            wide: AbstractContextManager[Any] = jax.enable_x64(True)
            return wide
        from jax.experimental import enable_x64

        older: AbstractContextManager[Any] = enable_x64()
        return older

    def native(self, array: np.ndarray) -> Any:
        if array.dtype in (np.longdouble, np.clongdouble):
            raise TypeError(f"jax has no {array.dtype}")
        return self.module.numpy.array(array, copy=True)

    def pullback(self, f: Function, xs: Sequence[Any]) -> tuple[Sequence[Any], Pullback]:
        conj = self._conj
        ys, back = self.module.vjp(f, *xs)

        def pullback(y_bars: Sequence[Any]) -> Sequence[Any]:
            return tuple(map(conj, back(tuple(map(conj, y_bars)))))

        return ys, pullback

    def wait(self, values: Sequence[Any]) -> None:
        self.module.block_until_ready(values)

    def jvp(self, f: Function, xs: Sequence[Any], x_dots: Sequence[Any]) -> Sequence[Any]:
        y_dots: Sequence[Any] = self.module.jvp(f, tuple(xs), tuple(x_dots))[1]
        return y_dots

    def batched(self, f: Function) -> Function:
        mapped: Function = self.module.vmap(f)
        return mapped

    # Eager, jax compiles each operation for each shape, and traces each call anew.
    compiles = True

    def compiled(self, f: Callable[..., Any]) -> Callable[..., Any]:
        jitted, errors = self.module.jit(f), self.module.errors

        def called(*arguments: Any) -> Any:
            try:
                return jitted(*arguments)
            except (errors.JAXTypeError, errors.JAXIndexError):
                return f(*arguments)  # shapes that depend on values cannot be compiled

        return called

    def batched_vjp(self, f: Function, xs: Sequence[Any], y_bars: Sequence[Any]) -> Sequence[Any]:
        conj = self._conj
        pullback = self.module.vmap(self.module.vjp(f, *xs)[1])
        return tuple(map(conj, pullback(tuple(map(conj, y_bars)))))

    def named_leaves(self, name: str, tree: Any) -> Iterator[tuple[str, Any]]:
        """Of any kind of node that jax knows: registered classes are containers, too."""
        tools = self.module.tree_util
        for path, leaf in tools.tree_flatten_with_path(tree)[0]:
            yield f"{name}{tools.keystr(path)}", leaf

    def rebuilt(self, name: str, tree: Any, leaves: Mapping[str, Any]) -> Any:
        values = [leaves.get(n, leaf) for n, leaf in self.named_leaves(name, tree)]
        tools = self.module.tree_util
        return tools.tree_unflatten(tools.tree_structure(tree), values)

    def outputs(self, ys: Any) -> list[Any]:
        return super().outputs(self.module.tree_util.tree_leaves(ys))

    def opened(self, f: Callable[..., Any]) -> tuple[Mapping[str, Any], Callable[..., Any]]:
        """A callable that is a container, as modules of jax are, holds its parameters."""
        array = self.module.Array
        held = {n: x for n, x in self.named_leaves("f", f) if isinstance(x, array)}
        return held, lambda held, *args, **kwargs: self.rebuilt("f", f, held)(*args, **kwargs)

    def fixed(self, f: Callable[..., Any]) -> Sequence[int]:
        positions: Sequence[int] = getattr(f, "nondiff_argnums", ())
        return positions

    def as_input(self, value: Any) -> Input | None:
        if not isinstance(value, self.module.Array):
            return super().as_input(value)
        if value.dtype == self.module.numpy.bfloat16:
            raise TypeError("NumPy has no bfloat16: check in float32, with x.astype('float32')")
        # Random keys, for one, are arrays that NumPy does not know.
        return super().as_input(np.array(value)) if isinstance(value.dtype, np.dtype) else None

    def _conj(self, array: Any) -> Any:
        """jax's cotangents are the conjugates of gradients."""
        return self.module.numpy.conj(array) if np.iscomplexobj(array) else array
