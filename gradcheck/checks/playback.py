"""A case of steps played on an engine's tape: one set of leaves through several passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.vocabulary import Case, Step, Subject, Tape


@dataclass(frozen=True, slots=True)
class Played:
    """One step after it was played.

    `value` is the output of the latest function, None where gradients were cleared; `gradients` are
    the leaves' own; `passes` are, by leaf, the steps that went backward since it was cleared.
    """

    step: Step
    number: int
    value: np.ndarray | None
    gradients: Mapping[str, np.ndarray | None]
    passes: Mapping[str, tuple[Step, ...]]


def play(tape: Tape, subject: Subject, case: Case) -> Iterator[Played]:
    """Play the steps of `case` in order on one set of leaves, yielding after each."""
    leaves = {n: tape.leaf(x) for n, x in zip(subject.names, subject.xs, strict=True)}
    passes: dict[str, tuple[Step, ...]] = dict.fromkeys(leaves, ())
    latest: tuple[Step, Any] | None = None
    for number, step in enumerate(case.steps, 1):
        if step.function is not None:
            latest = (step, tape.call(step.function, leaves))
        for name in step.cleargrad:
            tape.cleargrad(leaves[name])
            passes[name] = ()
        if not step.cleargrad:
            latest = _backward(tape, latest)
            passes = {name: (*done, latest[0]) for name, done in passes.items()}
        value = tape.value(latest[1]) if latest and not step.cleargrad else None
        grads = {name: tape.grad(leaf) for name, leaf in leaves.items()}
        yield Played(step, number, value, grads, dict(passes))


def _backward(tape: Tape, latest: tuple[Step, Any] | None) -> tuple[Step, Any]:
    if latest is None:
        raise ValueError("`backward: again` stands before any function: there is no graph yet")
    tape.backward(latest[1])
    return latest
