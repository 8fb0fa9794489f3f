"""Forward mode, the adjoint identity and second order, on hand-written NumPy subjects."""

from dataclasses import replace

import numpy as np
import pytest

from gradcheck.checks import CHECKS
from gradcheck.errors import NothingToCompare
from gradcheck.judge import judge
from gradcheck.vocabulary import Case, Input, Place, Subject, Tolerance, Verdict, worst

X = np.array([[0.5, -1.0, 2.0], [0.1, 1.5, -0.7]])
W = np.array([[0.3, 1.0], [-0.5, 0.25], [1.25, -2.0]])
CASE = Case("c", Place(""), {"x": Input(), "w": Input()}, function=lambda xp, x, w: None)


def primal(x, w):
    return (np.sin(x @ w),)


def vjp(xs, y_bars):
    x, w = xs
    inner = np.cos(x @ w) * y_bars[0]
    return inner @ w.T, x.T @ inner


def jvp(xs, x_dots):
    (x, w), (x_dot, w_dot) = xs, x_dots
    return (np.cos(x @ w) * (x_dot @ w + x @ w_dot),)


def vjp_vjp(xs, y_bars, v):
    """The derivatives of <v, vjp(xs, y_bars)>, which is sum(y_bar cos(z) z_dot(v))."""
    (x, w), (y_bar,), (vx, vw) = xs, y_bars, v
    z, z_dot = x @ w, vx @ w + x @ vw
    by_z = -np.sin(z) * y_bar * z_dot
    by_z_dot = np.cos(z) * y_bar
    by_x = by_z @ w.T + by_z_dot @ vw.T
    by_w = x.T @ by_z + vx.T @ by_z_dot
    return (by_x, by_w), (np.cos(z) * z_dot,)


RIGHT = Subject(
    ("x", "w"), (X, W), (True, True), primal, vjp=vjp, jvp=jvp, vjp_vjp=vjp_vjp
)  # fmt: skip


def judged(check, **changes):
    subject = replace(RIGHT, **changes)
    rng = np.random.default_rng(0)
    return [judge(evidence) for evidence in CHECKS[check].run(subject, CASE, rng)]


def verdict(check, **changes):
    return worst(judgement.verdict for judgement in judged(check, **changes))


@pytest.mark.parametrize("check", ["vjp", "jvp", "adjoint", "second_order", "jacobian"])
def test_right_rules_pass(check):
    assert verdict(check) is Verdict.PASS


def test_a_wrong_jvp_fails_and_so_does_its_adjoint():
    def wrong(xs, x_dots):
        return (jvp(xs, x_dots)[0] * (1 + 1e-9),)

    assert verdict("jvp", jvp=wrong) is Verdict.FAIL
    assert verdict("adjoint", jvp=wrong) is Verdict.FAIL


def test_a_jvp_that_forgets_an_input_fails():
    def forgets(xs, x_dots):
        return jvp(xs, (x_dots[0], np.zeros_like(x_dots[1])))

    verdicts = [j.verdict for j in judged("jvp", jvp=forgets)]
    assert verdicts == [Verdict.PASS, Verdict.FAIL, Verdict.FAIL]


def test_a_jvp_of_another_shape_fails():
    assert verdict("jvp", jvp=lambda xs, x_dots: (jvp(xs, x_dots)[0].sum(),)) is Verdict.FAIL
    assert verdict("jvp", jvp=lambda xs, x_dots: ()) is Verdict.FAIL


def test_a_vjp_that_is_not_the_adjoint_fails():
    assert verdict("adjoint", vjp=lambda xs, y: (vjp(xs, y)[0], -vjp(xs, y)[1])) is Verdict.FAIL


def spoiled(part, factor):
    """A second derivative with one of its three parts scaled."""

    def wrong(xs, y_bars, v):
        (by_x, by_w), (by_y,) = vjp_vjp(xs, y_bars, v)
        parts = {"x": by_x, "w": by_w, "y": by_y}
        parts[part] = parts[part] * factor
        return (parts["x"], parts["w"]), (parts["y"],)

    return wrong


@pytest.mark.parametrize("part", ["x", "w", "y"])
def test_a_wrong_second_derivative_fails(part):
    assert verdict("second_order", vjp_vjp=spoiled(part, 1 + 1e-8)) is Verdict.FAIL


def test_an_asymmetric_hessian_fails():
    last = judged("second_order", vjp_vjp=spoiled("x", 1.01))[-1]
    assert last.evidence.quantity == "<v, H w> = <w, H v>"
    assert last.verdict is Verdict.FAIL


def test_second_order_projects_inputs_and_cotangents():
    inputs = [j.evidence.inputs for j in judged("second_order")]
    assert inputs == [("x", "w", "y_bar0"), ("x", "w")]


def test_inputs_that_are_not_differentiable_stay_in_the_second_order():
    subject = replace(RIGHT, differentiable=(True, False))
    rng = np.random.default_rng(0)
    judgements = [judge(e) for e in CHECKS["second_order"].run(subject, CASE, rng)]
    assert {j.verdict for j in judgements} == {Verdict.PASS}


def test_the_jacobian_has_every_entry_by_name():
    judgements = judged("jacobian")
    assert len(judgements) == 4 * (6 + 6)
    assert judgements[0].evidence.quantity == "d y[0, 0] / d x[0, 0]"

    def one_entry(xs, y_bars):
        by_x, by_w = vjp(xs, y_bars)
        by_w[2, 1] += 1e-9 * y_bars[0][1, 1]
        return by_x, by_w

    failing = [j.evidence.quantity for j in judged("jacobian", vjp=one_entry)
               if j.verdict is Verdict.FAIL]  # fmt: skip
    assert failing == ["d y[1, 1] / d w[2, 1]"]


