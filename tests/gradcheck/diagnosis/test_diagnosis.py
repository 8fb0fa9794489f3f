"""Each kind of mistake is named, and nothing else is."""

import numpy as np
import pytest

from gradcheck.diagnosis import DIAGNOSES, Suspect, diagnose
from gradcheck.vocabulary import Estimate, Evidence
from tests.gradcheck.subjects import rule_subject, sine

X = np.random.default_rng(3).normal(size=(3, 4))


def named(backward, forward=sine, x=X):
    subject, _ = rule_subject(forward, backward, x=x)
    return {f.kind: f.text for f in diagnose(subject, 0, np.random.default_rng(0))}


def right(y_bars, xs, ys):
    return y_bars[0] * np.cos(xs[0])


def test_a_factor_is_named_with_its_value():
    found = named(lambda *given: 1.1 * right(*given))
    assert found == {"scale": "a constant factor of 1.1 on every entry of x's gradient"}
    assert "factor of 1.000000001 " in named(lambda *given: (1 + 1e-9) * right(*given))["scale"]


@pytest.mark.parametrize("factor", [2.0, 0.5, 12.0, 1 + 1e-6, -3.0])
def test_any_factor_is_a_scale(factor):
    found = named(lambda *given: factor * right(*given))
    assert list(found) == ["scale"]
    assert float(found["scale"].split()[4]) == pytest.approx(factor, rel=1e-10)


def test_a_sign_is_named():
    assert list(named(lambda *given: -right(*given))) == ["sign"]


def test_zeros_are_named():
    assert list(named(lambda y_bars, xs, ys: np.zeros_like(xs[0]))) == ["zero"]


def test_other_mistakes_are_not_named_after_these():
    def one_entry(*given):
        gradient = right(*given)
        gradient[1, 2] *= 1.5
        return gradient

    assert named(one_entry) == {}
    assert named(lambda y_bars, xs, ys: np.cos(xs[0])) == {}
    assert named(lambda y_bars, xs, ys: np.abs(right(y_bars, xs, ys))) == {}


def test_a_right_gradient_has_no_mistake_to_name():
    assert named(right) == {}


def test_float32_is_named_within_its_rounding():
    found = named(lambda *given: (2 * right(*given)).astype(np.float32), x=X.astype(np.float32))
    assert list(found) == ["scale"]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_precision_lost_inside_is_named(dtype):
    def coarse(y_bars, xs, ys):
        return y_bars[0] * np.cos(xs[0].astype(dtype)).astype(np.float64)

    found = named(coarse)
    assert list(found) == ["precision"]
    assert found["precision"].endswith(f"as if made in {dtype}")


def test_a_float32_rule_in_float32_loses_nothing():
    assert named(right, x=X.astype(np.float32)) == {}


def test_noise_is_not_named_after_a_precision():
    rng = np.random.default_rng(5)

    def noisy(*given):
        return right(*given) + 1e-7 * rng.normal(size=X.shape)

    assert named(noisy) == {}


def test_zeros_that_are_right_here_are_no_finding():
    # What is wrong is at another point: here the derivative is zero.
    assert named(lambda y_bars, xs, ys: y_bars[0] * xs[0], np.square, np.zeros((3, 4))) == {}


def test_a_factor_that_only_wide_bounds_allow_is_none():
    def projection(expected, got, error):
        estimate = Estimate(expected, error)
        return Evidence("", ("x",), got, estimate, abs(got), abs(got), 1.0, 2.0**-52)

    def scale_of(*projections):
        return DIAGNOSES["scale"](Suspect("x", projections, list, lambda: True))

    wrong, vague = projection(3.0, 3.3, 1e-9), projection(0.1, 0.1, 0.1)
    assert scale_of(wrong, projection(1.0, 1.1, 1e-9)) is not None
    assert scale_of(wrong, vague) is None
