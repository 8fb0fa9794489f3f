"""Function: a computation with its derivative rule, and the record of one call of it."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np

from . import modes
from .backprop import call_rule, described, vjp
from .debugging import OF_THE_CALL, held, witness
from .modes import recording, replaced
from .variable import Array, Variable, as_array

# Creation numbers: an output's is above its inputs', which orders every backward pass.
numbers = count()
next_number = numbers.__next__

SCALARS = (bool, int, float, complex)

_RESULTS = (np.ndarray, np.number, np.bool, *SCALARS)  # what forward may return, and tuples of it


class Function:
    """A differentiable computation. A subclass writes `forward` and `backward`.

    >>> class Sine(Function):
    ...     def forward(self, x):
    ...         return np.sin(x)
    ...     def backward(self, gy):
    ...         return np.cos(self.input.data) * gy
    >>> y = Sine()(Variable(np.array(0.5)))

    An object remembers one call: called again, it leaves the earlier call to a shallow copy of
    itself, which becomes the creator of the earlier outputs. What `forward` stores on `self` thus
    stays with its call.
    """

    inputs: tuple[Variable, ...] = ()
    _results: tuple[Array, ...] = ()  # the outputs' data, kept for a `backward` called by hand
    _references: tuple[weakref.ref[Variable], ...] = ()  # weak: an output holds its creator
    _number: int
    _witness: Any = None  # what a `debug` block saw of the arrays, to compare with later
    _fresh = True  # whether each gradient that a pass gets is an array that nobody else holds
    _broadcasts = False  # whether `backward` may return gradients of the broadcast shape

    def __call__(self, *inputs: Any) -> Any:
        """Apply `forward` and record the call.

        inputs: Variables; arrays and scalars count as constants.
        Returns one Variable, or a tuple of them where `forward` returns several arrays.
        """
        self._leave_earlier_call()
        inputs = as_variables(inputs)
        before = held(self) if modes.debugging else []
        try:
            ys = self.forward(*[x._array for x in inputs])
        except Exception as error:
            error.add_note(f"in the forward of {described(self, inputs, ())}")
            raise
        outputs = tuple([self._wrap(y) for y in (ys if isinstance(ys, tuple) else (ys,))])
        self.inputs = inputs
        self.outputs = outputs
        if recording():
            for y in outputs:
                y._creator = self
            if modes.debugging:
                self._witness = witness(self, before)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        if not self._results:
            return f"<{type(self).__name__}, not called>"
        return f"<{described(self, self.inputs, self._results)}>"

    def forward(self, *xs: Any) -> Any:
        """Compute the output array (or a tuple of them) from ndarrays."""
        raise NotImplementedError(f"{type(self).__name__}.forward is not defined")

    def backward(self, *gys: Any) -> Any:
        """Return the gradient of each input (None: there is none) for the outputs' gradients."""
        raise NotImplementedError(f"{type(self).__name__}.backward is not defined")

    def __copy__(self) -> Any:
        f = object.__new__(type(self))
        vars(f).update(vars(self))
        return f

    def __getstate__(self) -> dict[str, Any]:
        """What deepcopy and pickle take along: all but the record of the call."""
        return {name: value for name, value in vars(self).items() if name not in OF_THE_CALL}

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The outputs of the call. One that was dropped is made again from its data."""
        outputs = tuple(self._living_outputs())
        self._references = tuple(map(weakref.ref, outputs))
        return outputs

    @outputs.setter
    def outputs(self, outputs: tuple[Variable, ...]) -> None:
        self._results = tuple([y._array for y in outputs])
        self._references = tuple(map(weakref.ref, outputs))
        for y in outputs:
            y._number = self._number = next_number()

    @property
    def input(self) -> Variable:
        """The first input."""
        return self._called_with(self.inputs)[0]  # type: ignore[no-any-return]

    @property
    def output(self) -> Variable:
        """The first output."""
        return self._called_with(self.outputs)[0]  # type: ignore[no-any-return]

    def _called_with(self, call: tuple[Any, ...]) -> tuple[Any, ...]:
        """`call`, a part of the call; there must have been one."""
        if not call:
            raise RuntimeError(f"{type(self).__name__} was not called: f(x) comes first")
        return call

    def _living_outputs(self) -> Iterator[Variable]:
        for reference, result in zip(self._references, self._results, strict=True):
            y = reference()
            if y is None:
                y = Variable(result)
                y._creator = self
                y._number = self._number
            yield y

    def _wrap(self, y: Any) -> Variable:
        if isinstance(y, Variable):
            raise TypeError(f"{type(self).__name__}.forward returned a Variable, not an ndarray")
        if not isinstance(y, _RESULTS):
            raise TypeError(
                f"{type(self).__name__}.forward returned {type(y).__name__}, not an ndarray, a "
                "number, or a tuple of them"
            )
        return Variable(as_array(y))

    def _leave_earlier_call(self) -> None:
        """Give an earlier call, if there is one, to a copy."""
        if not self._references:
            return
        earlier = copy.copy(self)
        for reference in self._references:
            y = reference()
            if y is not None and y._creator is self:
                y._creator = earlier
        self._references = self._results = ()
        self._witness = None

    def _adopt(self, y: Variable) -> None:
        """Become the creator of `y`, in place of the output of the same call."""
        modes.adopted = True
        if len(self._references) > 1:
            self._replace_output(y)
        else:
            self.outputs = (y,)
        y._creator = self
        y._a = y._b = None

    def _replace_output(self, y: Variable) -> None:
        """Put `y` in the place of the output whose data it has."""
        same = [i for i, result in enumerate(self._results) if result is y._array]
        if not same:
            raise ValueError(
                f"{type(self).__name__} has {len(self._results)} outputs: set_creator puts a "
                "Variable in the place of the one whose data it has, Variable(f.outputs[0].data)"
            )
        references = list(self._references)
        references[same[0]] = weakref.ref(y)
        self._references = tuple(references)
        y._number = self._number

    def _pull(self, reached: list[Variable]) -> list[Any]:
        """The gradients of the inputs, from those of the outputs `reached`; [] if none arrived."""
        gys = self._cotangents(reached)
        return [] if gys is None else call_rule(self, gys)

    def _cotangents(self, reached: list[Variable]) -> tuple[Array, ...] | None:
        """The gradients of the outputs `reached` by a pass, zeros for the others.

        Copies, since they go to a user's rule; None where no gradient arrived at all.
        """
        if all(y._grad is None for y in reached):
            return None
        if len(self._references) < 2:
            return (np.array(reached[0]._grad),)
        gradients = {id(y): y._grad for y in reached}
        gys = [gradients.pop(id(reference()), None) for reference in self._references]
        if gradients:
            raise RuntimeError(
                f"an output of {type(self).__name__} was used beside the Variable that set_creator "
                "put in its place: use one of them"
            )
        return tuple(
            [
                np.zeros(y.shape, y.dtype) if gy is None else np.array(gy)
                for gy, y in zip(gys, self._results, strict=True)
            ]
        )


def _kind(y: Any) -> str:
    return f"an ndarray of {y.dtype}" if isinstance(y, np.ndarray) else type(y).__name__


class _OperationType(type):
    """The type of operation classes: notices when a `forward` or `backward` is replaced.

    A harness that plants faults does that, and puts the original back. The short cuts that skip
    these methods look into `replaced`, so that they cost nothing while nothing is replaced.
    """

    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        _note_replaced(cls)

    def __delattr__(cls, name: str) -> None:
        super().__delattr__(name)
        _note_replaced(cls)


def _remember_originals(cls: Any) -> None:
    type.__setattr__(cls, "_originals", (cls.forward, cls.backward))


def _note_replaced(cls: Any) -> None:
    as_defined = (cls.forward, cls.backward) == cls._originals
    # Inside a `debug` block no operation takes the short cuts.
    note = replaced.discard if as_defined and not modes.debugging else replaced.add
    note(cls)
    for subclass in cls.__subclasses__():
        _note_replaced(subclass)


class Operation(Function, metaclass=_OperationType):
    """A Function of the engine: one output, and one `rule` for every use.

    `rule(gy, y, *xs)` returns the gradients of `xs`, before broadcast axes are summed back. It is
    written in NumPy's notation as if all numbers were real; backprop.py sees to complex ones.
    """

    _originals: tuple[Any, Any]
    _others: tuple[tuple[None, ...], tuple[None, ...]]  # the constants before and after the input
    _fresh = False
    reflected = ""  # the operator of another class that an operation of two inputs yields to
    _real_linear = False  # whether `jvp` is right for complex numbers too

    def __init_subclass__(cls) -> None:
        _remember_originals(cls)

    @classmethod
    def define_forward(cls, forward: Any) -> None:
        """Give the class its `forward`, as its definition would."""
        type.__setattr__(cls, "forward", forward)
        _remember_originals(cls)

    def rule(self, gy: Any, y: Any, *xs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.rule is not defined")

    def jvp(self, x_dots: tuple[Any, ...], y: Any, *xs: Any) -> Any:
        """Return the tangent of `y` for those of `xs`, None among them for an input at rest.

        What a kind of operations knows of its forward mode; forward_mode.py transposes the rule of
        all others (NotImplemented).
        """
        return NotImplemented

    def partial(self, i: int, gy: Any, y: Any, *xs: Any) -> Any:
        """Return the rule's gradient of input `i`: by itself, where that saves work on arrays."""
        gxs = type(self).rule(self, gy, y, *xs)  # the class's: see `alone`
        return gxs[i] if isinstance(gxs, tuple) else gxs

    def alone(self, i: int, count: int) -> Operation:
        """This operation for calls in which, of `count` inputs, only number `i` is no constant."""
        f = copy.copy(self)
        f._others = (None,) * i, (None,) * (count - i - 1)
        f.rule = f._rule_of_one  # type: ignore[method-assign]
        return f

    def _rule_of_one(self, gy: Any, y: Any, *xs: Any) -> tuple[Any, ...]:
        before, after = self._others
        return (*before, self.partial(len(before), gy, y, *xs), *after)

    def backward(self, *gys: Any) -> Any:
        """Return the gradient of each input for the output's gradient: Variables for a Variable."""
        if isinstance(gys[0], Variable):
            return self._backward_on_variables(gys[0])
        (y,) = self._called_with(self._results)
        gxs = vjp(self, as_array(*gys), y, tuple([x._array for x in self.inputs]))
        gxs = [None if gx is None else as_array(gx) for gx in gxs]
        return gxs[0] if len(gxs) == 1 else tuple(gxs)

    def _pull(self, reached: list[Variable]) -> list[Any]:
        """The same without copies: a rule of the engine changes nothing and keeps nothing."""
        if type(self).backward is not Operation.backward or self._witness is not None:
            return super()._pull(reached)
        (y,) = reached
        if y._grad is None:
            return []
        try:
            return vjp(self, y._grad, y._data, tuple([x._data for x in self.inputs]))
        except Exception as error:
            error.add_note(f"in the rule of {described(self, self.inputs, self._results)}")
            raise

    def _backward_on_variables(self, gy: Variable) -> Any:
        """What a replaced `backward` gets from the original when it is differentiated itself."""
        from .pullback import gradients  # which needs this module first

        gxs = gradients(self, gy, self.output, self.inputs)
        return gxs[0] if len(gxs) == 1 else tuple(gxs)

    def _called(self, inputs: tuple[Variable, ...], y: Variable) -> Operation:
        """A Function that holds the call recorded in the Variable `y`."""
        f = copy.copy(self)
        vars(f).pop("rule", None)  # its user may call it again, and then with Variables only
        f.inputs = inputs
        f._results = (y._array,)
        f._references = (weakref.ref(y),)
        f._number = y._number
        return f