def test_what_an_engine_lacks_is_said():
    bare = replace(RIGHT, jvp=None, vjp_vjp=None)
    assert CHECKS["jvp"].lacks(bare, CASE) == "the engine offers no jvp"
    assert CHECKS["adjoint"].lacks(bare, CASE) == "the engine offers no jvp"
    assert CHECKS["second_order"].lacks(bare, CASE) == "the engine offers no second derivative"


def test_a_jacobian_is_for_small_cases():
    with pytest.raises(NothingToCompare, match="the Jacobian has 10,080 entries"):
        judged("jacobian", xs=(np.ones((40, 3)), W))


def conjugated(imaginary=1.0):
    """x conj(z) of a real and a complex input; `imaginary` scales the rule where y_bar is so."""

    def vjp(xs, y_bars):
        (x, z), y_bar = xs, y_bars[0].real + 1j * imaginary * y_bars[0].imag
        return np.real(np.conj(y_bar) * np.conj(z)), np.conj(y_bar) * x

    z = np.array([0.5 + 1j, -1.0 + 0.25j])
    return Subject(("x", "w"), (X[0, :2], z), (True, True), lambda x, z: (x * np.conj(z),), vjp=vjp)


def test_the_jacobian_of_complex_numbers_has_both_parts():
    right = {e.quantity: judge(e).verdict for e in jacobian_of(conjugated())}
    assert set(right.values()) == {Verdict.PASS}
    assert len(right) == 2 * 2 * (2 + 2 * 2)
    wrong = [e.quantity for e in jacobian_of(conjugated(1.1)) if judge(e).verdict is Verdict.FAIL]
    assert {name.partition(" / ")[0] for name in wrong} == {"d Im y[0]", "d Im y[1]"}
    assert "d Im y[1] / d Im w[1]" in wrong


def jacobian_of(subject):
    return list(CHECKS["jacobian"].run(subject, CASE, np.random.default_rng(0)))


def test_whole_numbers_beside_floating_ones_have_no_jacobian():
    subject = Subject(
        ("x", "w"),
        (X[0], W),
        (True, False),
        lambda x, w: (np.argsort(x), x**2, x > 0),
        vjp=lambda xs, y_bars: (2 * xs[0] * y_bars[1], None),
    )
    judgements = [judge(evidence) for evidence in jacobian_of(subject)]
    assert len(judgements) == 9
    assert judgements[0].evidence.quantity == "d y1[0] / d x[0]"
    assert {judgement.verdict for judgement in judgements} == {Verdict.PASS}


def fast(factor=1.0):
    """sin(1000 x), whose argument keeps four of the digits of float32; J times `factor`."""

    def slope(x):
        return x.dtype.type(1000 * factor) * np.cos(x.dtype.type(1000) * x)

    x = np.random.default_rng(0).normal(size=5).astype("f4")
    return Subject(
        ("x",),
        (x,),
        (True,),
        lambda x: (np.sin(x.dtype.type(1000) * x),),
        vjp=lambda xs, y_bars: (slope(xs[0]) * y_bars[0],),
        jvp=lambda xs, x_dots: (slope(xs[0]) * x_dots[0],),
    )


def verdicts(subject, check):
    case = replace(CASE, inputs={"x": Input()})
    rngs = map(np.random.default_rng, range(8))
    return {judge(found).verdict for rng in rngs for found in CHECKS[check].run(subject, case, rng)}


@pytest.mark.parametrize("check", ["vjp", "jvp"])
def test_digits_that_a_right_rule_lost_in_float32_are_no_fault(check):
    assert verdicts(fast(), check) == {Verdict.PASS}
    assert verdicts(fast(1.01), check) == {Verdict.FAIL}


def test_a_tangent_that_is_wrong_in_one_call_only_has_no_second_chance():
    calls = []

    def wrong_at_first(xs, x_dots):
        calls.append(xs)
        return (fast().jvp(xs, x_dots)[0] * xs[0].dtype.type(1.01 if len(calls) == 1 else 1),)

    assert Verdict.FAIL in verdicts(replace(fast(), jvp=wrong_at_first), "jvp")


def centred(factor=1.0):
    """x minus its mean at a large offset, by sums in float32, reverse and forward otherwise."""

    def jvp(xs, x_dots):
        x, x_dot = xs[0], x_dots[0]
        spread = (x * x).mean() - x.mean() ** 2
        return (x_dot * spread * x.dtype.type(factor),)

    def vjp(xs, y_bars):
        x = xs[0]
        return (y_bars[0] * ((x - x.mean()) ** 2).mean(),)

    x = (np.random.default_rng(0).normal(size=64) + 30).astype("f4")
    return Subject(("x",), (x,), (True,), lambda x: (x,), vjp=vjp, jvp=jvp)


def test_modes_that_lose_digits_in_different_ways_agree():
    assert verdicts(centred(), "adjoint") == {Verdict.PASS}
    assert verdicts(centred(1.01), "adjoint") == {Verdict.FAIL}


def test_an_absolute_tolerance_is_accepted_between_the_modes_too():
    off = {"jvp": lambda xs, x_dots: tuple(y_dot + 1e-6 for y_dot in jvp(xs, x_dots))}
    rng = np.random.default_rng(0)
    evidence = next(CHECKS["adjoint"].run(replace(RIGHT, **off), CASE, rng))
    assert judge(evidence).verdict is Verdict.FAIL
    assert judge(evidence, Tolerance(atol=1e-4)).verdict is Verdict.PASS
    assert judge(evidence, Tolerance(atol=1e-9)).verdict is Verdict.FAIL
