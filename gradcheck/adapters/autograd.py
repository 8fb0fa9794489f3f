"""HIPS autograd: NumPy, traced."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcheck.adapters import ADAPTERS
from gradcheck.adapters.framework import Framework, Function, Pullback
from gradcheck.inputs import copied


@ADAPTERS.register("autograd")
class AutogradAdapter(Framework):
    """Functions of `autograd.numpy`: nothing accumulates, nothing comes batched."""

    name = "autograd"
    array_module = "autograd.numpy"
    beyond = MappingProxyType(
        {
            r"VJP of (\w+) wrt argnums .+ not defined": r"no derivative of '\1'",
            "Gradient of sort not implemented": "no derivative of 'sort' but along one axis",
            "make_diagonal only supports": "no derivative of 'diagonal' but of the last two axes",
        }
    )

    @contextmanager
    def session(self, arrays: Sequence[np.ndarray]) -> Iterator[None]:
        # What is not finite is judged: NumPy need not speak of it at each of many points.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # A zero gradient is a result like others.
            warnings.filterwarnings("ignore", "Output seems independent of input")
            yield

    def native(self, array: np.ndarray) -> Any:
        return copied(array)

    def lent(self, array: np.ndarray) -> Any:
        return array

    def pullback(self, f: Function, xs: Sequence[Any]) -> tuple[Sequence[Any], Pullback]:
        back, ys = self._core.make_vjp(self._of_tuple(f), self._tuple(xs))

        def pullback(y_bars: Sequence[Any]) -> Sequence[Any]:
            return [self._conj(g) for g in back(self._tuple(map(self._conj, y_bars)))]

        return ys, pullback

    def jvp(self, f: Function, xs: Sequence[Any], x_dots: Sequence[Any]) -> Sequence[Any]:
        pushforward = self._core.make_jvp(self._of_tuple(f), self._tuple(xs))
        y_dots: Sequence[Any] = pushforward(self._tuple(x_dots))[1]
        return y_dots

    @property
    def _core(self) -> Any:
        return importlib.import_module("autograd.core")

    def _of_tuple(self, f: Function) -> Function:
        return lambda xs: self._tuple(f(*xs))

    def _tuple(self, parts: Any) -> Any:
        """A tuple that autograd traces through."""
        return importlib.import_module("autograd.builtins").tuple(list(parts))

    def _conj(self, array: Any) -> Any:
        """autograd's cotangents are the conjugates of gradients."""
        is_complex = np.iscomplexobj(getattr(array, "_value", array))
        return importlib.import_module("autograd.numpy").conj(array) if is_complex else array
