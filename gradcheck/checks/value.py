"""Expected numbers: the function's value and its gradient as the case states them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.checks import CHECKS, Check
from gradcheck.checks.playback import play
from gradcheck.vocabulary import Case, Expectation, Fact, Subject, Tolerance

EXPECTED_ROUNDING = 16  # eps of the dtype, elementwise


def check_value(subject: Subject, case: Case, rng: np.random.Generator) -> Iterator[Fact]:
    """Yield whether each expected number came out, within 16 eps of its dtype.

    Gradients are those of a backward pass that starts from ones.
    """
    if case.steps and subject.tape:
        for played in play(subject.tape, subject, case):
            prefix = f"step {played.number}: "
            yield from _compare(played.step.expect, played.value, played.gradients, case, prefix)
    elif not case.steps:
        (value, *_), gradients = _value_and_gradient(subject)
        yield from _compare(case.expect, value, gradients, case)


def _value_and_gradient(
    subject: Subject,
) -> tuple[tuple[np.ndarray, ...], dict[str, np.ndarray | None]]:
    ys = subject.primal(*subject.xs)
    found = subject.vjp(subject.xs, tuple(map(np.ones_like, ys))) if subject.vjp else ()
    return ys, dict(zip(subject.names, found, strict=False))


def _compare(
    expect: Expectation,
    value: np.ndarray | None,
    gradients: Mapping[str, np.ndarray | None],
    case: Case,
    prefix: str = "",
) -> Iterator[Fact]:
    if expect.value is not None:
        yield equal(f"{prefix}the value", expect.value, value, case.tolerance)
    for name, expected in (expect.gradient or {}).items():
        claim = f"{prefix}the gradient of {name}"
        yield equal(claim, expected, gradients.get(name), case.tolerance)


def equal(
    what: str, expected: Any, found: np.ndarray | None, tolerance: Tolerance | None = None
) -> Fact:
    """Whether `found` is `expected` elementwise; NaN equals nothing, and None is no number."""
    claim = f"{what} is as expected"
    if found is None:
        return Fact(claim, False, _shown(np.asarray(expected)), "None")
    target = np.asarray(expected, dtype=found.dtype if found.dtype.kind in "fc" else None)
    if target.shape != found.shape:
        return Fact(claim, False, f"shape {target.shape}", f"shape {found.shape}")
    limit = _limit(target, found, tolerance)
    with np.errstate(invalid="ignore"):
        wrong = np.argwhere(~((np.abs(found - target) <= limit) | (found == target)))
    if not len(wrong):
        return Fact(claim, True, _shown(target), _shown(found))
    first = tuple(int(i) for i in wrong[0])
    more = f", the first of {len(wrong)} that differ" if len(wrong) > 1 else ""
    where = f" at {list(first)}{more}" if first else ""
    return Fact(claim, False, f"{target[first]}{where}", f"{found[first]}")


def _limit(target: np.ndarray, found: np.ndarray, tolerance: Tolerance | None) -> np.ndarray:
    if tolerance is not None:
        return np.asarray(tolerance.atol + tolerance.rtol * np.abs(target))
    eps = float(np.finfo(found.dtype).eps) if found.dtype.kind in "fc" else 0.0
    return np.asarray(EXPECTED_ROUNDING * eps * np.abs(target))


def _shown(array: np.ndarray) -> str:
    return str(array.item()) if array.size == 1 else np.array2string(array, threshold=8)


def _expects_numbers(case: Case) -> bool:
    expectations = [case.expect, *(step.expect for step in case.steps)]
    return any(e.value is not None or e.gradient is not None for e in expectations)


def _lacks(subject: Subject, case: Case) -> str:
    if case.steps and not subject.tape:
        return "functional engine: no gradient accumulates"
    return ""


CHECKS.register("value")(
    Check(check_value, rank=20, applies=_expects_numbers, lacks=_lacks, passes=1)
)
