"""jax.test_util.check_grads, with a verdict that needs no tolerance."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.compat import OWN_BOUND, OWN_STEP, assert_checks, warn_of_ignored

MODES = {"fwd": "jvp", "rev": "vjp"}
HIGHEST = 2
_REASONS = {"atol": OWN_BOUND, "rtol": OWN_BOUND, "eps": OWN_STEP}


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Raise GradientError or InconclusiveError unless the derivatives of `f` at `args` are right.

    order: 1 or more; of the second order, reverse over reverse is checked, and no higher one.
    modes: "fwd", "rev" or both.
    atol, rtol, eps: taken with a warning.
    """
    warn_of_ignored(check_grads, locals(), _REASONS)
    warn_of_order(check_grads, order)
    assert_checks(f, args, "jax", checks_of(modes, order))


def warn_of_order(function: Callable[..., Any], order: int) -> None:
    """Warn the caller of `function` of an order beyond what is checked."""
    if order > HIGHEST:
        text = f"{function.__name__}: order={order}: only orders up to {HIGHEST} are checked"
        warnings.warn(text, stacklevel=3)


def checks_of(modes: Sequence[str], order: int) -> list[str]:
    """Return the names of the checks that modes and order stand for."""
    if order < 1:
        raise ValueError(f"order={order}: expected 1 or more")
    several = [modes] if isinstance(modes, str) else list(modes)
    if unknown := [mode for mode in several if mode not in MODES]:
        raise ValueError(f'modes={unknown}: expected "fwd" or "rev"')
    return [*(MODES[mode] for mode in several), *["second_order"] * (order > 1)]
