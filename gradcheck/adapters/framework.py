"""From a framework's own derivatives to a subject: what torch, jax and autograd share."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial, reduce
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from gradcheck.adapters.formulas import FORMULAS
from gradcheck.adapters.names import Namespace
from gradcheck.adapters.nested import leaves_of, named_leaves, rebuilt
from gradcheck.adapters.pointwise import FrameworkPasses, FrameworkSubject
from gradcheck.adapters.translations import NAMES, OPERATORS, OWN_NAMES
from gradcheck.errors import MissingOperation
from gradcheck.vocabulary import Case, Input, Subject, Tape

Function = Callable[..., tuple[Any, ...]]
Pullback = Callable[[Sequence[Any]], Sequence[Any]]

# How frameworks say that a rule they have no derivative of was to be differentiated.
_LACKING = re.compile(
    r"not implemented|not defined|must implement|custom_vjp|once_differentiable|not support"
    r"|does not require grad|call numpy\(\) on Tensor",
    re.IGNORECASE,
)

_FORWARD_ONLY = re.compile(
    r"Reverse-mode differentiation does not work|VJP of \w+ wrt argnums \S+ not defined"
    r"|implement either the backward or vjp"
)


class Framework:
    """What an adapter of a framework says of it; all else is derived.

    `xs`, `y_bars` and `x_dots` are floating arrays of the framework's own, `f` takes and returns
    such arrays, one positional argument each, as a tuple.
    """

    name: str
    array_module: str
    """The namespace that has the array API's names, or NumPy's."""
    allocates_itself = False
    """Whether its arrays are allocated where neither Python nor NumPy sees it."""
    beyond: Mapping[str, str] = MappingProxyType({})
    """Expressions for what errors say of what is beyond the framework, and what to say of it."""

    def session(self, arrays: Sequence[np.ndarray]) -> AbstractContextManager[Any]:
        """Return the surroundings in which to work on `arrays`; outside all is as it was."""
        return self.precision(arrays)

    def precision(self, arrays: Sequence[np.ndarray]) -> AbstractContextManager[Any]:
        """Return the part of `session` without which results would be others; it is timed."""
        return nullcontext()

    def native(self, array: np.ndarray) -> Any:
        """Return a copy of `array` as the framework's own; TypeError for a dtype it has not."""
        raise NotImplementedError

    def lent(self, array: np.ndarray) -> Any:
        """Return `array` as the framework's own, in the same memory if the framework could write
        there: what a rule writes into its arguments is to be seen from outside."""
        return self.native(array)

    def leaf(self, array: np.ndarray) -> Any:
        """Return `lent(array)`, ready to be differentiated by."""
        return self.lent(array)

    def ndarray(self, value: Any) -> np.ndarray:
        """Return a copy of a value of the framework's as an ndarray."""
        return np.array(value)

    def pullback(self, f: Function, xs: Sequence[Any]) -> tuple[Sequence[Any], Pullback]:
        """Return f's outputs, and their pullback, which may be called again and again.

        It returns a gradient (or None) by each of `xs`, itself differentiable; design's convention
        for complex numbers.
        """
        raise NotImplementedError

    def vjp(self, f: Function, xs: Sequence[Any], y_bars: Sequence[Any]) -> Sequence[Any]:
        """Return what the pullback of f at `xs` makes of `y_bars`."""
        return self.pullback(f, xs)[1](y_bars)

    def jvp(self, f: Function, xs: Sequence[Any], x_dots: Sequence[Any]) -> Sequence[Any]:
        """Return a tangent for each output."""
        raise NotImplementedError

    def batched(self, f: Function) -> Function:
        """Return `f` over a further first axis of all its arguments and outputs."""
        raise NotImplementedError

    compiles = False
    """Whether a function that is called many times is better compiled."""

    def compiled(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Return `f`, a pure function of nested arrays, compiled."""
        raise NotImplementedError

    def batched_vjp(self, f: Function, xs: Sequence[Any], y_bars: Sequence[Any]) -> Sequence[Any]:
        """Return `vjp` for several cotangents, along a further first axis of these."""
        raise MissingOperation(f"{self.name} pulls no batch of cotangents back")

    def wait(self, values: Sequence[Any]) -> None:
        """Return when `values` are computed, for a framework that answers sooner."""

    def tape(self, case: Case) -> Tape | None:
        """Return leaves whose gradients accumulate; None on a functional engine."""
        return None

    differentiated = "none is an array of floating or complex numbers"
    """What an input must be to be differentiated by `check`."""

    def as_input(self, value: Any) -> Input | None:
        """Return what a caller of `check` gives as an input; None to pass it as it is."""
        if not isinstance(value, float | complex | np.ndarray | np.floating | np.complexfloating):
            return None
        array = np.asarray(value)
        return Input(array, dtype=str(array.dtype)) if array.dtype.kind in "fciub" else None

    def is_marked(self, value: Any) -> bool:
        """Whether `value` says of itself that it is to be differentiated."""
        return False

    def named_leaves(self, name: str, tree: Any) -> Iterator[tuple[str, Any]]:
        """Yield each leaf of nested containers with its name, which is how Python writes it."""
        return named_leaves(name, tree)

    def rebuilt(self, name: str, tree: Any, leaves: Mapping[str, Any]) -> Any:
        """Return `tree` with the leaves that `leaves` names in the place of its own."""
        return rebuilt(name, tree, leaves)

    def outputs(self, ys: Any) -> list[Any]:
        """Return what a function returned as a list of outputs; TypeError where there are none."""
        found = leaves_of(ys)
        if not found:
            raise TypeError(f"the function returned {ys!r}: expected an array, or several")
        return found

    def opened(self, f: Callable[..., Any]) -> tuple[Mapping[str, Any], Callable[..., Any]]:
        """Return what `f` holds that is differentiated too, and f as a function of that first."""
        return {}, lambda held, *args, **kwargs: f(*args, **kwargs)

    def fixed(self, f: Callable[..., Any]) -> Sequence[int]:
        """Return the positions of arguments that `f` itself says are never differentiated."""
        return ()

    # ------------------------------------------------------------ derived

    def missing(self) -> str:
        """Return why the framework cannot be used, with the next step; empty if it can."""
        if importlib.util.find_spec(self.name):
            return ""
        return f'{self.name} is not installed: pip install "gradcheck[{self.name}]"'

    @cached_property
    def module(self) -> ModuleType:
        """The framework, imported when it is first used."""
        return importlib.import_module(self.name)

    @cached_property
    def xp(self) -> Namespace:
        return FrameworkNamespace(self)

    def operations(self) -> Mapping[str, Callable[..., Any]]:
        return Operations(self)

    def subject(self, case: Case, xs: Mapping[str, np.ndarray]) -> Subject:
        return FrameworkSubject(self, case, xs).subject()

    def passes(self, case: Case, xs: Mapping[str, np.ndarray]) -> FrameworkPasses:
        return FrameworkPasses(self, case, xs)

    def lacking(self, error: Exception) -> str:
        """Return what an error says is beyond the framework; empty if it says something else."""
        found = (re.search(said, str(error)) for said in self.beyond)
        pairs = zip(found, self.beyond.values(), strict=True)
        return next((match.expand(reason) for match, reason in pairs if match), "")

    def is_forward_only(self, error: Exception) -> bool:
        """Whether `error` says that a function is differentiated in forward mode alone."""
        return bool(_FORWARD_ONLY.search(str(error)))

    def lacks_rule(self, error: Exception) -> bool:
        """Whether `error` says that there is no rule, and not that a rule is at fault."""
        if isinstance(error, NotImplementedError | MissingOperation):
            return True
        return bool(_LACKING.search(str(error))) or self.is_forward_only(error)


class Operations(Mapping[str, Callable[..., Any]]):
    """Operations by name; to list the names imports nothing."""

    def __init__(self, framework: Framework) -> None:
        self._framework = framework

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name not in NAMES:
            raise KeyError(name)
        operation: Callable[..., Any] = getattr(self._framework.xp, name)
        return operation

    def __contains__(self, name: object) -> bool:
        return name in NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


class FrameworkNamespace(Namespace):
    """Operations by our names, and the rest of the framework's array namespace by its own."""

    def __init__(self, framework: Framework) -> None:
        super().__init__(framework.name, {})
        self.__dict__["_framework"] = framework

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)
        found = _operation(self.__dict__["_framework"], operation)
        if found is None:
            return super().__getattr__(operation)
        self.__dict__[operation] = found
        return found


def _operation(framework: Framework, name: str) -> Callable[..., Any] | None:
    """Look a name up: an operator, the framework's own, a formula, the array API."""
    if name in OPERATORS:
        return OPERATORS[name]
    own = OWN_NAMES.get(name, {}).get(framework.name)
    if isinstance(own, str):
        found: Callable[..., Any] = _attribute(framework.module, own)
        return found
    arrays = _array_module(framework)
    if own:
        return partial(own, arrays)
    if name in FORMULAS:
        return partial(FORMULAS[name], arrays)
    operation: Callable[..., Any] | None = getattr(arrays, name, None)
    return operation


def _attribute(module: ModuleType, path: str) -> Any:
    folder, _, _ = path.rpartition(".")
    if folder:
        importlib.import_module(f"{module.__name__}.{folder}")
    return reduce(getattr, path.split("."), module)


def _array_module(framework: Framework) -> ModuleType:
    try:
        return importlib.import_module(framework.array_module)
    except ModuleNotFoundError as error:
        install = f'pip install "gradcheck[{framework.name}]"'
        raise MissingOperation(f"{error.name} is not installed: {install}") from error
