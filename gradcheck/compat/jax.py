"""jax.test_util.check_grads, with a verdict that needs no tolerance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.compat import assert_checks

MODES = {"fwd": "jvp", "rev": "vjp"}


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

    order: 1 or 2; of the second order, reverse over reverse is checked.
    modes: "fwd", "rev" or both.
    atol, rtol, eps: ignored.
    """
    assert_checks(f, args, "jax", checks_of(modes, order))


def checks_of(modes: Sequence[str], order: int) -> list[str]:
    """Return the names of the checks that modes and order stand for."""
    if order not in (1, 2):
        raise ValueError(f"order={order}: expected 1 or 2")
    several = [modes] if isinstance(modes, str) else list(modes)
    if unknown := [mode for mode in several if mode not in MODES]:
        raise ValueError(f'modes={unknown}: expected "fwd" or "rev"')
    return [*(MODES[mode] for mode in several), *["second_order"] * (order - 1)]
