import functools
from dataclasses import dataclass, replace

import numpy as np
import pytest

from gradcheck import Verdict, check, load_cases
from gradcheck.adapters import adapter
from gradcheck.cases.expression import Program
from gradcheck.runner import Options, run_case
from tests.gradcheck.adapters.frameworks import subject_of

jax = pytest.importorskip("jax")
jnp = jax.numpy

X = jnp.asarray([0.5, 1.0, -2.0])


@jax.custom_vjp
def wrong(x):
    return jnp.sin(x)


wrong.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (1.001 * g * jnp.cos(x),))


@jax.custom_vjp
def right(x):
    return jnp.sin(x)


right.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g * jnp.cos(x),))


@jax.custom_jvp
def wrong_forward(x):
    return jnp.sin(x)


wrong_forward.defjvp(lambda xs, dots: (jnp.sin(xs[0]), 1.001 * dots[0] * jnp.cos(xs[0])))


def test_arrays_choose_the_engine():
    report = check(jnp.sin, X)
    assert report.passed, str(report)
    assert {o.engine for o in report.outcomes} == {"jax"}


def test_custom_rules_are_judged():
    assert check(right, X).passed
    assert "jvp" not in {o.check for o in check(right, X).outcomes}, "custom_vjp has no jvp"
    assert check(wrong, X).verdict is Verdict.FAIL
    assert check(wrong_forward, X).verdict is Verdict.FAIL


def test_float64_runs_without_changing_the_configuration():
    assert not jax.config.jax_enable_x64
    subject = subject_of("jax", lambda xp, x: jnp.sin(x), x=np.array([1.0]))
    assert subject.primal(*subject.xs)[0].dtype == np.float64
    assert subject.vjp(subject.xs, (np.ones(1),))[0].dtype == np.float64
    assert not jax.config.jax_enable_x64


def test_compiled_functions_and_nested_outputs():
    assert check(jax.jit(lambda p: {"y": p["w"] * jnp.tanh(p["x"])}), {"w": X, "x": X + 1}).passed


def test_arrays_that_are_no_numbers_are_passed_as_they_are():
    key = jax.random.key(0)
    assert check(lambda x, k: x * jax.random.normal(k, (3,), "float32"), X, key).passed


def test_bfloat16_is_refused_with_a_way_out():
    with pytest.raises(TypeError, match="check in float32"):
        check(jnp.sin, X.astype(jnp.bfloat16))


def test_there_is_no_tape():
    subject = subject_of("jax", lambda xp, x: x * x, x=np.array(1.0))
    assert subject.tape is None
    accumulation = check(jnp.sin, X, checks=["accumulation"]).outcomes[0]
    assert accumulation.reason.startswith("functional engine")


def test_longdouble_is_refused():
    subject = subject_of("jax", lambda xp, x: x, x=np.array(1.0))
    with pytest.raises(TypeError, match="jax has no"):
        subject.primal(np.array(1.0, np.longdouble))


def positive_part(arrays):
    return [arrays[0][arrays[0] > 0]]


def test_what_cannot_be_compiled_runs_as_it_is():
    # How many entries are positive is not known while one compiles.
    called = adapter("jax").compiled(positive_part)
    assert np.array_equal(called([X])[0], [0.5, 1.0])


def test_expressions_are_compiled_and_functions_of_python_are_not(tmp_path):
    calls = []

    def counted(xp, x):
        calls.append(x)
        return xp.sin(x) * x

    file = tmp_path / "a.yaml"
    file.write_text("cases: [{id: a, function: sin(x) * x, inputs: {x: {shape: [3]}}}]\n")
    [case] = load_cases([file])
    program, calls_of_program = case.function, []

    class Counted(Program):
        __slots__ = ()

        def __call__(self, xp, **inputs):
            calls_of_program.append(xp)
            return program(xp, **inputs)

    counted_program = Counted(program.source, program.operations, "")
    for function in (counted, counted_program):
        outcomes = run_case(replace(case, function=function), "jax", Options())
        assert {o.verdict for o in outcomes} <= {Verdict.PASS, Verdict.SKIP}
    assert len(calls_of_program) <= 20 < 60 < len(calls)


@jax.tree_util.register_dataclass
@dataclass
class Layer:
    w: jax.Array
    b: jax.Array

    def __call__(self, x):
        return jnp.tanh(self.w @ x + self.b)


LAYER = Layer(jnp.ones((2, 3)), jnp.zeros(2))


def test_registered_classes_are_containers():
    report = check(lambda p, x: Layer(p.w * 2, p.b + x[0]), LAYER, X)
    assert report.passed, str(report)
    assert report.detects.keys() == {"p.w", "p.b", "x"}


def test_a_callable_container_holds_its_parameters():
    report = check(LAYER, X)
    assert report.passed, str(report)
    assert report.detects.keys() == {"f.w", "f.b", "x"}
    by_hand = jax.tree_util.Partial(lambda w, x: wrong(w) * x, X)
    assert check(by_hand, X + 1).verdict is Verdict.FAIL


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def scaled(x, k):
    return x * k


scaled.defvjp(lambda x, k: (x * k, None), lambda k, _, g: (g * k,))


def test_arguments_that_are_said_not_to_be_differentiated_are_passed_as_they_are():
    report = check(scaled, X, 3.0)
    assert report.passed, str(report)
    assert report.detects.keys() == {"x"}


def test_a_function_without_a_reverse_mode_is_checked_in_forward_mode():
    def power(x):
        return jax.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * x), (0, x))[1]

    report = check(power, X)
    outcomes = {o.check: o.verdict for o in report.outcomes}
    assert outcomes["jvp"] is Verdict.PASS
    assert outcomes["vjp"] is Verdict.SKIP
    assert "SKIP  power  jax  vjp" in str(report)
    assert "forward mode alone is there: no gradient" in str(report)


def test_random_numbers_of_float32_are_those_of_float32():
    report = check(lambda k, x: x * jax.random.normal(k, (3,)), jax.random.PRNGKey(0), X)
    assert report.passed, str(report)


def test_what_is_nowhere_finite_warns_of_nothing(recwarn):
    assert check(jnp.sqrt, jnp.asarray([-1.0])).verdict is Verdict.INCONCLUSIVE
    assert not recwarn.list


def test_a_custom_rule_that_computes_another_value_fails():
    """Its gradient is that of the function, and what a loss is computed from is not."""

    @jax.custom_vjp
    def reverse(x):
        return jnp.sin(x)

    reverse.defvjp(lambda x: (1.01 * jnp.sin(x), x), lambda x, g: (g * jnp.cos(x),))

    @jax.custom_jvp
    def forward(x):
        return jnp.sin(x), jnp.argmax(x)

    forward.defjvp(
        lambda xs, dots: (
            (1.01 * jnp.sin(xs[0]), jnp.argmax(xs[0])),
            (dots[0] * jnp.cos(xs[0]), np.zeros((), jax.dtypes.float0)),
        )
    )
    for f in (reverse, forward):
        report = check(f, X)
        (failed,) = (o for o in report.outcomes if o.verdict is Verdict.FAIL)
        assert failed.check == "purity"
        assert "output 0 is the same where it is differentiated" in str(report)


def test_values_below_the_normal_numbers_of_float32_are_no_other_function():
    """jax takes them for zero, where the same function in double has them."""
    report = check(lambda x: x * x, jnp.asarray([1e-21, -3e-21, 2e-21], "float32"))
    assert report.verdict is not Verdict.FAIL, str(report)
