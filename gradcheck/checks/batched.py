"""Several cotangents in one call: what is pulled back together is what is pulled back alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_vjp
from gradcheck.checks.projection import Gradients, draw_cotangents, gradients, widened
from gradcheck.vocabulary import Case, Fact, Subject

TOGETHER = 3
ROUNDING = 1e3  # eps: a batch may be summed in another order


def check_batched(subject: Subject, case: Case, rng: np.random.Generator) -> Iterator[Fact]:
    """Yield for each differentiable input whether its gradients come out the same in a batch."""
    assert subject.batched_vjp is not None
    several = [draw_cotangents(subject, rng) for _ in range(TOGETHER)]
    alone = [gradients(subject, y_bars) for y_bars in several]
    together = subject.batched_vjp(subject.xs, tuple(map(np.stack, zip(*several, strict=True))))
    for i, name in enumerate(subject.names):
        if subject.differentiable[i]:
            yield _of_input(name, together[i], [found[i] for found in alone])


def _of_input(name: str, together: np.ndarray | None, alone: Gradients) -> Fact:
    claim = f"the gradients of {name} for {TOGETHER} cotangents at once are those one by one"
    expected = np.stack([np.asarray(g) for g in alone])
    found = np.zeros_like(expected) if together is None else together
    if found.shape != expected.shape:
        return Fact(claim, False, f"shape {expected.shape}", f"shape {found.shape}")
    return _close(claim, expected, found)


def _close(claim: str, expected: np.ndarray, found: np.ndarray) -> Fact:
    a, b = widened(expected), widened(found)
    bound = ROUNDING * float(np.finfo(expected.dtype).eps) * float(np.max(np.abs(a), initial=0.0))
    wrong = np.argwhere(~(np.abs(a - b) <= bound))  # NaN is not within anything
    if not len(wrong):
        return Fact(claim, True)
    cotangent, *entry = wrong[0].tolist()
    where = f" at {entry} of cotangent {cotangent}"
    return Fact(claim, False, _at(expected, wrong[0]) + where, _at(found, wrong[0]))


def _at(array: np.ndarray, entry: Sequence[int]) -> str:
    return f"{array[tuple(entry)]:.10g}"


def _lacks(subject: Subject, case: Case) -> str:
    if subject.batched_vjp is None:
        return "the engine pulls no batch of cotangents back"
    return needs_vjp(subject, case)


CHECKS.register("batched")(
    Check(
        check_batched,
        rank=38,
        applies=is_function,
        lacks=_lacks,
        after=("structure",),
        on_request=True,
        optional=True,
    )
)
