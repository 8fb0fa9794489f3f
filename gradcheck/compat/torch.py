"""torch.autograd.gradcheck and gradgradcheck, with a verdict that needs no tolerance."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from gradcheck.compat import OWN_BOUND, OWN_STEP, assert_checks, warn_of_ignored
from gradcheck.errors import GradientError, InconclusiveError

_DENSE = "tensors are dense here"
_ONE_BY_ONE = "tangents are pushed forward one by one"
_REASONS = {"eps": OWN_STEP, "atol": OWN_BOUND, "rtol": OWN_BOUND, "masked": _DENSE}


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Return whether the gradients of `func` at `inputs` (a tensor or a tuple of them) are right.

    raise_exception: raise instead of returning False; the exception is a GradientError (or an
        InconclusiveError) and torch's GradcheckError, a RuntimeError, in one.
    check_forward_ad, check_backward_ad, check_batched_grad: which modes to check.
    nondet_tol: above zero, calls are not repeated to compare their bits.
    eps, atol, rtol, check_batched_forward_grad, masked: taken with a warning.  Undefined gradients
        and dtypes are always checked, and every call is as quick as `fast_mode` is to be.

    Raises ValueError where no input requires a gradient, AssertionError where no mode is asked for.
    """
    warn_of_ignored(gradcheck, locals(), {**_REASONS, "check_batched_forward_grad": _ONE_BY_ONE})
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError(
            "nothing to check: set check_forward_ad=True or check_backward_ad=True"
        )
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("check_batched_grad=True takes check_backward_ad=True as well")
    checks = [
        *["vjp"] * check_backward_ad,
        *["jvp"] * check_forward_ad,
        *["batched"] * check_batched_grad,
    ]
    return _holds(func, inputs, checks, raise_exception, pure=nondet_tol == 0)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Return whether first and second derivatives of `func` at `inputs` are right.

    The second derivative is reverse over reverse, by inputs and cotangents.  Cotangents are drawn;
    `grad_outputs` and what else has no meaning is taken with a warning, as by `gradcheck`.
    """
    warn_of_ignored(gradgradcheck, locals(), {**_REASONS, **_REASONS_OF_SECOND})
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("nothing to check: set check_rev_over_rev=True")
    return _holds(func, inputs, ["vjp", "second_order"], raise_exception, pure=nondet_tol == 0)


_REVERSE_ONLY = "the second derivative is taken in reverse over reverse mode"
_REASONS_OF_SECOND = {
    "grad_outputs": "cotangents are drawn at random",
    "gen_non_contig_grad_outputs": "cotangents are contiguous",
    "check_batched_grad": "cotangents are pulled back one by one",
    "check_fwd_over_rev": _REVERSE_ONLY,
    "check_rev_over_rev": _REVERSE_ONLY,
}


def _holds(
    func: Callable[..., Any], inputs: Any, checks: list[str], raises: bool, *, pure: bool
) -> bool:
    several = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    wrong, undecided = errors()
    try:
        assert_checks(func, several, "torch", checks, pure=pure, wrong=wrong, undecided=undecided)
    except (wrong, undecided):
        if raises:
            raise
        return False
    return True


@cache
def errors() -> tuple[type[Exception], type[Exception]]:
    """Return our two errors as errors of torch's too: whoever expects either gets it."""
    from torch.autograd.gradcheck import GradcheckError as OfTorch

    class GradcheckError(GradientError, OfTorch):  # type: ignore[misc]
        """A gradient is wrong; the text is the report."""

    class InconclusiveGradcheckError(InconclusiveError, OfTorch):  # type: ignore[misc]
        """A gradient could not be judged; the text is the report with its reason."""

    return GradcheckError, InconclusiveGradcheckError
