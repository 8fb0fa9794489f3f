import warnings
from dataclasses import replace

import numpy as np
import pytest

from gradcheck import GradientError, Verdict, assert_gradients, check
from gradcheck.adapters import adapter
from gradcheck.runner import Options, run_case
from gradcheck.vocabulary import Step
from tests.gradcheck.adapters.frameworks import case_of, subject_of

torch = pytest.importorskip("torch")


def tensor(*values, dtype=torch.float64, grad=True):
    return torch.tensor(values, dtype=dtype, requires_grad=grad)


class Sine(torch.autograd.Function):
    """Right."""

    factor = 1.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @classmethod
    def rule(cls, ctx, g):
        return cls.factor * g * torch.cos(ctx.saved_tensors[0])

    @staticmethod
    def backward(ctx, g):
        return Sine.rule(ctx, g)


class Wrong(Sine):
    @staticmethod
    def backward(ctx, g):
        return 1.001 * Sine.rule(ctx, g)


class Once(Sine):
    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return Sine.rule(ctx, g)


class WrongTwice(Sine):
    """Its second derivative leaves out what hangs on a detached tensor."""

    @staticmethod
    def backward(ctx, g):
        return g * torch.cos(ctx.saved_tensors[0].detach())


class OverNumpy(Sine):
    @staticmethod
    def backward(ctx, g):
        return torch.from_numpy(g.numpy() * np.cos(ctx.saved_tensors[0].numpy()))


X = tensor(0.5, 1.0, -2.0)


def checks_of(report):
    return {outcome.check: outcome.verdict for outcome in report.outcomes}


def test_tensors_choose_the_engine():
    report = check(torch.sin, X)
    assert report.passed
    assert {o.engine for o in report.outcomes} == {"torch"}
    assert checks_of(report).keys() >= {"jvp", "adjoint", "second_order", "accumulation"}


def test_inputs_that_require_no_gradient_are_passed_as_values():
    report = check(lambda x, w, k: w * x**k, X, tensor(1.0, 2.0, 3.0, grad=False), 3)
    assert report.passed
    assert "w" not in report.detects
    with pytest.raises(ValueError, match=r"as x.requires_grad_\(\) does"):
        check(torch.sin, tensor(1.0, grad=False))


def test_keyword_arguments_and_several_outputs():
    report = check(lambda x, power: (x**power, {"sum": x.sum()}, None), X, kwargs={"power": 3})
    assert report.passed


def test_a_users_function_is_judged():
    assert check(Sine.apply, X).passed
    report = check(Wrong.apply, X)
    assert report.verdict is Verdict.FAIL
    assert "ratio 1.001" in str(report)
    with pytest.raises(GradientError):
        assert_gradients(Wrong.apply, X)


def test_a_wrong_rule_in_float32_is_seen():
    assert check(Wrong.apply, X.detach().float().requires_grad_()).verdict is Verdict.FAIL


def test_a_second_derivative_is_asked_of_rules_that_have_one():
    assert "second_order" in checks_of(check(Sine.apply, X))
    assert checks_of(check(WrongTwice.apply, X))["second_order"] is Verdict.FAIL
    for function in (Once.apply, OverNumpy.apply, lambda x: x * torch.exp(Once.apply(x))):
        report = check(function, X)
        assert report.passed, str(report)
        assert "second_order" not in checks_of(report)


def test_a_closure_over_float32_runs_in_float32():
    w = torch.linspace(-1.0, 1.0, 6).reshape(3, 2)
    assert check(lambda x: torch.tanh(x @ w), X.detach().float().requires_grad_()).passed


def test_a_modules_parameters_are_inputs():
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    report = check(module, torch.randn(5, 3, generator=torch.Generator().manual_seed(0)))
    assert report.passed, str(report)
    assert report.detects.keys() >= {"0.weight", "0.bias", "2.weight", "2.bias"}
    assert all(p.grad is None for p in module.parameters())


def test_running_statistics_stay_as_they_were():
    module = torch.nn.BatchNorm1d(3).double()
    before = {n: b.clone() for n, b in module.named_buffers()}
    check(module, torch.randn(4, 3, dtype=torch.float64, requires_grad=True), checks=["vjp"])
    assert all(torch.equal(b, before[n]) for n, b in module.named_buffers())


def test_nested_outputs_of_a_module():
    lstm = torch.nn.LSTM(2, 2).double()
    assert check(lstm, torch.ones(2, 1, 2, dtype=torch.float64), checks=["accumulation"]).passed


def test_dropout_is_a_function_of_its_input():
    assert check(lambda x: torch.nn.functional.dropout(x, 0.5), X).passed


def test_state_is_left_as_it_was_found():
    random, dtype = torch.get_rng_state(), torch.get_default_dtype()
    with torch.no_grad():
        check(lambda x: x * torch.rand(3, dtype=x.dtype), X)
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.get_default_dtype() == dtype
    assert X.grad is None


def test_gradients_inside_of_a_function():
    def penalty(x):
        [g] = torch.autograd.grad(torch.sin(x).sum(), x, create_graph=True)
        return g * x

    assert check(penalty, X).passed


