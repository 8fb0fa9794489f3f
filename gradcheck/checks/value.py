"""Expected numbers: the function's value and its gradient as the case states them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.checks import CHECKS, Check
from gradcheck.checks.playback import play
from gradcheck.vocabulary import Arrays, Case, Expectation, Fact, Subject, Tolerance

EXPECTED_ROUNDING = 16  # eps of the dtype, elementwise


def check_value(subject: Subject, case: Case, rng: np.random.Generator) -> Iterator[Fact]:
    """Yield whether each expected number came out, within 16 eps of its dtype.

    Of several outputs the expected value is a list, one for each.  Gradients are those of a
    backward pass that starts from ones.
    """
    if case.steps and subject.tape:
        for played in play(subject.tape, subject, case):
            prefix = f"step {played.number}: "
            values = () if played.value is None else (played.value,)
            yield from _compare(played.step.expect, values, played.gradients, case, prefix)
    elif not case.steps:
        ys = subject.primal(*subject.xs)
        gradients = _gradients(subject, ys) if case.expect.gradient else {}
        yield from _compare(case.expect, ys, gradients, case)


def _gradients(subject: Subject, ys: Arrays) -> dict[str, np.ndarray | None]:
    found = subject.vjp(subject.xs, tuple(map(np.ones_like, ys))) if subject.vjp else ()
    return dict(zip(subject.names, found, strict=False))


def _compare(
    expect: Expectation,
    values: Arrays,
    gradients: Mapping[str, np.ndarray | None],
    case: Case,
    prefix: str = "",
) -> Iterator[Fact]:
    if expect.value is not None:
        yield from _of_outputs(f"{prefix}the value", expect.value, values, case.tolerance)
    for name, expected in (expect.gradient or {}).items():
        claim = f"{prefix}the gradient of {name}"
        yield equal(claim, expected, gradients.get(name), case.tolerance)


def _of_outputs(
    what: str, expected: Any, values: Arrays, tolerance: Tolerance | None
) -> Iterator[Fact]:
    if len(values) < 2:
        yield equal(what, expected, values[0] if values else None, tolerance)
        return
    given = len(expected) if isinstance(expected, list | tuple | np.ndarray) else 1
    if given != len(values):
        claim = f"{what} is a list with one for each output"
        yield Fact(claim, False, f"{given} in `expect`", f"{len(values)} outputs")
        return
    for k, (one, value) in enumerate(zip(expected, values, strict=True)):
        yield equal(f"{what} of output {k}", one, value, tolerance)


def equal(
    what: str, expected: Any, found: np.ndarray | None, tolerance: Tolerance | None = None
) -> Fact:
    """Whether `found` is `expected` elementwise; NaN equals nothing, and None is no number."""
    claim = f"{what} is as expected"
    try:
        target = np.asarray(expected)
    except ValueError:
        shape = "None" if found is None else f"shape {found.shape}"
        return Fact(claim, False, "rows of unequal length", shape)
    if found is None:
        return Fact(claim, False, _shown(target), "None")
    if target.shape != found.shape:
        return Fact(claim, False, f"shape {target.shape}", f"shape {found.shape}")
    target = _rounded(target, found)
    wrong = np.argwhere(~((found == target) | _is_near(found, target, tolerance)))
    if not len(wrong):
        return Fact(claim, True, _shown(target), _shown(found))
    first = tuple(int(i) for i in wrong[0])
    more = f", the first of {len(wrong)} that differ" if len(wrong) > 1 else ""
    where = f" at {list(first)}{more}" if first else ""
    return Fact(claim, False, f"{target[first]}{where}", f"{found[first]}")


def _rounded(target: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Round what is expected to the dtype that was found, unless that would drop a part of it."""
    if found.dtype.kind not in "fc" or (np.iscomplexobj(target) and not np.iscomplexobj(found)):
        return target
    with np.errstate(over="ignore"):
        return target.astype(found.dtype)


def _is_near(
    found: np.ndarray, target: np.ndarray, tolerance: Tolerance | None
) -> np.ndarray | bool:
    """Whether numbers are within the tolerance; infinity, NaN and truth values are near nothing."""
    if "b" in (found.dtype.kind, target.dtype.kind):
        return False
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(found - target) <= _limit(target, found, tolerance)
    return np.asarray(near & np.isfinite(found) & np.isfinite(target))


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