_remember_originals(Operation)


@contextmanager
def debug() -> Iterator[None]:
    """Find arrays that are changed in place after they were used.

    Inside the block every operation notes checksums of its arrays, of indices and of what forward
    saves too, and where it was called, and the backward pass compares: RuntimeError where they
    differ, since the gradient would be wrong. Slow, and in force for the whole process.

    >>> x = Variable(np.array([1.0, 2.0]))
    >>> with debug():
    ...     y = square(x)
    ...     x.data *= 10  # the derivative of y is 2 x, of the old x
    ...     y.backward()
    Traceback (most recent call last):
    RuntimeError: input 0 of Square, (2,) float64, was changed in place after it was used ...
    """
    modes.count_debugging(1)
    _note_replaced(Operation)
    try:
        yield
    finally:
        modes.count_debugging(-1)
        _note_replaced(Operation)


class Linear(Operation):
    """An operation linear in all its inputs together: its own JVP."""

    _real_linear = True

    def jvp(self, x_dots: tuple[Any, ...], y: Any, *xs: Any) -> Any:
        pairs = zip(x_dots, xs, strict=True)
        x_dots = tuple([np.zeros(x.shape, x.dtype) if d is None else d for d, x in pairs])
        if any(isinstance(x_dot, Variable) for x_dot in x_dots):
            return copy.copy(self)(*x_dots)
        return self.forward(*map(np.asarray, x_dots))


def as_variables(xs: tuple[Any, ...]) -> tuple[Variable, ...]:
    """Each of `xs` as a Variable. A Python scalar is weak: it takes its dtype from the others."""
    for x in xs:
        if isinstance(x, Variable):
            x._with_data()
    if all(type(x) is Variable for x in xs):
        return xs
    xs = tuple([x if isinstance(x, Variable) or type(x) in SCALARS else _numbers(x) for x in xs])
    dtypes = [x.dtype for x in xs if type(x) not in SCALARS]
    return tuple([x if isinstance(x, Variable) else Variable(_constant(x, dtypes)) for x in xs])


def _numbers(x: Any) -> Array:
    """`x` as an array; TypeError for what NumPy would take as an object, whatever it computes."""
    array = as_array(x)
    if array.dtype.kind not in "biufc":
        raise TypeError(
            f"{_kind(x)} is no number: an array of numbers, a number or a Variable is due"
        )
    return array


def _constant(x: Any, dtypes: list[np.dtype[Any]]) -> Array:
    if type(x) not in SCALARS or not dtypes:
        return as_array(x)
    return np.asarray(x, np.result_type(x, *dtypes))
