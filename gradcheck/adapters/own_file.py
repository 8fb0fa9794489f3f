"""A learner's own engine: a file or a module with an `Adapter`, or with a `Variable`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from gradcheck.adapters import ADAPTERS, adapter
from gradcheck.adapters.define_by_run import TapePasses, subject_on
from gradcheck.adapters.names import Namespace
from gradcheck.adapters.own_lacks import lacking
from gradcheck.adapters.own_runs import watched
from gradcheck.errors import MissingOperation, told
from gradcheck.inputs import copied
from gradcheck.vocabulary import Adapter, Case, Runs, Subject

EXPECTED = "expected an Adapter, or a Variable with .data, .grad and .backward()"


class NoEngine(Exception):
    """A file or a module holds no engine, or none that can be used; the text says why."""


def is_own(name: str) -> bool:
    """Whether `name` is that of a file or a module, and not of an engine with an adapter here."""
    if name in ADAPTERS:  # ours is an imported module, too
        return False
    return name.endswith(".py") or "." in name or name in sys.modules


def unusable_file(name: str) -> str:
    """Return why there is no engine in the file or module `name`; empty if there is one."""
    try:
        adapter(name)
    except NoEngine as error:
        return f"{name}: {error}"
    except (Exception, SystemExit) as error:  # the file is code, which may raise anything
        return f"{name}: {told(error)}"
    return ""


def own_engine(name: str) -> Adapter:
    """Return the adapter of the engine in a file (`./steps.py`) or a module (`package.module`).

    Raises NoEngine where there is none, and whatever the file raises while it is imported.
    """
    module = _from_file(Path(name)) if name.endswith(".py") else importlib.import_module(name)
    if hasattr(module, "Adapter"):
        adapter: Adapter = module.Adapter()
        return adapter
    if not hasattr(getattr(module, "Variable", None), "backward"):
        raise NoEngine(f"no engine in it: {EXPECTED}{_hint(module)}")
    _try_out(module.Variable)
    return OwnEngine(name, module)


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise NoEngine("no such file")
    spec = importlib.util.spec_from_file_location(f"gradcheck._own.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise NoEngine("no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))  # it may import what stands beside it
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


def _hint(module: ModuleType) -> str:
    """Name a class that may be meant as the Variable."""
    for name, value in vars(module).items():
        is_graph = isinstance(value, type) and hasattr(value, "backward")
        if is_graph and not hasattr(value, "forward"):
            return f"; if that is {name}, add the line `Variable = {name}`"
    return ""


def _try_out(variable: Any) -> None:
    """Make a Variable as every case does."""
    try:
        made = variable(np.array([1.0, 2.0]))
    except Exception as error:
        raise NoEngine(
            f"Variable(np.array([1.0, 2.0])) is how cases make one; it raises {told(error)}"
        ) from error
    if missing := [name for name in ("data", "grad") if not hasattr(made, name)]:
        raise NoEngine(f"its Variable has no .{missing[0]}: {EXPECTED}")


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

    def passes(self, case: Case, xs: Mapping[str, np.ndarray]) -> TapePasses:
        return TapePasses(OwnTape(self._variable, self._xp), case, xs)


def _is_operation(name: str, value: Any) -> bool:
    """A function, or an instance that can be called, as in `square = Square()`.

    What was imported from NumPy or `math` knows no Variable.
    """
    if name.startswith("_") or isinstance(value, type | ModuleType | np.ufunc):
        return False
    if isinstance(value, BuiltinFunctionType):
        return False
    home = str(getattr(value, "__module__", "")).partition(".")[0]
    return home != "numpy" and (isinstance(value, FunctionType) or callable(value))


class OwnTape:
    """Variables of a learner's, as every one of them is taught to build them."""

    may_replace = True  # the first engine that people write has one use of a variable in mind

    def __init__(self, variable: type, xp: Namespace) -> None:
        self._variable = variable
        self._xp = xp
        self._keeps_start = _keeps_start(variable)

    def leaf(self, array: np.ndarray) -> Any:
        # A copy: what such an engine writes into its data is its own.
        return self._variable(copied(array))

    def call(self, function: Callable[..., Any], leaves: Mapping[str, Any]) -> Any:
        try:
            return function(self._xp, **leaves)
        except MissingOperation:
            raise
        except (TypeError, AttributeError) as error:
            if words := lacking(error, function, self._variable):
                raise MissingOperation(f"{self._xp.__name__}: {words}") from error
            raise

    def value(self, y: Any) -> np.ndarray:
        return np.array(getattr(y, "data", y) if isinstance(y, self._variable) else y)

    def backward(self, y: Any, y_bar: np.ndarray | None = None) -> None:
        if not isinstance(y, self._variable):
            return
        ones = np.ones_like(self.value(y))
        bar = ones if y_bar is None else np.array(y_bar)
        start: Any = y
        if self._keeps_start:
            start.grad = bar
        elif not np.array_equal(bar, ones):
            start = self._weighted(y, bar)
        start.backward()

    def _weighted(self, y: Any, y_bar: np.ndarray) -> Any:
        """Return y * y_bar: what sums to <y_bar, y> where every pass starts from ones."""
        try:
            return y * self.leaf(y_bar)
        except TypeError as error:
            raise MissingOperation(
                f"{self._xp.__name__}: backward() starts from one whatever y.grad is, and Variable "
                "has no operator *: let it start from y.grad if that is set"
            ) from error

    def grad(self, leaf: Any) -> np.ndarray | None:
        gradient = leaf.grad
        if isinstance(gradient, self._variable):
            gradient = getattr(gradient, "data", None)
        return None if gradient is None else np.asarray(gradient)

    def cleargrad(self, leaf: Any) -> None:
        if hasattr(leaf, "cleargrad"):
            leaf.cleargrad()
        else:
            # As it was made: 0 where the engine adds to that, None where it replaces it.
            leaf.grad = self.leaf(self.value(leaf)).grad

    def runs(self, function: Callable[..., Any], leaves: Mapping[str, Any]) -> Runs:
        """Play one pass and return what ran how often."""

        def play() -> None:
            ys = self.call(function, leaves)
            for y in ys if isinstance(ys, tuple | list) else (ys,):
                self.backward(y)

        return watched(play, self._variable)


def _keeps_start(variable: type) -> bool:
    """Whether `y.backward()` starts from the `y.grad` that is set; many set it to one instead."""
    made: Any = variable(np.array(1.0))
    try:
        made.grad = np.array(2.0)
        made.backward()
    except Exception:  # it goes backward from results only: that it keeps it is the usual contract
        return True
    return made.grad is None or bool(np.all(np.asarray(made.grad) == 2.0))
