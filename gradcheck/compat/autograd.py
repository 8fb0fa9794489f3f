"""autograd.test_util.check_grads, with a verdict that needs no tolerance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.compat import assert_checks
from gradcheck.compat.jax import checks_of, warn_of_order


def check_grads(
    f: Callable[..., Any],
    argnum: int | tuple[int, ...] = 0,
    modes: Sequence[str] = ("fwd", "rev"),
    order: int = 2,
) -> Callable[..., None]:
    """Return a function of f's arguments that raises unless the derivatives of `f` there are right.

    argnum: the position of the argument to differentiate by, or several.
    modes: "fwd", "rev" or both.
    order: 1 or more; no order higher than the second is checked.
    """
    warn_of_order(check_grads, order)
    checks = checks_of(modes, order)
    positions = (argnum,) if isinstance(argnum, int) else tuple(argnum)

    def check_at(*args: Any, **kwargs: Any) -> None:
        def of_chosen(*chosen: Any) -> Any:
            placed = list(args)
            for position, value in zip(positions, chosen, strict=True):
                placed[position] = value
            return f(*placed, **kwargs)

        assert_checks(of_chosen, [args[i] for i in positions], "autograd", checks)

    return check_at
