"""Our own engine."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from gradcheck.adapters import ADAPTERS
from gradcheck.adapters.define_by_run import subject_on
from gradcheck.adapters.fault import FaultyTape
from gradcheck.adapters.names import Namespace
from gradcheck.vocabulary import Case, Subject, Tape

_FOLDER = Path(__file__).resolve().parents[2] / "engine"
_PRIVATE_NAME = "gradcheck._engine"


@cache
def engine_module() -> ModuleType:
    """Return the package `engine` that stands beside gradcheck, whatever else has that name.

    If `engine` resolves to that folder, that module object is used, so that a user's Variables
    and ours are of one class; otherwise (a learner's own engine.py comes first on the path) the
    folder is loaded under a private name.
    """
    known = sys.modules.get("engine")
    spec = known.__spec__ if known else importlib.util.find_spec("engine")
    if spec and spec.origin and Path(spec.origin).resolve().parent == _FOLDER:
        return importlib.import_module("engine")
    return _load_privately()


def _load_privately() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        _PRIVATE_NAME, _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no engine package at {_FOLDER}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_PRIVATE_NAME] = module
    spec.loader.exec_module(module)
    return module


class EngineTape:
    """Variables of our engine, their gradients and how they are cleared."""

    def __init__(self, engine: ModuleType, xp: Namespace) -> None:
        self._variable = engine.Variable
        self._xp = xp

    def leaf(self, array: np.ndarray) -> Any:
        return self._variable(array)

    def call(self, function: Callable[..., Any], leaves: Mapping[str, Any]) -> Any:
        return function(self._xp, **leaves)

    def value(self, y: Any) -> np.ndarray:
        return y.data if isinstance(y, self._variable) else np.asarray(y)

    def backward(self, y: Any, y_bar: np.ndarray | None = None) -> None:
        # A function may return a plain array: a constant, which no leaf hangs on.
        if isinstance(y, self._variable):
            y.backward(y_bar)

    def grad(self, leaf: Any) -> np.ndarray | None:
        gradient: np.ndarray | None = leaf.grad
        return gradient

    def cleargrad(self, leaf: Any) -> None:
        leaf.cleargrad()


@ADAPTERS.register("engine")
class EngineAdapter:
    """The define-by-run engine in the package `engine`."""

    name = "engine"

    def __init__(self) -> None:
        self._engine = engine_module()
        self.xp = Namespace(self.name, self._engine.OPERATIONS)

    def operations(self) -> Mapping[str, Callable[..., Any]]:
        operations: Mapping[str, Callable[..., Any]] = self._engine.OPERATIONS
        return operations

    def subject(self, case: Case, xs: Mapping[str, np.ndarray]) -> Subject:
        tape: Tape = EngineTape(self._engine, self.xp)
        if case.fault:
            tape = FaultyTape(tape, self.operation_class(case.fault.operation), case.fault)
        return subject_on(tape, case, xs)

    def operation_class(self, operation: str) -> Any:
        """Return the Function class behind an operation, which is named after it."""
        wanted = operation.replace("_", "")
        return next(c for n, c in vars(self._engine).items() if n.lower() == wanted != n)