def test_bfloat16_is_refused_with_a_way_out():
    with pytest.raises(TypeError, match=r"check in float32, with x.float\(\)"):
        check(torch.sin, tensor(1.0, dtype=torch.bfloat16))


def test_the_tape_accumulates_and_clears():
    def f(xp, x):
        return x * x

    tape = subject_of("torch", f, x=np.array(3.0)).tape
    leaf = tape.leaf(np.array(3.0))
    y = tape.call(f, {"x": leaf})
    tape.backward(y)
    held = tape.grad(leaf)
    tape.backward(y, np.array(2.0))
    assert (held, tape.grad(leaf)) == (6.0, 18.0)
    tape.cleargrad(leaf)
    assert tape.grad(leaf) is None
    tape.backward(torch.ones(2))  # a constant: nothing hangs on it


def test_a_case_of_steps_has_no_function_of_its_own():
    steps = (Step(function=lambda xp, x: x * x), Step(again=True))
    case = replace(case_of(None, x=np.array(3.0)), steps=steps)
    subject = adapter("torch").subject(case, {"x": np.array(3.0)})
    with pytest.raises(TypeError, match="no function of its own"):
        subject.primal(np.array(3.0))
    assert {o.verdict for o in run_case(case, "torch", Options())} == {Verdict.PASS}


def test_batches_only_what_vmap_can():
    x = np.array([1.0, 2.0])
    batched = subject_of("torch", lambda xp, x: torch.sin(x), x=x).batched_primal
    assert np.allclose(batched(np.stack([x, 2 * x]))[0], np.sin([x, 2 * x]))
    by_value = subject_of("torch", lambda xp, x: x * x if x[0] > 0 else x, x=x)
    assert by_value.batched_primal is None


def test_longdouble_is_refused():
    subject = subject_of("torch", lambda xp, x: x, x=np.array(1.0))
    with pytest.raises(TypeError):
        subject.primal(np.array(1.0, np.longdouble))


def test_warnings_of_torch_itself_are_no_errors():
    with warnings.catch_warnings(action="error"):
        assert check(torch.tanh, X).passed


class WritesIntoItsCotangent(Sine):
    @staticmethod
    def backward(ctx, g):
        return g.mul_(torch.cos(ctx.saved_tensors[0]))


class WritesPastTorch(Sine):
    @staticmethod
    def backward(ctx, g):
        return g.data.mul_(torch.cos(ctx.saved_tensors[0]))


@pytest.mark.parametrize("rule", [WritesIntoItsCotangent, WritesPastTorch])
def test_a_cotangent_written_to_is_told(rule):
    report = check(rule.apply, X)
    assert report.verdict is Verdict.FAIL
    assert "the cotangent of output 0 is not written to" in str(report)


def test_an_input_written_to_is_told():
    report = check(
        lambda x, w: x * w.add_(1), X, tensor(1.0, 2.0, 3.0, grad=False), checks=["purity"]
    )
    assert "w is not written to" in str(report)


class OfTwo(torch.autograd.Function):
    """x squared and sin x; outputs that a loss leaves out have no cotangent."""

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x)
        return x**2, torch.sin(x)

    @staticmethod
    def backward(ctx, a, b):
        [x] = ctx.saved_tensors
        parts = [0 * x if a is None else 2 * x * a, 0 * x if b is None else x.cos() * b]
        return parts[0] + parts[1]


class OfBothOnly(OfTwo):
    @staticmethod
    def backward(ctx, a, b):
        if a is None or b is None:
            return torch.zeros_like(ctx.saved_tensors[0])
        return OfTwo.backward(ctx, a, b)


class OfNoneNever(OfTwo):
    @staticmethod
    def backward(ctx, a, b):
        [x] = ctx.saved_tensors
        return 2 * x * a + x.cos() * b


def test_outputs_without_a_cotangent():
    assert check(OfTwo.apply, X).passed
    assert check(OfBothOnly.apply, X).verdict is Verdict.FAIL
    report = check(OfNoneNever.apply, X)
    assert report.verdict is Verdict.ERROR
    assert "NoneType" in str(report)


class Needed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        by_x, by_w = ctx.needs_input_grad
        return g * w if by_x else None, g * x if by_w else None


def test_a_rule_that_asks_which_gradients_are_needed():
    assert check(Needed.apply, X, tensor(1.0, 2.0, 3.0)).passed
    assert check(Needed.apply, X, tensor(1.0, 2.0, 3.0, grad=False)).passed


class Marked(torch.autograd.Function):
    """A second output that is said to have no derivative."""

    second = staticmethod(torch.sign)

    @classmethod
    def forward(cls, ctx, x):
        m = cls.second(x)
        ctx.mark_non_differentiable(m)
        ctx.save_for_backward(x)
        return x**2, m

    @staticmethod
    def backward(ctx, g, _):
        return 2 * g * ctx.saved_tensors[0]


class MarkedWrongly(Marked):
    second = staticmethod(torch.exp)


