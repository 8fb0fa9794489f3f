"""torch.nn.Module as a function of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from types import ModuleType
from typing import Any

Called = Callable[..., Any]


def opened(torch: ModuleType, module: Any) -> tuple[Mapping[str, Any], Called]:
    """Return a module's parameters by name, and the module as a function of them first.

    Each call works on copies of the buffers, in the parameters' precision, so that running
    statistics stay as they were found.
    """
    parameters = dict(module.named_parameters())

    def call(values: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        dtype = _common_dtype(torch, values)
        state = {n: _copied(b, dtype) for n, b in module.named_buffers()}
        return torch.func.functional_call(module, {**state, **values}, args, kwargs)

    return parameters, call


def _common_dtype(torch: ModuleType, values: Mapping[str, Any]) -> Any:
    dtypes = [v.dtype for v in values.values() if v.is_floating_point()]
    return reduce(torch.promote_types, dtypes) if dtypes else None


def _copied(buffer: Any, dtype: Any) -> Any:
    wanted = dtype if dtype is not None and buffer.is_floating_point() else buffer.dtype
    return buffer.detach().to(wanted, copy=True)
