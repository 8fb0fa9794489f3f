"""Our own engine."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from gradcheck.adapters import ADAPTERS
from gradcheck.adapters.define_by_run import TapePasses, subject_on
from gradcheck.adapters.fault import FaultyTape
from gradcheck.adapters.names import Namespace
from gradcheck.adapters.translations import NAMES
from gradcheck.cases.wording import nearest
from gradcheck.errors import MissingOperation
from gradcheck.vocabulary import Arrays, Case, Subject, Tape

ENGINE_FOLDER = Path(__file__).resolve().parents[2] / "engine"
_PRIVATE_NAME = "gradcheck._engine"


@cache
def engine_module() -> ModuleType:
    """Return the package `engine` that stands beside gradcheck, whatever else has that name.

    If `engine` resolves to that folder, that module object is used, so that a user's Variables
    and ours are of one class; otherwise (a learner's own engine.py comes first on the path) the
    folder is loaded under a private name.  One that `load_engine` has loaded comes before both.
    """
    if _PRIVATE_NAME in sys.modules:
        return sys.modules[_PRIVATE_NAME]
    known = sys.modules.get("engine")
    spec = known.__spec__ if known else importlib.util.find_spec("engine")
    if spec and spec.origin and Path(spec.origin).resolve().parent == ENGINE_FOLDER:
        return importlib.import_module("engine")
    return load_engine(ENGINE_FOLDER)


def load_engine(folder: Path) -> ModuleType:
    """Load the engine of a folder, be it that of another revision, as this process's own.

    ImportError where there is none.
    """
    file = folder / "__init__.py"
    spec = importlib.util.spec_from_file_location(
        _PRIVATE_NAME, file, submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None or not file.is_file():
        raise ImportError(f"no engine package at {folder}")
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


class EngineNamespace(Namespace):
    """The operations of our engine; a name that no engine has, but nearly, is a mistake."""

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        hint = nearest(operation, vars(self))
        if not hint or operation in NAMES or hasattr(np, operation):
            return super().__getattr__(operation)
        raise AttributeError(f"no engine has an operation {operation!r}{hint}")


@ADAPTERS.register("engine")
class EngineAdapter:
    """The define-by-run engine in the package `engine`."""

    name = "engine"

    def __init__(self) -> None:
        self._engine = engine_module()
        self.xp = EngineNamespace(self.name, self._engine.OPERATIONS)

    def operations(self) -> Mapping[str, Callable[..., Any]]:
        operations: Mapping[str, Callable[..., Any]] = self._engine.OPERATIONS
        return operations

    def subject(self, case: Case, xs: Mapping[str, np.ndarray]) -> Subject:
        subject = subject_on(self._tape(case, xs), case, xs)
        if case.function is None:
            return subject
        modes = _Modes(self._engine, case.function, self.xp, tuple(xs))
        return replace(subject, jvp=modes.jvp, vjp_vjp=modes.vjp_vjp)

    def passes(self, case: Case, xs: Mapping[str, np.ndarray]) -> EnginePasses:
        return EnginePasses(self._engine, self._tape(case, xs), case, xs)

    def _tape(self, case: Case, xs: Mapping[str, np.ndarray]) -> Tape:
        tape: Tape = EngineTape(self._engine, self.xp)
        if case.fault:
            tape = FaultyTape(tape, self.operation_class(case.fault.operation), case.fault)
            tape.require_applied(functions_of(case), xs)
        return tape

    def operation_class(self, operation: str) -> Any:
        """Return the Function class behind an operation, which is named after it."""
        function = self.operations().get(operation)
        wanted = getattr(function, "__name__", operation).replace("_", "")
        for name, thing in vars(self._engine).items():
            if isinstance(thing, type) and name.lower() == wanted:
                return thing
        raise MissingOperation(
            f"no fault can be planted in {operation!r}: it is made of other operations, and has no "
            "rule of its own"
        )


def functions_of(case: Case) -> list[Callable[..., Any]]:
    """Return the case's function, or those of its steps."""
    functions = [case.function, *(step.function for step in case.steps)]
    return [function for function in functions if function is not None]


class EnginePasses(TapePasses):
    """The passes of a case on our engine, whose record can be read."""

    def __init__(
        self, engine: ModuleType, tape: Tape, case: Case, xs: Mapping[str, np.ndarray]
    ) -> None:
        super().__init__(tape, case, xs)
        self._engine = engine

    def calls(self, kept: tuple[Any, ...]) -> list[Any]:
        """Return the calls recorded, the oldest first: number, Function, inputs, outputs."""
        recorded = importlib.import_module(f"{self._engine.__name__}.pullback")
        outputs = [y for y in kept if isinstance(y, self._engine.Variable)]
        calls: list[Any] = recorded.calls_below(outputs)
        return calls

    def nodes(self, kept: tuple[Any, ...]) -> int:
        return len(self.calls(kept))


class _Modes:
    """A case's function under the engine's transforms: forward mode, and second order."""

    def __init__(
        self,
        engine: ModuleType,
        function: Callable[..., Any],
        xp: Namespace,
        names: tuple[str, ...],
    ) -> None:
        self._engine = engine
        self._function = function
        self._xp = xp
        self._names = names

    def jvp(self, xs: Arrays, x_dots: Arrays) -> Arrays:
        found: Arrays = self._engine.jvp(self._outputs, xs, x_dots)[1]
        return found

    def vjp_vjp(self, xs: Arrays, y_bars: Arrays, v: Arrays) -> tuple[Arrays, Arrays]:
        def gradients(*arguments: Any) -> tuple[Any, ...]:
            _, pullback = self._engine.vjp(self._outputs, *arguments[: len(xs)])
            x_bars: tuple[Any, ...] = pullback(*arguments[len(xs) :])
            return tuple(g if g is not None else np.zeros(()) for g in x_bars)

        try:
            outputs, pullback = self._engine.vjp(gradients, *xs, *y_bars)
            weights = [w if w.shape == y.shape else None for w, y in zip(v, outputs, strict=True)]
            by_all = pullback(*weights)
        except self._engine.SecondOrderError as error:
            raise MissingOperation(str(error)) from error
        return by_all[: len(xs)], by_all[len(xs) :]

    def _outputs(self, *arrays: Any) -> tuple[Any, ...]:
        ys = self._function(self._xp, **dict(zip(self._names, arrays, strict=True)))
        return tuple(ys) if isinstance(ys, tuple | list) else (ys,)
