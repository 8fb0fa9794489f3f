"""Tensors whose elements do not lie in order: inputs as they were given, and cotangents."""

import numpy as np
import pytest

import gradcheck
from gradcheck.adapters import adapter

torch = pytest.importorskip("torch")

X = np.random.default_rng(7).normal(size=(3, 4))


def dense(tensor):
    """What a kernel reads that walks through memory without asking for strides."""
    return torch.as_strided(tensor, tensor.shape, torch.empty(tensor.shape).stride())


class ForgetsStrides(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, gy):
        (x,) = ctx.saved_tensors
        return dense(gy) * x.cos()


def test_a_backward_that_forgets_the_strides_of_its_cotangent_fails():
    x = torch.tensor(X, requires_grad=True)
    report = gradcheck.check(ForgetsStrides.apply, x)
    assert not report.passed
    assert "for a cotangent that is not contiguous in memory" in str(report)


@pytest.mark.parametrize(
    "tensor",
    [torch.tensor(X).T, torch.tensor(X)[:, ::2], torch.tensor(X)],
    ids=["transposed", "strided", "dense"],
)
def test_a_function_is_given_tensors_with_the_strides_of_the_callers(tensor):
    seen = set()

    def f(x):
        seen.add(x.is_contiguous())
        return x.sin()

    assert gradcheck.check(f, tensor.detach().requires_grad_())
    assert tensor.is_contiguous() in seen


@pytest.mark.parametrize("array", [X, X.T, X[:, ::2], X[::-1], np.broadcast_to(X[0], (3, 4))])
def test_arrays_become_tensors_whatever_their_strides(array):
    frozen = array.view()
    frozen.flags.writeable = False
    for each in (array, frozen):
        for made in (adapter("torch").native(each), adapter("torch").lent(each)):
            assert np.array_equal(made.numpy(), array)
