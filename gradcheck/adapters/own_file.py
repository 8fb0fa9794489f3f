"""A learner's own engine: a file or a module with an `Adapter`, or with a `Variable`."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from gradcheck.adapters import adapter
from gradcheck.adapters.define_by_run import subject_on
from gradcheck.adapters.names import Namespace
from gradcheck.errors import MissingOperation
from gradcheck.vocabulary import Adapter, Case, Subject

# How Python says that an object lacks an operator, a subscript or an argument.
_LACKING = re.compile(
    r"unsupported operand|bad operand|not subscriptable|not iterable|unexpected keyword argument"
    r"|not supported between"
)

EXPECTED = "expected an Adapter, or a Variable with .data, .grad and .backward()"


def is_own(name: str) -> bool:
    """Whether `name` is that of a file or a module, and not of an engine with an adapter here."""
    return name.endswith(".py") or "." in name or name in sys.modules


def unusable_file(name: str) -> str:
    """Return why there is no engine in the file or module `name`; empty if there is one."""
    try:
        adapter(name)
    except Exception as error:  # the file is code, which may raise anything
        return f"{name}: {error}"
    return ""


def own_engine(name: str) -> Adapter:
    """Return the adapter of the engine in a file (`./steps.py`) or a module (`package.module`).

    Raises FileNotFoundError or ImportError where there is none, TypeError where it is no engine.
    """
    module = _from_file(Path(name)) if name.endswith(".py") else importlib.import_module(name)
    if hasattr(module, "Adapter"):
        adapter: Adapter = module.Adapter()
        return adapter
    if not hasattr(getattr(module, "Variable", None), "backward"):
        raise TypeError(f"no engine in it: {EXPECTED}")
    return OwnEngine(name, module)


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise FileNotFoundError("no such file")
    spec = importlib.util.spec_from_file_location(f"gradcheck._own.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError("no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))  # it may import what stands beside it
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


class OwnEngine:
    """A module whose Variables are differentiated by `y.backward()` into `x.grad`."""

    def __init__(self, name: str, module: ModuleType) -> None:
        self.name = name
        self._variable: type = module.Variable
        self._operations = {n: f for n, f in vars(module).items() if _is_operation(n, f)}
        self._xp = Namespace(name, self._operations)

    def operations(self) -> Mapping[str, Callable[..., Any]]:
        return self._operations

    def subject(self, case: Case, xs: Mapping[str, np.ndarray]) -> Subject:
        return subject_on(OwnTape(self._variable, self._xp), case, xs)


def _is_operation(name: str, value: Any) -> bool:
    """A function, or an instance that can be called, as in `square = Square()`."""
    if name.startswith("_") or isinstance(value, type | ModuleType):
        return False
    return isinstance(value, FunctionType) or callable(value)


class OwnTape:
    """Variables of a learner's, as every one of them is taught to build them."""

    def __init__(self, variable: type, xp: Namespace) -> None:
        self._variable = variable
        self._xp = xp

    def leaf(self, array: np.ndarray) -> Any:
        # A copy: what such an engine writes into its data is its own.
        return self._variable(np.array(array))

    def call(self, function: Callable[..., Any], leaves: Mapping[str, Any]) -> Any:
        try:
            return function(self._xp, **leaves)
        except TypeError as error:
            if _LACKING.search(str(error)):
                raise MissingOperation(f"{self._xp.__name__}: {error}") from error
            raise

    def value(self, y: Any) -> np.ndarray:
        return np.array(getattr(y, "data", y) if isinstance(y, self._variable) else y)

    def backward(self, y: Any, y_bar: np.ndarray | None = None) -> None:
        if isinstance(y, self._variable):
            start: Any = y
            start.grad = np.ones_like(self.value(y)) if y_bar is None else np.array(y_bar)
            start.backward()

    def grad(self, leaf: Any) -> np.ndarray | None:
        gradient = leaf.grad
        if isinstance(gradient, self._variable):
            gradient = getattr(gradient, "data", None)
        return None if gradient is None else np.asarray(gradient)

    def cleargrad(self, leaf: Any) -> None:
        if hasattr(leaf, "cleargrad"):
            leaf.cleargrad()
        else:
            leaf.grad = None
