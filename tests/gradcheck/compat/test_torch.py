import inspect

import numpy as np
import pytest

from gradcheck import GradientError, InconclusiveError
from gradcheck.compat.torch import errors, gradcheck, gradgradcheck

torch = pytest.importorskip("torch")

X = torch.tensor([0.5, 1.0, -2.0], dtype=torch.float64, requires_grad=True)


class Sine(torch.autograd.Function):
    factor = 1.0

    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x)
        ctx.factor = factor
        return torch.sin(x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return ctx.factor * g * torch.cos(ctx.saved_tensors[0]), None


def test_right_gradients_are_true():
    assert gradcheck(torch.sin, X, eps=1e-6, atol=1e-5, fast_mode=True, masked=None)
    assert gradcheck(torch.mul, (X, X.detach().clone().requires_grad_()), check_forward_ad=True)
    assert gradgradcheck(torch.sin, [X])


def test_wrong_gradients_raise_or_are_false():
    with pytest.raises(GradientError, match=r"ratio 1.000001"):
        gradcheck(lambda x: Sine.apply(x, 1.000001), X)
    assert not gradcheck(lambda x: Sine.apply(x, 1.000001), X, raise_exception=False)


def test_what_is_asked_for_and_not_there_is_no_pass():
    with pytest.raises(GradientError, match="second_order was asked for and left out"):
        gradgradcheck(lambda x: Sine.apply(x, 1.0), X)
    with pytest.raises(GradientError, match="jvp was asked for and left out"):
        gradcheck(lambda x: Sine.apply(x, 1.0), X, check_forward_ad=True)


def test_a_kink_cannot_be_judged():
    with pytest.raises(InconclusiveError, match="kink"):
        gradcheck(torch.relu, torch.zeros(3, dtype=torch.float64, requires_grad=True))


def test_the_signatures_are_torchs():
    for ours, theirs in ((gradcheck, "gradcheck"), (gradgradcheck, "gradgradcheck")):
        expected = inspect.signature(getattr(torch.autograd, theirs)).parameters.values()
        found = inspect.signature(ours).parameters.values()
        assert [(p.name, p.kind, p.default) for p in found] == [
            (p.name, p.kind, p.default) for p in expected
        ]


@pytest.mark.parametrize("kind", [RuntimeError, AssertionError])
def test_errors_are_torchs_and_ours(kind):
    with pytest.raises(kind, match="expected"):
        gradcheck(lambda x: Sine.apply(x, 2.0), X)
    with pytest.raises(kind, match="kink"):
        gradcheck(torch.relu, torch.zeros(3, dtype=torch.float64, requires_grad=True))
    assert issubclass(errors()[0], torch.autograd.gradcheck.__globals__["GradcheckError"])


def test_what_has_no_effect_is_told():
    with pytest.warns(UserWarning, match=r"gradcheck: eps=0.01 has no effect: the step is found"):
        assert gradcheck(torch.sin, X, eps=0.01)
    with pytest.warns(UserWarning, match=r"grad_outputs=tensor.* has no effect"):
        assert gradgradcheck(torch.sin, X, torch.ones(3))
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        gradcheck(torch.sin, X, epsilon=0.01)


def test_as_torch_does_it_refuses_what_cannot_be_checked():
    with pytest.raises(ValueError, match="no input is to be differentiated"):
        gradcheck(torch.sin, X.detach(), raise_exception=False)
    for nothing in ({}, {"check_batched_grad": True, "check_forward_ad": True}):
        with pytest.raises(AssertionError, match="check_backward_ad"):
            gradcheck(torch.sin, X, check_backward_ad=False, **nothing)
    told = pytest.warns(UserWarning, match="check_rev_over_rev=False has no effect")
    with told, pytest.raises(AssertionError, match="check_rev_over_rev"):
        gradgradcheck(torch.sin, X, check_rev_over_rev=False)


class Restless(torch.autograd.Function):
    """Right, to a last bit that changes from call to call."""

    calls = 0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, g):
        Restless.calls += 1
        return 2 * g * ctx.saved_tensors[0] * (1 + 2.0**-50 * (Restless.calls % 2))


def test_repeats_are_compared_unless_some_difference_is_tolerated():
    with pytest.raises(RuntimeError, match="the same at a second call"):
        gradcheck(Restless.apply, X)
    assert gradcheck(Restless.apply, X, nondet_tol=1e-12)


class ByValue(torch.autograd.Function):
    """A rule that looks at its cotangent's values, which a batch does not have."""

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, g):
        return 2 * g if np.isfinite(g.sum().item()) else g


def test_batches_of_cotangents():
    assert gradcheck(lambda x: (x.sin(), x.sum()), X, check_batched_grad=True)
    assert gradcheck(ByValue.apply, X)
    assert not gradcheck(ByValue.apply, X, check_batched_grad=True, raise_exception=False)
