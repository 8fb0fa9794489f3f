"""Variable: an array that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import modes
from .backprop import Owned, backpropagate
from .modes import recording
from .refusals import checked_data, require_derivatives

if TYPE_CHECKING:
    from .function import Function

Array = np.ndarray[Any, np.dtype[Any]]

# Every operation by name, entered by its own file (see `operation` in recording.py).
OPERATIONS: dict[str, Callable[..., Any]] = {}


class _Mark:
    """A lasting state of a gradient, beside the marks of the passes (see backprop.py)."""

    __slots__ = ()


_READ = _Mark()  # `grad` was read: the array is the caller's, no pass may change it
_ASSIGNED = _Mark()  # `grad` was assigned: a backward pass from here starts with it


_ONE = np.float64(1.0)


def as_array(x: Any) -> Array:
    """Return `x` if it is an ndarray, else the ndarray of it; a scalar becomes a 0-d array."""
    return x if isinstance(x, np.ndarray) else np.asarray(x)


class Variable:
    """An ndarray, its gradient, and the Function that made it.

    data: the ndarray, or None for a Variable that gets its data later.
    name: what `repr` shows.

    TypeError where `data` is anything else: `Variable(np.array(1.0))`, not `Variable(1.0)`.
    """

    # One object an operation is the whole record: `_creator` holds the operation, `_a` and `_b` its
    # inputs, until someone reads `creator` and a Function takes over. Nothing points from a node
    # to what was made of it, so that there is no cycle and reference counting frees a graph: level
    # by level in C, never deeper than 950 KiB of stack (CPython 3.13; before, less than 128).
    __slots__ = (
        "__weakref__",
        "_a",
        "_b",
        "_creator",
        "_data",
        "_grad",
        "_mark",
        "_name",
        "_number",
    )
    _creator: Any
    _number: int

    def __init__(self, data: Array | None, name: str | None = None) -> None:
        if type(data) is np.ndarray:  # 110 ns sooner than through the checks
            self._data: Any = data
        elif data is not None:  # else the slot stays empty: using it is found at no cost
            self._data = checked_data(data)
        self._grad: Any = None
        self._creator = None
        self._a: Variable | None = None
        self._b: Variable | None = None
        self._mark: Any = None
        self._name = name

    @property
    def data(self) -> Any:
        """The ndarray of values (None if there is none yet)."""
        if modes.watching:
            modes.note_read(self)
        return self._array

    @data.setter
    def data(self, data: Any) -> None:
        if isinstance(data, np.generic):  # x.data = x.data - 0.1 * x.grad, of a 0-d array
            data = np.asarray(data)
        self._data = checked_data(data)

    @property
    def _array(self) -> Any:
        """The same for the engine's own use, which no watch notes."""
        try:
            data = self._data
        except AttributeError:
            return None
        if type(data) is not np.ndarray:
            data = self._data = np.asarray(data)
        return data

    @property
    def grad(self) -> Any:
        """The gradient: an ndarray of the data's shape and dtype that nobody else holds, or None.

        After `backward(create_graph=True)` a Variable. An assigned array is copied.
        """
        grad = self._grad
        mark = self._mark
        if grad is None or mark is _READ or mark is _ASSIGNED or isinstance(grad, Variable):
            return grad
        alone = isinstance(mark, Owned) and self._creator is None
        self._grad = grad = np.array(grad, copy=None if alone else True)
        self._mark = _READ
        return grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if grad is None:
            self.cleargrad()
            return
        if grad is not self._grad:  # x.grad += 1 hands back the array itself
            self._grad = self._cotangent(grad, "grad")
        self._mark = _ASSIGNED

    @property
    def name(self) -> str | None:
        """What `repr` calls it."""
        try:
            return self._name
        except AttributeError:  # recording an operation leaves the slot empty: 5 ns saved
            return None

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name

    @property
    def creator(self) -> Function | None:
        """The Function that made it, always the same object; None for a leaf."""
        if self._a is not None:
            inputs = (self._a,) if self._b is None else (self._a, self._b)
            self._creator = self._creator._called(inputs, self)
            self._a = self._b = None
        return self._creator  # type: ignore[no-any-return]

    def set_creator(self, func: Function) -> None:
        """Make `func` the creator: its inputs are what a backward pass goes on to."""
        func._adopt(self)

    def cleargrad(self) -> None:
        """Forget the gradient."""
        self._grad = None
        self._mark = None

    def backward(
        self, gy: Any = None, retain_grad: bool = True, create_graph: bool = False
    ) -> None:
        """Add to the gradient of every leaf that this was computed from.

        gy: the cotangent, of this Variable's shape. Default: a gradient that the user assigned to
            it, else ones.
        retain_grad: whether Variables in between keep their gradients too.
        create_graph: whether the gradients are Variables, which can be differentiated again.

        TypeError from integers: only floating-point and complex numbers have derivatives.
        """
        if create_graph:
            self._backward_with_graph(gy, retain_grad)
            return
        if gy is None and self._mark is _ASSIGNED:
            self._backward_from_assigned(retain_grad)
            return
        start = self._start(gy)
        if self._creator is not None:
            backpropagate(self, start, retain_grad)
        else:
            self._grad = start if self._grad is None else self._grad + start
            self._mark = None

    def _backward_from_assigned(self, retain_grad: bool) -> None:
        """Start from the gradient that the user assigned, which stays as it is and where it is."""
        grad = self._grad
        try:
            if self._creator is not None:
                backpropagate(self, self._start(grad), retain_grad)
        finally:
            self._grad = grad
            self._mark = _ASSIGNED

    def _backward_with_graph(self, gy: Any, retain_grad: bool) -> None:
        """The same with gradients that are Variables: none of them is changed in place."""
        from .pullback import pullback  # which builds on Variables

        assigned = gy is None and self._mark is _ASSIGNED
        start = self._start(self._grad if assigned else gy)
        y_bar = gy if isinstance(gy, Variable) else Variable(as_array(start))
        if y_bar.dtype != self.dtype:
            y_bar = OPERATIONS["astype"](y_bar, self.dtype)
        held = {id(gy)}
        for x, x_bar in pullback([self], [y_bar], graph=True, keep=True):
            if id(x_bar) in held:  # of a + b: each has a gradient of its own
                x_bar = OPERATIONS["copy"](x_bar)
            held.add(id(x_bar))
            if x._creator is None:
                x._grad = x_bar if x._grad is None else x_bar + x._grad
                x._mark = None
            elif not (assigned and x is self):
                x._grad = x_bar if retain_grad or x is self else None
                x._mark = None

    def _start(self, gy: Any) -> Any:
        """The cotangent that a backward pass begins with."""
        data = self._with_data()
        if gy is None and type(data) is np.float64:  # the usual loss, 200 ns sooner
            return _ONE
        require_derivatives(data)
        if gy is not None:
            return self._cotangent(gy, "gy")
        return np.ones(data.shape, data.dtype) if data.ndim else data.dtype.type(1)

    def _cotangent(self, g: Any, what: str) -> Any:
        """A copy of `g` in the data's dtype, checked to have the data's shape."""
        g = np.asarray(g._data if isinstance(g, Variable) else g)
        data = self._with_data()
        if g.shape != data.shape:
            raise ValueError(f"{what} has shape {g.shape}, the data has shape {data.shape}")
        if g.dtype.kind not in "biufc" or (g.dtype.kind == "c" and data.dtype.kind != "c"):
            raise TypeError(f"{what} is {g.dtype}, the data is {data.dtype}")
        return g.astype(data.dtype)

    def _with_data(self) -> Any:
        """The data, raw; there must be some."""
        try:
            return self._data
        except AttributeError:
            raise TypeError("a Variable without data was used: assign its .data first") from None

    @property
    def shape(self) -> tuple[int, ...]:
        """The data's shape."""
        return self._with_data().shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._with_data().ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._with_data().size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The data's dtype."""
        return self._with_data().dtype  # type: ignore[no-any-return]

    @property
    def T(self) -> Variable:
        """The transpose: axes in reverse."""
        return self.transpose()

    @property
    def mT(self) -> Variable:
        """The matrix transpose: the last two axes exchanged."""
        return OPERATIONS["matrix_transpose"](self)  # type: ignore[no-any-return]

    def reshape(self, *shape: Any) -> Variable:
        """The same elements in `shape`, given as one tuple or as several integers."""
        shape = shape[0] if len(shape) == 1 else shape
        return OPERATIONS["reshape"](self, shape)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Variable:
        """The axes in the order `axes`; without any, in reverse."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return OPERATIONS["transpose"](self, order)  # type: ignore[no-any-return]

    @property
    def real(self) -> Variable:
        """The real part."""
        return OPERATIONS["real"](self)  # type: ignore[no-any-return]

    @property
    def imag(self) -> Variable:
        """The imaginary part."""
        return OPERATIONS["imag"](self)  # type: ignore[no-any-return]

    def __pos__(self) -> Variable:
        return self

    def __len__(self) -> int:
        return len(as_array(self._with_data()))

    def __iter__(self) -> Iterator[Variable]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        if self.data is None:
            return f"Variable(None{self._repr_name()})"
        text = np.array2string(self.data, separator=", ", prefix="Variable(")
        dtype = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        shape = "" if self.size else f", shape={self.shape}"
        creator = f", creator={type(self._creator).__name__}" if self._creator is not None else ""
        return f"Variable({text}{shape}{dtype}{self._repr_name()}{creator})"

    def _repr_name(self) -> str:
        return "" if self.name is None else f", name={self.name!r}"

    __hash__ = object.__hash__

    def __eq__(self, other: Any) -> Array:  # type: ignore[override]
        return _compared(np.equal, self, other)

    def __ne__(self, other: Any) -> Array:  # type: ignore[override]
        return _compared(np.not_equal, self, other)

    def __lt__(self, other: Any) -> Array:
        return _compared(np.less, self, other)

    def __le__(self, other: Any) -> Array:
        return _compared(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Array:
        return _compared(np.greater, self, other)

    def __ge__(self, other: Any) -> Array:
        return _compared(np.greater_equal, self, other)

    def __float__(self) -> float:
        self._only_without_graph("float(x)")
        return float(self.data.item())

    def __bool__(self) -> bool:
        self._only_without_graph("bool(x)")
        return bool(self.data)

    def _only_without_graph(self, what: str) -> None:
        if recording():
            raise TypeError(
                f"{what} of a Variable would lose the graph in silence: use x.data, "
                "or `with no_grad():`"
            )

    def __format__(self, spec: str) -> str:
        """A single number as `spec` says, f"{loss:.3f}"; without one, `str`."""
        return format(self._array, spec) if spec else str(self)

    def __getstate__(self) -> tuple[Any, dict[str, Any]]:
        """What `copy` and `pickle` take along: of a leaf all there is, of a graph nothing."""
        if self._creator is not None:
            raise TypeError("a copy of a computed Variable would lose the graph: copy its .data")
        state: Any = object.__getstate__(self)
        return state[0], {**state[1], "_mark": None}

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "x[i] = v would change a value that the backward pass may need: compute a new "
            "Variable, or change x.data before it is used"
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Array:
        raise TypeError(
            "a Variable inside an ndarray would lose the graph in silence: "
            "use engine.stack or engine.full for np.array([x, x]) and np.full(n, x), "
            "or x.data for the values alone"
        )

    if TYPE_CHECKING:  # bound by numpy_protocol.py, and by the operations' own files
        __array_ufunc__: Any
        __array_function__: Any

        def __add__(self, other: Any) -> Variable: ...
        def __radd__(self, other: Any) -> Variable: ...
        def __sub__(self, other: Any) -> Variable: ...
        def __rsub__(self, other: Any) -> Variable: ...
        def __mul__(self, other: Any) -> Variable: ...
        def __rmul__(self, other: Any) -> Variable: ...
        def __truediv__(self, other: Any) -> Variable: ...
        def __rtruediv__(self, other: Any) -> Variable: ...
        def __pow__(self, other: Any) -> Variable: ...
        def __rpow__(self, other: Any) -> Variable: ...
        def __matmul__(self, other: Any) -> Variable: ...
        def __rmatmul__(self, other: Any) -> Variable: ...
        def __neg__(self) -> Variable: ...
        def __abs__(self) -> Variable: ...
        def __getitem__(self, index: Any) -> Variable: ...
        def __getattr__(self, name: str) -> Any: ...  # sum, mean, ...: an array's methods


def _compared(compare: np.ufunc, x: Variable, other: Any) -> Array:
    other = other._array if isinstance(other, Variable) else other
    return np.asarray(compare(x._array, other))
