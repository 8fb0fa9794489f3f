"""torch.autograd.gradcheck and gradgradcheck, with a verdict that needs no tolerance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcheck.compat import assert_checks


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    raise_exception: bool = True,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    **ignored: Any,
) -> bool:
    """Return whether the gradients of `func` at `inputs` (a tensor or a tuple of them) are right.

    raise_exception: raise GradientError or InconclusiveError instead of returning False.
    check_forward_ad, check_backward_ad: which modes to check.
    ignored: eps, atol, rtol and the rest of torch's arguments, which have no use here.
    """
    checks = ["vjp"] * check_backward_ad + ["jvp"] * check_forward_ad
    return _holds(func, inputs, checks, raise_exception)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    raise_exception: bool = True,
    **ignored: Any,
) -> bool:
    """Return whether first and second derivatives of `func` at `inputs` are right.

    grad_outputs: ignored, as the rest; cotangents are drawn.
    """
    return _holds(func, inputs, ["vjp", "second_order"], raise_exception)


def _holds(func: Callable[..., Any], inputs: Any, checks: list[str], raises: bool) -> bool:
    several = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    try:
        assert_checks(func, several, "torch", checks)
    except AssertionError:
        if raises:
            raise
        return False
    return True
