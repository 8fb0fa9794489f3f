"""Every entry d y[j] / d x[i] by itself: for small cases, on request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_vjp
from gradcheck.checks.projection import (
    draw_tangents,
    gradients,
    movable_inputs,
    of_gradients,
)
from gradcheck.entry import entry_name, output_name
from gradcheck.vocabulary import Arrays, Case, Evidence, Fact, Subject

LARGEST = 1_000  # entries: each costs a whole numerical derivative


def check_jacobian(
    subject: Subject, case: Case, rng: np.random.Generator
) -> Iterator[Evidence | Fact]:
    """Yield each entry of the Jacobian, times the sizes of the moves that measured it."""
    ys = subject.primal(*subject.xs)
    for k, j in _entries(ys):
        y_bars = tuple(np.zeros_like(y) for y in ys)
        y_bars[k][j] = 1
        found = gradients(subject, y_bars)
        for i in movable_inputs(subject):
            whole = draw_tangents(subject, (i,), rng)
            for index in np.ndindex(subject.xs[i].shape):
                one = np.zeros_like(np.asarray(whole[i]))
                one[index] = np.asarray(whole[i])[index]
                tangents = tuple(one if u is not None else None for u in whole)
                quantity = f"d {output_name(k, j)} / d {entry_name(subject.names[i], index)}"
                yield replace(of_gradients(subject, y_bars, found, tangents), quantity=quantity)


def _entries(ys: Arrays) -> Iterator[tuple[int, tuple[int, ...]]]:
    for k, y in enumerate(ys):
        if y.dtype.kind in "fc":
            yield from ((k, j) for j in np.ndindex(y.shape))


def _lacks(subject: Subject, case: Case) -> str:
    entries = sum(y.size for y in subject.primal(*subject.xs))
    entries *= sum(subject.xs[i].size for i in movable_inputs(subject))
    if entries > LARGEST:
        return f"the Jacobian has {entries:,} entries: jacobian is for up to {LARGEST:,}"
    return needs_vjp(subject, case)


CHECKS.register("jacobian")(
    Check(
        check_jacobian,
        rank=38,
        applies=is_function,
        lacks=_lacks,
        after=("structure",),
        on_request=True,
    )
)
