"""Every entry d y[j] / d x[i] by itself: for small cases, on request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_vjp
from gradcheck.checks.projection import (
    Tangents,
    draw_tangents,
    gradients,
    movable_inputs,
    of_gradients,
)
from gradcheck.entry import entry_name, output_name
from gradcheck.errors import NothingToCompare
from gradcheck.vocabulary import Arrays, Case, Evidence, Fact, Subject

LARGEST = 1_000  # entries: each costs a whole numerical derivative


def check_jacobian(
    subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[Evidence | Fact]:
    """Yield each entry of the Jacobian, times the sizes of the moves that measured it.

    Complex numbers are two coordinates each, the real and the imaginary part.
    """
    ys = subject.primal(*subject.xs)
    _require_few(sum(y.size for y in ys) * sum(subject.xs[i].size for i in movable_inputs(subject)))
    for output, y_bars in _rows(ys):
        found = gradients(subject, y_bars)
        for coordinate, tangents in _columns(subject, rng):
            quantity = f"d {output} / d {coordinate}"
            yield replace(of_gradients(subject, y_bars, found, tangents), quantity=quantity)


def _rows(ys: Arrays) -> Iterator[tuple[str, Arrays]]:
    """Yield each coordinate of the outputs by name, with the cotangent that picks it."""
    for k, y in enumerate(ys):
        for j in np.ndindex(y.shape if y.dtype.kind in "fc" else (0,)):
            for part, unit in _parts(y.dtype, 1 + 1j):
                y_bars = tuple(np.zeros_like(each) for each in ys)
                y_bars[k][j] = unit
                yield part + output_name(k, j), y_bars


def _columns(subject: Subject, rng: np.random.Generator) -> Iterator[tuple[str, Tangents]]:
    """Yield each coordinate of the inputs by name, with a move along it alone."""
    for i in movable_inputs(subject):
        whole = draw_tangents(subject, (i,), rng)
        move = np.asarray(whole[i])
        for index in np.ndindex(move.shape):
            for part, step in _parts(move.dtype, move[index].item()):
                one = np.zeros_like(move)
                one[index] = step
                tangents = tuple(None if u is None else one for u in whole)
                yield part + entry_name(subject.names[i], index), tangents


def _parts(dtype: np.dtype, number: complex) -> list[tuple[str, complex]]:
    """A number as its coordinates, and what these are called."""
    if dtype.kind != "c":
        return [("", number.real)]
    return [("Re ", number.real), ("Im ", 1j * number.imag)]


def _require_few(entries: int) -> None:
    if entries > LARGEST:
        most = f"jacobian is for up to {LARGEST:,}"
        raise NothingToCompare(f"the Jacobian has {entries:,} entries: {most}")


CHECKS.register("jacobian")(
    Check(
        check_jacobian,
        rank=38,
        applies=is_function,
        lacks=needs_vjp,
        after=("structure",),
        on_request=True,
    )
)
