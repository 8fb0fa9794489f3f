import numpy as np
import pytest

from gradcheck import Verdict, check, load_cases, run
from tests.gradcheck.adapters.frameworks import subject_of

autograd = pytest.importorskip("autograd")
anp = pytest.importorskip("autograd.numpy")

X = np.array([0.5, 1.0, -2.0])


def primitive(factor):
    @autograd.extend.primitive
    def sine(x):
        return np.sin(x)

    autograd.extend.defvjp(sine, lambda y, x: lambda g: factor * g * anp.cos(x))
    return sine


def test_a_function_is_checked_when_the_engine_is_named():
    report = check(lambda x: anp.sum(anp.exp(x) * x), X, engine="autograd")
    assert report.passed, str(report)
    assert {o.engine for o in report.outcomes} == {"autograd"}


def test_a_users_primitive_is_judged():
    report = check(primitive(1.0), X, engine="autograd")
    assert report.passed, str(report)
    assert "jvp" not in {o.check for o in report.outcomes}, "only defvjp was called"
    assert check(primitive(1.001), X, engine="autograd").verdict is Verdict.FAIL


def test_numbers_and_several_outputs():
    assert check(lambda x, k: (x * k, anp.tanh(x)), X, 2.5, engine="autograd").passed


def test_a_constant_has_no_gradient_but_zeros():
    subject = subject_of("autograd", lambda xp, x: np.ones(2), x=X)
    [gradient] = subject.vjp(subject.xs, (np.ones(2),))
    assert not gradient.any()


def test_an_operation_without_a_derivative_is_a_skip(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("cases: [{id: a, function: cbrt(x), inputs: {x: 2.0}}]\n")
    [outcome] = run(load_cases([file]), engines=["autograd"])
    assert (outcome.verdict, outcome.reason) == (Verdict.SKIP, "no derivative of 'cbrt'")


def test_what_is_not_finite_is_judged_in_silence():
    # autograd's rule of prod divides by the entries; under pytest a warning would be an error.
    report = check(anp.prod, np.array([2.0, 0.0, 3.0]), engine="autograd")
    assert report.verdict is Verdict.FAIL
    assert "got nan" in str(report)


@autograd.extend.primitive
def product(x, y):
    return x * y


autograd.extend.defvjp(
    product, lambda ans, x, y: lambda g: g * y, lambda ans, x, y: lambda g: g * x
)


def test_a_primitive_of_several_arguments():
    report = check(product, X, X + 1, engine="autograd")
    assert report.passed, str(report)
    assert report.detects.keys() == {"x0", "x1"}


def test_a_cotangent_written_to_is_told():
    def pull(ans, x):
        def vjp(g):
            g *= 2 * x
            return g

        return vjp

    square = autograd.extend.primitive(lambda x: x**2)
    autograd.extend.defvjp(square, pull)
    report = check(square, X, engine="autograd")
    assert "the cotangent of output 0 is not written to" in str(report)
