"""phi(t) = <y_bar, f(x + t u)> along a line: evaluated once for each t, counted, cached.

Every sample is the change since t = 0, formed elementwise on f before the dot with y_bar, so that
a large offset cancels before it is summed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Function: TypeAlias = Callable[..., Any]

FSUM_LIMIT = 512
"""Up to this size math.fsum is faster than the compensated folding."""

CHUNK = 8192
"""Large outputs are compared by so many numbers at a time."""

MOST_ROWS, BATCH = 128, 2**17
"""A batched call takes so many points, and so many numbers, at most."""

BEYOND_DOMAIN = (ArithmeticError, AssertionError, IndexError, RuntimeError, ValueError)
"""What functions raise where they are not defined; torch's LinAlgError is a RuntimeError."""

SAFE_SQUARES = (1e-280, 1e280)
"""A sum of squares within has neither overflowed nor lost a term that matters."""


class OutOfBudget(Exception):
    """The next samples would exceed the budget of evaluations."""


@dataclass(frozen=True, slots=True)
class Sample:
    """phi at one t: `change` = phi(t) - phi(0) and the sizes that its rounding follows.

    `magnitude` is sum |y_bar f|.  `rounding` is the root mean square of the rounding of all terms
    that moved; `ceiling` what it comes to if the terms' errors agree, as in a broadcast scalar.
    """

    change: Any
    magnitude: float = 0.0
    rounding: float = 0.0
    ceiling: float = 0.0

    @property
    def finite(self) -> bool:
        return math.isfinite(self.change)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A part's share of a sample; rounding in which the errors stand `together`, or `apart`."""

    change: Any
    magnitude: float
    together: float
    apart: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A chunk of an output at t = 0, flat and real: values, cotangent, |y_bar f|, epsilon."""

    values: Array
    cotangent: Array
    size: Array
    eps: float


class Line:
    """phi - phi(0), sampled along one direction within a budget of evaluations of f.

    Raises:
        TypeError: an input that moves is not floating.
        ValueError: shapes of primals and tangents, or of outputs and cotangents, disagree.
    """

    def __init__(
        self,
        f: Function,
        primals: Sequence[Array],
        tangents: Sequence[Array | None],
        cotangents: Sequence[Array] | None,
        budget: int,
        batched: Function | None = None,
    ) -> None:
        self._f = f
        self._batched = batched
        self._primals = tuple(np.asarray(x) for x in primals)
        self._tangents = _matching_tangents(self._primals, tangents)
        self._budget = budget
        self._cache: dict[float, Sample] = {}
        self.evaluations = 0
        self.raised: Exception | None = None
        outputs = self._outputs(0.0)
        self._shapes = [y.shape for y in outputs]
        self._parts = _parts(outputs, cotangents)
        self.extended = any(part.values.dtype == np.longdouble for part in self._parts)
        self.origin = self._measure([part.values for part in self._parts])
        self.eps = max([part.eps for part in self._parts] + [e for e, _ in self._moving()])
        self.argument_rounding = self._argument_rounding()

    @cached_property
    def output(self) -> float:
        """||y_bar f(x)||_2."""
        return math.hypot(*(length(part.size) for part in self._parts))

    def sample(self, t: float) -> Sample:
        """Return phi's change at t; t = 0 is `origin`."""
        known = self._cache.get(t)
        if known is None:
            self.reserve((t,))
            known = self._cache[t] = self._measure(self._values(t))
        return known

    def reserve(self, ts: Sequence[float]) -> None:
        """Raise OutOfBudget unless all of `ts` can be sampled; sample them if f comes batched."""
        new = [t for t in ts if t not in self._cache]
        if self.evaluations + len(new) > self._budget:
            raise OutOfBudget
        if self._batched and len(new) > 1:
            for some in _rows(new, sum(x.size for x in self._primals)):
                self._sample_together(self._batched, some)

    def _sample_together(self, batched: Function, ts: Sequence[float]) -> None:
        """Evaluate several points in one call: every input and output has a first axis more."""
        pairs = list(zip(self._primals, self._tangents, strict=True))
        try:
            outputs = batched(*(np.stack([moved(x, u, t) for t in ts]) for x, u in pairs))
        except BEYOND_DOMAIN:
            return  # one point of them may be beyond: each is evaluated by itself
        outputs = outputs if isinstance(outputs, tuple | list) else (outputs,)
        self.evaluations += len(ts)
        for row, t in enumerate(ts):
            values = self._checked([np.asarray(y)[row] for y in outputs])
            self._cache[t] = self._measure(values)

    def repeats(self) -> bool:
        """Evaluate f(x) once more: does it give the same value again?"""
        self.reserve((math.nan,))
        again = self._checked(self._outputs(0.0))
        return all(
            np.array_equal(part.values, b) for part, b in zip(self._parts, again, strict=True)
        )

    def _outputs(self, t: float) -> tuple[Array, ...]:
        self.evaluations += 1
        outputs = self._f(*map(moved, self._primals, self._tangents, [t] * len(self._primals)))
        return tuple(map(np.asarray, outputs if isinstance(outputs, tuple | list) else (outputs,)))

    def _values(self, t: float) -> list[Array]:
        try:
            outputs = self._outputs(t)
        except BEYOND_DOMAIN as error:
            self.raised = error
            return self._undefined()
        return self._checked(outputs)

    def _undefined(self) -> list[Array]:
        return [np.full_like(part.values, np.nan) for part in self._parts]

    def _checked(self, outputs: Sequence[Array]) -> list[Array]:
        if [y.shape for y in outputs] != self._shapes:
            # Of x[x > 0], say, beyond a change of sign: outside of where f is one function.
            return self._undefined()
        return [chunk for y in outputs for chunk in _chunks(_real(y))]

    def _measure(self, values: Sequence[Array]) -> Sample:
        found = [_compare(part, chunk) for part, chunk in zip(self._parts, values, strict=True)]
        if len(found) == 1:
            (only,) = found
            change, magnitude, apart = only.change, only.magnitude, only.apart
        else:
            change = exact_sum(np.array([part.change for part in found]))
            magnitude = sum(part.magnitude for part in found)
            apart = math.hypot(*(part.apart for part in found))
        together = abs(sum(part.together for part in found))
        return Sample(change, magnitude, 0.5 * apart, 0.5 * max(apart, together))

    def _moving(self) -> list[tuple[float, int]]:
        """The machine epsilon and the position of each input that moves."""
        return [
            (float(np.finfo(x.dtype).eps), i)
            for i, (x, u) in enumerate(zip(self._primals, self._tangents, strict=True))
            if u is not None
        ]

    def _argument_rounding(self) -> float:
        """The rounding of x + t u, in units of the derivative: eps/2 ||x|| / ||u||."""
        moving = self._moving()
        reach = math.hypot(*(length(self._tangents[i]) for _, i in moving))
        rounding = math.hypot(*(0.5 * eps * length(self._primals[i]) for eps, i in moving))
        return rounding / reach if reach > 0 else 0.0