def test_outputs_marked_as_not_differentiable():
    assert check(Marked.apply, X).passed
    assert "d y1[" in str(check(MarkedWrongly.apply, X))


class Pushed(torch.autograd.Function):
    """With a forward mode, for vmap too."""

    generate_vmap_rule = True
    factor = 1.0

    @staticmethod
    def forward(x):
        return torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, g):
        return g * torch.cos(ctx.saved_tensors[0])

    @classmethod
    def jvp(cls, ctx, x_dot):
        return cls.factor * x_dot * torch.cos(ctx.saved_tensors[0])


class PushedWrongly(Pushed):
    factor = 1.001


def test_the_forward_mode_of_a_users_function():
    assert {"jvp", "adjoint"} <= checks_of(check(Pushed.apply, X)).keys()
    outcomes = checks_of(check(PushedWrongly.apply, X))
    assert outcomes["vjp"] is Verdict.PASS
    assert outcomes["jvp"] is Verdict.FAIL


def test_complex_rules_follow_torchs_convention():
    class Squared(Sine):
        conj = True

        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z * z

        @classmethod
        def backward(cls, ctx, g):
            slope = 2 * ctx.saved_tensors[0]
            return g * (slope.conj() if cls.conj else slope)

    class WithoutConj(Squared):
        conj = False

    z = torch.tensor([1 + 2j, 0.5 - 1j], dtype=torch.complex128, requires_grad=True)
    assert check(Squared.apply, z).passed
    assert check(WithoutConj.apply, z).verdict is Verdict.FAIL


def test_keywords_that_require_a_gradient_are_inputs():
    report = check(lambda x, k, w: x * w**k, X, kwargs={"w": tensor(1.0, 2.0, 3.0), "k": 2})
    assert report.passed, str(report)
    assert report.detects.keys() == {"x", "w"}
    assert check(lambda *, w: Wrong.apply(w), kwargs={"w": X}).verdict is Verdict.FAIL


def test_what_returns_nothing_is_an_error():
    report = check(lambda x: None, X)
    assert report.verdict is Verdict.ERROR
    assert "the function returned None" in str(report)


def test_a_sparse_tensor_is_refused_with_a_way_out():
    x = torch.eye(2, dtype=torch.float64).to_sparse().requires_grad_()
    with pytest.raises(TypeError, match=r"check a dense tensor, with x.to_dense\(\)"):
        check(lambda x: x * 2, x)


def test_random_numbers_of_float32_are_those_of_float32():
    report = check(lambda x: x * torch.rand_like(x), X.detach().float().requires_grad_())
    assert report.passed, str(report)


def test_a_forward_that_is_random_beyond_torch_is_told():
    random = np.random.default_rng(0)
    report = check(lambda x: x * random.random(), X)
    assert report.verdict is Verdict.FAIL
    assert "the forward is the same at a second call" in str(report)


def test_tied_parameters_and_a_module_in_train_mode():
    # A bias before the normalisation has a gradient of zero, to rounding, which is hard to judge.
    first, second = torch.nn.Linear(3, 3, bias=False), torch.nn.Linear(3, 3)
    second.weight = first.weight
    module = torch.nn.Sequential(first, torch.nn.BatchNorm1d(3), torch.nn.Dropout(0.5), second)
    module = module.double()
    before = {n: v.clone() for n, v in module.state_dict().items()}
    report = check(module, torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(4, 3).cos())
    assert report.passed, str(report)
    assert all(torch.equal(v, before[n]) for n, v in module.state_dict().items())


class Scaled(torch.autograd.Function):
    """x * b, in which `asked` says which input's flag decides on the gradient of b."""

    asked = 1

    @staticmethod
    def forward(ctx, x, b):
        ctx.save_for_backward(x, b)
        return x * b

    @classmethod
    def backward(cls, ctx, gy):
        x, b = ctx.saved_tensors
        needs = ctx.needs_input_grad
        return gy * b if needs[0] else None, (gy * x).sum(0) if needs[cls.asked] else None


class ScaledIfBoth(Scaled):
    """b is left without a gradient where x is frozen."""

    asked = 0


def test_a_gradient_that_needs_another_one_to_be_asked_for_fails():
    x, b = X.detach().repeat(2, 1).requires_grad_(), X.detach().clone().requires_grad_()
    assert check(Scaled.apply, x, b).passed
    report = check(ScaledIfBoth.apply, x, b)
    assert report.verdict is Verdict.FAIL
    assert "is the same where it alone is asked for" in str(report)


def test_gradients_of_embeddings_may_be_sparse():
    module = torch.nn.Embedding(5, 2, sparse=True).double()
    report = check(module, torch.tensor([1, 3, 3]))
    assert report.passed, str(report)


def test_a_loss_whose_backward_pass_runs_in_float32_only():
    target = torch.zeros(3)
    x = (0.4 * X.detach()).float().requires_grad_()  # off the kinks at -1 and 1
    report = check(lambda x: torch.nn.functional.huber_loss(x, target), x)
    assert report.passed, str(report)
