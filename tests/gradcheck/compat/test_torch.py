import pytest

from gradcheck import GradientError, InconclusiveError
from gradcheck.compat.torch import gradcheck, gradgradcheck

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
    assert gradcheck(torch.sin, X, eps=1e-6, atol=1e-4, fast_mode=True)
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