def _rows(ts: list[float], size: int) -> Iterator[list[float]]:
    """Split `ts` into batches that fit the cache: one huge batch is slower than a loop."""
    rows = max(1, min(MOST_ROWS, BATCH // max(size, 1)))
    for i in range(0, len(ts), rows):
        yield ts[i : i + rows]


def exact_sum(terms: Array) -> Any:
    """Sum with an error of about one rounding of the result; NaN unless the sum is finite."""
    if not np.isfinite(terms.sum()):
        return math.nan
    extended = terms.dtype != np.float64
    folded, error = _folded(terms, 1 if extended else FSUM_LIMIT)
    if extended:
        return folded.sum() + error
    try:
        return math.fsum([*folded.tolist(), error])
    except (OverflowError, ValueError):  # on the way to a sum that is finite
        return float(terms.sum())


def _folded(terms: Array, limit: int) -> tuple[Array, Any]:
    """Add pairwise until `limit` terms are left; each addition's error (Knuth's TwoSum) besides."""
    error = terms.dtype.type(0)
    while terms.size > limit:
        half = terms.size // 2
        a, b = terms[:half], terms[half : 2 * half]
        total = a + b
        shift = total - a
        error += ((a - (total - shift)) + (b - shift)).sum()
        if terms.size % 2:
            total[0], carried = _two_sum(total[0], terms[-1])
            error += carried
        terms = total
    return terms, error


def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    total = a + b
    shift = total - a
    return total, (a - (total - shift)) + (b - shift)


def _compare(part: _Part, values: Array) -> _Comparison:
    """Weigh one part's change; scalars take a short way, for most functions end in one."""
    if values.size == 1:
        return _compare_scalar(part, values)
    difference = values - part.values
    weighed = part.cotangent * values
    size = np.abs(weighed)
    magnitude = float(size.sum())
    size = np.maximum(size, part.size)
    moved = difference != 0
    if not moved.all():
        size *= moved
        weighed *= moved
    return _Comparison(
        change=exact_sum(part.cotangent * difference),
        magnitude=magnitude,
        together=part.eps * float(weighed.sum()),
        apart=part.eps * length(size),
    )


def _compare_scalar(part: _Part, values: Array) -> _Comparison:
    value, weight, start = values.item(), part.cotangent.item(), part.values.item()
    change = weight * (value - start)
    magnitude = float(abs(weight * value))
    size = part.eps * max(magnitude, part.size.item()) if change else 0.0
    return _Comparison(change, magnitude, size, size)


def _parts(outputs: Sequence[Array], cotangents: Sequence[Array] | None) -> tuple[_Part, ...]:
    if cotangents is None:
        if len(outputs) != 1 or outputs[0].size != 1:
            shapes = [y.shape for y in outputs]
            raise ValueError(f"f gives shapes {shapes}: without cotangents it must give one number")
        cotangents = (np.ones(outputs[0].shape),)
    cotangents = [np.asarray(y_bar) for y_bar in cotangents]
    if [y.shape for y in outputs] != [y_bar.shape for y_bar in cotangents]:
        given = [y_bar.shape for y_bar in cotangents]
        raise ValueError(
            f"f gives shapes {[y.shape for y in outputs]}, the cotangents have {given}"
        )
    return tuple(part for pair in zip(outputs, cotangents, strict=True) for part in _chunked(*pair))


def _chunked(y: Array, y_bar: Array) -> list[_Part]:
    if not np.iscomplexobj(y):
        y_bar = y_bar.real  # <a, b> = Re sum conj(a) b: a real output meets the real part only
    elif not np.iscomplexobj(y_bar):
        y_bar = y_bar.astype(np.result_type(y_bar.dtype, np.complex128))
    # A copy: f may give the same buffer each time.
    values, cotangent = _real(y).copy(), _real(y_bar)
    eps = float(np.finfo(y.dtype if y.dtype.kind in "fc" else float).eps)
    return [
        _Part(v, c, np.abs(c * v), eps)
        for v, c in zip(_chunks(values), _chunks(cotangent), strict=True)
    ]


def _chunks(values: Array) -> list[Array]:
    """Views that fit the cache, which makes large outputs several times faster."""
    if values.size <= CHUNK:
        return [values]
    return [values[i : i + CHUNK] for i in range(0, values.size, CHUNK)]


def _real(y: Array) -> Array:
    """Flat, at least float64, real and imaginary parts side by side."""
    if np.iscomplexobj(y):
        kind: Any = np.clongdouble if y.dtype == np.clongdouble else np.complex128
        return np.ascontiguousarray(y, dtype=kind).reshape(-1).view(kind(0).real.dtype)
    return y.reshape(-1).astype(np.result_type(y.dtype, np.float64), copy=False)


def moved(x: Array, u: Array | None, t: float) -> Array:
    """x + t u in x's own dtype; a fresh array, for f may keep or change what it is given."""
    if u is None:
        return x
    return np.asarray(x + t * u, dtype=x.dtype)


def _matching_tangents(
    primals: Sequence[Array], tangents: Sequence[Array | None]
) -> tuple[Array | None, ...]:
    if len(primals) != len(tangents):
        raise ValueError(f"{len(primals)} primals, but {len(tangents)} tangents")
    return tuple(map(_matching_tangent, primals, tangents))


def _matching_tangent(x: Array, tangent: Array | None) -> Array | None:
    if tangent is None:
        return None
    u = np.asarray(tangent)
    if u.shape != x.shape:
        raise ValueError(f"a primal has shape {x.shape}, its tangent {u.shape}")
    if x.dtype.kind not in "fc":
        raise TypeError(f"an input of dtype {x.dtype} cannot move; its tangent must be None")
    if np.iscomplexobj(u) and not np.iscomplexobj(x):
        raise TypeError("a real input has a complex tangent")
    # A float32 product t u would already be off by eps32 of the move.
    return u.astype(np.result_type(u.dtype, np.float64), copy=False)


@np.errstate(over="ignore", under="ignore")
def length(x: Any) -> float:
    """The 2-norm, scaled so that no square overflows or vanishes."""
    flat = np.abs(x).reshape(-1)
    square = float(flat @ flat)
    if SAFE_SQUARES[0] < square < SAFE_SQUARES[1]:
        return math.sqrt(square)
    largest = float(flat.max(initial=0.0))
    if not 0.0 < largest < math.inf:
        return largest
    ratio = flat / largest
    return largest * math.sqrt(float(ratio @ ratio))
