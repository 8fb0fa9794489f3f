"""A case at one point on a framework: its own arrays inside, ndarrays outside."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.adapters.define_by_run import is_differentiable
from gradcheck.cases.expression import Program
from gradcheck.errors import MissingOperation
from gradcheck.vocabulary import Arrays, Case, Subject

if TYPE_CHECKING:
    from gradcheck.adapters.framework import Framework, Function

Gradients = tuple["np.ndarray | None", ...]

TRIED = 2  # points at which the batched function is compared with the plain one
SAME = 1e3  # roundings by which the two may differ: they multiply matrices in another order
ANOTHER = 0.01  # of its size: what two precisions of one function may differ by


class FrameworkSubject:
    """The derivatives of `case` near the point `xs`.

    Only floating inputs that are declared differentiable are differentiated by, and only floating
    outputs have cotangents: frameworks disagree on what an integer's gradient is.
    """

    def __init__(self, framework: Framework, case: Case, xs: Mapping[str, np.ndarray]) -> None:
        self._framework = framework
        self._function = case.function or _steps_have_none
        self._case = case
        self._names = tuple(xs)
        self._xs = tuple(xs.values())
        self._due = tuple(is_differentiable(case, name, x) for name, x in xs.items())
        self._moving = [i for i, due in enumerate(self._due) if due]
        self._narrow: Arrays = ()  # the outputs at the point of what runs in its precision only
        # An expression of a case file is pure; of Python's functions nobody knows, and compiled
        # they would hide what they do beside returning.
        self._compiles = framework.compiles and isinstance(self._function, Program)
        self._compiled: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def subject(self) -> Subject:
        """Return the subject, with what the framework turned out to be capable of."""
        tape = self._framework.tape(self._case)
        base = Subject(self._names, self._xs, self._due, self.primal, self.vjp, tape=tape)
        if self._case.steps or not self._moving:
            return base
        self._narrow = self._narrow_outputs()
        jvp = self._if_there(self.jvp, self._try_jvp)
        vjp_vjp = self._if_there(self.vjp_vjp, self._try_vjp_vjp)
        # Where there is a second derivative there is a first one.
        forward_only = jvp and not vjp_vjp and self._is_forward_only()
        return Subject(
            names=self._names,
            xs=self._xs,
            differentiable=self._due,
            primal=self.primal,
            vjp=None if forward_only else self.vjp,
            jvp=jvp,
            vjp_vjp=vjp_vjp,
            batched_primal=self.batched_primal if self._batches() else None,
            batched_vjp=self.batched_vjp,
            # The operations of a case file have no rules of the user's.
            recorded=None if isinstance(self._function, Program) else self.recorded,
            alone=None if isinstance(self._function, Program) else self.alone,
            tape=tape,
        )

    # ------------------------------------------------------------ the subject's functions

    def primal(self, *arrays: np.ndarray) -> Arrays:
        arrays = self._runnable(arrays)
        with self._framework.session(arrays):
            return self._out(self._run(self._values, (), self._natives(arrays)))

    def recorded(self, *arrays: np.ndarray) -> Arrays:
        ys = self.primal(*arrays)
        arrays = self._runnable(arrays)
        with self._framework.session(arrays):
            return self._out(self._framework.pullback(*self.by_moving(arrays, ys))[0])

    def alone(self, position: int) -> Callable[[Arrays, Arrays], Gradients]:
        inputs = {n: replace(given, differentiable=False) for n, given in self._case.inputs.items()}
        name = self._names[position]
        inputs[name] = self._case.inputs[name]
        case = replace(self._case, inputs=inputs)
        other = FrameworkSubject(
            self._framework, case, dict(zip(self._names, self._xs, strict=True))
        )
        other._narrow = self._narrow
        return other.vjp

    def batched_primal(self, *arrays: np.ndarray) -> Arrays:
        arrays = self._runnable(arrays)
        with self._framework.session(arrays), warnings.catch_warnings(action="error"):
            natives = [self._framework.native(a) for a in arrays]
            return self._out(self._framework.batched(self._call)(*natives))

    def vjp(self, arrays: Arrays, y_bars: Arrays) -> Gradients:
        arrays, y_bars = self._runnable(arrays), self._runnable_bars(y_bars)
        with self._framework.session((*arrays, *y_bars)):
            bars = self._cotangents(y_bars)
            found = self._run(self._pulled, _floating(y_bars), self._natives(arrays), bars)
            return self._placed(found)

    def batched_vjp(self, arrays: Arrays, y_bars: Arrays) -> Gradients:
        with self._framework.session((*arrays, *y_bars)):
            f, xs = self._of_moving(self._natives(arrays), _floating(y_bars))
            return self._placed(self._framework.batched_vjp(f, xs, self._cotangents(y_bars)))

    def jvp(self, arrays: Arrays, x_dots: Arrays) -> Arrays:
        ys = self.primal(*arrays)
        arrays = self._runnable(arrays)
        with self._framework.session(arrays):
            dots = [self._framework.native(x_dots[i]) for i in self._moving]
            pushed = self._run(self._pushed, _floating(ys), self._natives(arrays), dots)
            found = iter(self._out(pushed))
        return tuple(next(found) if _is_floating(y) else np.zeros_like(y) for y in ys)

    def vjp_vjp(self, arrays: Arrays, y_bars: Arrays, v: Arrays) -> tuple[Any, Any]:
        arrays, y_bars = self._runnable(arrays), self._runnable_bars(y_bars)
        with self._framework.session((*arrays, *y_bars)):
            bars = [self._framework.leaf(y) for y in y_bars if _is_floating(y)]
            weights = [self._framework.native(v[i]) for i in self._moving]
            natives = self._natives(arrays)
            found = self._run(self._pulled_twice, _floating(y_bars), natives, bars, weights)
            count = len(self._moving)
            by_bars = iter(self._filled(found[count:], [y for y in y_bars if _is_floating(y)]))
            by_xs = self._filled(self._placed(found[:count]), arrays)
        return by_xs, tuple(next(by_bars) if _is_floating(y) else np.zeros_like(y) for y in y_bars)

    # ------------------------------------------------------------ on the framework's own arrays

    def _run(self, rule: Callable[..., Any], floating: tuple[int, ...], *arguments: Any) -> Any:
        """Call one of the functions below; MissingOperation for what is beyond the framework."""
        try:
            return self._prepared(rule, floating)(*arguments)
        except (TypeError, ValueError, NotImplementedError) as error:
            if reason := self._framework.lacking(error):
                raise MissingOperation(reason) from error
            raise

    def _prepared(self, rule: Callable[..., Any], floating: tuple[int, ...]) -> Callable[..., Any]:
        """Return the rule for these outputs, compiled once where that is possible and pays."""
        if not self._compiles:
            return partial(rule, floating)
        key = (rule.__name__, floating)
        if key not in self._compiled:
            self._compiled[key] = self._framework.compiled(partial(rule, floating))
        return self._compiled[key]

    def _values(self, floating: tuple[int, ...], natives: Sequence[Any]) -> Sequence[Any]:
        return self._call(*natives)

    def _pulled(
        self, floating: tuple[int, ...], natives: Sequence[Any], bars: Sequence[Any]
    ) -> Sequence[Any]:
        f, xs = self._of_moving(natives, floating)
        return self._framework.vjp(f, xs, bars)

    def _pushed(
        self, floating: tuple[int, ...], natives: Sequence[Any], dots: Sequence[Any]
    ) -> Sequence[Any]:
        f, xs = self._of_moving(natives, floating)
        return self._framework.jvp(f, xs, dots)

    def _pulled_twice(
        self,
        floating: tuple[int, ...],
        natives: Sequence[Any],
        bars: Sequence[Any],
        weights: Sequence[Any],
    ) -> Sequence[Any]:
        f, xs = self._of_moving(natives, floating)

        def gradients(*both: Any) -> tuple[Any, ...]:
            at, along = both[: len(xs)], both[len(xs) :]
            found = self._framework.vjp(f, at, along)
            return tuple(0 * x if g is None else g for g, x in zip(found, at, strict=True))

        return self._framework.vjp(gradients, [*xs, *bars], weights)

    # ------------------------------------------------------------ from ndarrays and back

    def _call(self, *natives: Any) -> tuple[Any, ...]:
        named = dict(zip(self._names, natives, strict=True))
        return tuple(self._framework.outputs(self._function(self._framework.xp, **named)))

    def _natives(self, arrays: Arrays) -> list[Any]:
        framework = self._framework
        pairs = zip(arrays, self._due, strict=True)
        return [framework.leaf(a) if due else framework.lent(a) for a, due in pairs]

    def by_moving(self, arrays: Arrays, ys: Arrays) -> tuple[Function, list[Any]]:
        """Return the function of the inputs that are differentiated by, like `ys`, and those."""
        return self._of_moving(self._natives(arrays), _floating(ys))

    def _of_moving(
        self, natives: Sequence[Any], floating: tuple[int, ...]
    ) -> tuple[Function, list[Any]]:
        """Return the function of the differentiable inputs to the floating outputs, and those."""

        def f(*moving: Any) -> tuple[Any, ...]:
            placed = list(natives)
            for i, x in zip(self._moving, moving, strict=True):
                placed[i] = x
            found = self._call(*placed)
            return tuple(found[k] for k in floating)

        return f, [natives[i] for i in self._moving]

    def _cotangents(self, y_bars: Arrays) -> list[Any]:
        return [self._framework.lent(y) for y in y_bars if _is_floating(y)]

    def _out(self, values: Sequence[Any]) -> Arrays:
        return tuple(map(self._framework.ndarray, values))

    def _placed(self, found: Sequence[Any]) -> Gradients:
        gradients: list[np.ndarray | None] = [None] * len(self._xs)
        for i, g in zip(self._moving, found, strict=True):
            gradients[i] = None if g is None else self._framework.ndarray(g)
        return tuple(gradients)

    def _filled(self, found: Sequence[Any], like: Sequence[np.ndarray]) -> Arrays:
        return tuple(
            np.zeros_like(a) if g is None else self._framework.ndarray(g)
            for g, a in zip(found, like, strict=True)
        )

    # ------------------------------------------------------------ what it is capable of

    def _runnable(self, arrays: Arrays) -> Arrays:
        """Return arrays in the dtypes of the point, where the function knows no others."""
        return _as_dtypes(arrays, self._xs) if self._narrow else arrays

    def _runnable_bars(self, y_bars: Arrays) -> Arrays:
        return _as_dtypes(y_bars, self._narrow) if self._narrow else y_bars

    def _narrow_outputs(self) -> Arrays:
        """Return what f gives at the point if in double it is another function, or none.

        A closure over float32 arrays may not run in double, and random numbers are others there.
        """
        wide = tuple(map(_widened, self._xs))
        if all(a.dtype == x.dtype for a, x in zip(wide, self._xs, strict=True)):
            return ()
        try:
            ys = self.primal(*self._xs)
        except Exception:  # what it is, a check will tell
            return ()
        try:
            there = self.primal(*wide)
            if not all(map(_is_rounded, ys, there)):
                return ys
            return () if self._goes_back(wide, there) or not self._goes_back(self._xs, ys) else ys
        except Exception:  # any reason is reason enough not to run in double
            return ys

    def _goes_back(self, xs: Arrays, ys: Arrays) -> bool:
        try:
            self.vjp(xs, tuple(map(np.ones_like, ys)))
        except Exception:  # as above; of what goes back nowhere the checks will tell
            return False
        return True

    def _is_forward_only(self) -> bool:
        try:
            self._try_vjp()
        except Exception as error:
            return self._framework.is_forward_only(error)
        return False

    def _if_there(self, rule: Callable[..., Any], attempt: Callable[[], Any]) -> Any:
        """Return `rule`, None where the framework says that it has none."""
        try:
            attempt()
        except Exception as error:
            # Whatever else is wrong is for the checks to meet: it ends in their outcome.
            return None if self._framework.lacks_rule(error) else rule
        return rule

    def _try_jvp(self) -> Any:
        return self.jvp(self._xs, tuple(map(np.zeros_like, self._xs)))

    def _try_vjp(self) -> Any:
        return self.vjp(self._xs, tuple(map(np.ones_like, self.primal(*self._xs))))

    def _try_vjp_vjp(self) -> Any:
        y_bars = tuple(map(np.ones_like, self.primal(*self._xs)))
        return self.vjp_vjp(self._xs, y_bars, tuple(map(np.ones_like, self._xs)))

    def _batches(self) -> bool:
        """Whether several points in one call give what they give one by one."""
        if self._compiles:  # each number of points would be compiled by itself
            return False
        xs = tuple(map(_widened, self._xs))
        try:
            together = self.batched_primal(*(np.stack([x] * TRIED) for x in xs))
            return all(map(_is_stack_of, together, self.primal(*xs)))
        except Exception:  # any reason is reason enough to go point by point
            return False


class FrameworkPasses:
    """The passes of a case on a framework, from its own arrays to its own arrays."""

    def __init__(self, framework: Framework, case: Case, xs: Mapping[str, np.ndarray]) -> None:
        self._framework = framework
        self._arrays = tuple(xs.values())
        subject = FrameworkSubject(framework, case, xs)
        ys = subject.primal(*self._arrays)
        with framework.session(self._arrays):
            self._function, self._xs = subject.by_moving(self._arrays, ys)
            self._y_bars = [framework.native(np.ones_like(y)) for y in ys if _is_floating(y)]

    def forward(self) -> tuple[Sequence[Any], Callable[..., Sequence[Any]]]:
        with self._framework.precision(self._arrays):
            ys, pullback = self._framework.pullback(self._function, self._xs)
            self._framework.wait(ys)
        return ys, pullback

    def backward(self, kept: tuple[Sequence[Any], Callable[..., Sequence[Any]]]) -> None:
        with self._framework.precision(self._arrays):
            self._framework.wait(kept[1](self._y_bars))

    def nodes(self, kept: tuple[Sequence[Any], Callable[..., Sequence[Any]]]) -> int | None:
        # A graph of torch's that Python has looked at, 100,000 deep, crashes when it is freed.
        return None


def _is_floating(array: np.ndarray) -> bool:
    return array.dtype.kind in "fc"


def _floating(ys: Arrays) -> tuple[int, ...]:
    return tuple(k for k, y in enumerate(ys) if _is_floating(y))


def _is_stack_of(stack: np.ndarray, y: np.ndarray) -> bool:
    if stack.shape != (TRIED, *y.shape) or stack.dtype != y.dtype or not np.isfinite(y).all():
        return False
    rounding = SAME * float(np.finfo(y.dtype).eps) if _is_floating(y) else 0.0
    return np.allclose(stack, y, rtol=rounding, atol=rounding * float(np.max(np.abs(y), initial=0)))


def _as_dtypes(arrays: Arrays, like: Arrays) -> Arrays:
    return tuple(a.astype(x.dtype, copy=False) for a, x in zip(arrays, like, strict=True))


def _is_rounded(narrow: np.ndarray, wide: np.ndarray) -> bool:
    """Whether an output of f in the point's precision is about that in double."""
    if narrow.shape != wide.shape:
        return False
    if not _is_floating(narrow):
        return True
    finite = np.isfinite(narrow) & np.isfinite(wide)
    lost, size = (np.linalg.norm(a[finite]) for a in (wide - narrow, wide))
    least = np.finfo(narrow.dtype)
    # What is smaller than its normal numbers, jax takes for zero.
    vanished = float(least.tiny) * finite.sum() ** 0.5
    return bool(lost <= max(ANOTHER, SAME * float(least.eps)) * size + vanished)


def _widened(x: np.ndarray) -> np.ndarray:
    """float16 and float32 in double, as the numerical derivative is taken."""
    return x.astype(np.result_type(x, np.float64)) if _is_floating(x) else x


def _steps_have_none(*_: Any, **__: Any) -> Any:
    raise TypeError("a case of steps has no function of its own")
