"""Shapes and dtypes of what a rule returns, before any number is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradcheck.checks import CHECKS, Check, is_function, needs_vjp
from gradcheck.checks.projection import draw_cotangents
from gradcheck.vocabulary import Case, Fact, Subject


def check_structure(subject: Subject, case: Case, rng: np.random.Generator) -> Iterator[Fact]:
    """Yield whether each gradient has its input's shape and dtype, and whether all are there."""
    if subject.vjp is None:
        return
    found = subject.vjp(subject.xs, draw_cotangents(subject, rng))
    yield from shapes(subject, found)
    for name, x, due, gradient in _pairs(subject, found):
        if due and gradient is not None:
            yield _of_dtype(name, x, gradient)


def shapes(subject: Subject, found: Sequence[np.ndarray | None]) -> Iterator[Fact]:
    """Yield whether there is a gradient for each input, in that input's shape."""
    yield _of_count(len(found), len(subject.xs))
    for name, x, due, gradient in _pairs(subject, found):
        if due and gradient is not None:
            yield _of_shape(name, x, gradient)


def _pairs(
    subject: Subject, found: Sequence[np.ndarray | None]
) -> Iterator[tuple[str, np.ndarray, bool, np.ndarray | None]]:
    return zip(subject.names, subject.xs, subject.differentiable, found, strict=False)


def _of_count(found: int, expected: int) -> Fact:
    claim = "one gradient for each input"
    return Fact(claim, found == expected, f"{expected} in all", f"{found}")


def _of_shape(name: str, x: np.ndarray, gradient: np.ndarray) -> Fact:
    claim = f"the gradient of {name} has its shape"
    return Fact(claim, gradient.shape == x.shape, f"shape {x.shape}", f"shape {gradient.shape}")


def _of_dtype(name: str, x: np.ndarray, gradient: np.ndarray) -> Fact:
    claim = f"the gradient of {name} has its dtype"
    return Fact(claim, gradient.dtype == x.dtype, f"{x.dtype}", f"{gradient.dtype}")


CHECKS.register("structure")(Check(check_structure, rank=10, applies=is_function, lacks=needs_vjp))
