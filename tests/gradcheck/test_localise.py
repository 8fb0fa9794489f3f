import re

import numpy as np
import pytest

from gradcheck.localise import MOST, wrong_entries
from tests.gradcheck.subjects import rule_subject, sine


def located(forward, backward, position=0, **xs):
    subject, _ = rule_subject(forward, backward, **xs)
    found = wrong_entries(subject, position, None, np.random.default_rng(0))
    return found[0] if found else None


def one_wrong(entry, factor=1.5):
    def backward(y_bars, xs, ys):
        gradient = y_bars[0] * np.cos(xs[0])
        gradient[entry] *= factor
        return gradient

    return backward


@pytest.mark.parametrize("entry", [(0, 0), (1, 2), (6, 4)])
def test_one_wrong_entry_is_named_with_its_output(entry):
    x = np.random.default_rng(1).normal(size=(7, 5))
    finding = located(sine, one_wrong(entry), x=x)
    index = ", ".join(map(str, entry))
    assert finding.text.startswith(f"d y[{index}] / d x[{index}] at x[{index}] = {x[entry]:.10g}")
    assert f"expected {np.cos(x[entry]):.10g}" in finding.text
    assert "(ratio 1.5)" in finding.text


def test_the_worst_of_several_is_named():
    def backward(y_bars, xs, ys):
        gradient = y_bars[0] * np.cos(xs[0])
        gradient[3] *= 1.001
        gradient[11] *= 2.0
        return gradient

    assert "d x[11]" in located(sine, backward, x=np.linspace(0.1, 1.2, 16)).text


def test_all_of_a_few_are_named():
    def backward(y_bars, xs, ys):
        gradient = y_bars[0] * np.cos(xs[0])
        gradient[[2, 9, 30]] *= np.array([1.1, 1.01, 1.5])
        return gradient

    subject, _ = rule_subject(sine, backward, x=np.linspace(0.1, 1.2, 32))
    worst, others = wrong_entries(subject, 0, None, np.random.default_rng(0))
    assert "d x[30]" in worst.text
    assert sorted(others.text.split(", ")) == ["x[2]", "x[9]"]


def test_a_list_of_many_ends():
    subject, _ = rule_subject(sine, one_wrong(slice(None)), x=np.linspace(0.1, 1.2, 32))
    _, others = wrong_entries(subject, 0, None, np.random.default_rng(0))
    assert others.text.count("x[") == MOST - 1
    assert others.text.endswith(", and perhaps more")


def test_one_among_many_costs_a_few_questions():
    x = np.linspace(0.1, 1.2, 4096)
    calls = 0

    def counted(x):
        nonlocal calls
        calls += 1
        return np.sin(x).sum()

    def backward(y_bars, xs, ys):
        gradient = y_bars[0] * np.cos(xs[0])
        gradient[1234] *= 1.01
        return gradient

    assert "d y / d x[1234]" in located(counted, backward, x=x).text
    assert calls < 100


def test_the_output_is_named_where_there_are_several():
    def backward(y_bars, xs, ys):
        return y_bars[0] * np.cos(xs[0]) - 1.5 * y_bars[1] * np.sin(xs[0])

    finding = located(lambda x: (np.sin(x), np.cos(x)), backward, x=np.array([0.3, 0.9]))
    assert finding.text.startswith("d y1[")


def test_the_input_asked_for_is_searched():
    def backward(y_bars, xs, ys):
        return y_bars[0] @ xs[1].T, (xs[0].T @ y_bars[0]) * np.array([[1.0, 1.0], [1.0, 3.0]])

    xs = np.random.default_rng(2).normal(size=(2, 2, 2))
    finding = located(lambda x, w: x @ w, backward, 1, x=xs[0], w=xs[1])
    assert "/ d w[1, 1]" in finding.text


def test_a_right_rule_has_no_wrong_entry():
    assert located(sine, one_wrong(0, 1.0), x=np.linspace(0.1, 1.0, 5)) is None


def test_a_gradient_that_is_not_finite_is_found():
    assert "d x[2]" in located(sine, one_wrong(2, np.nan), x=np.linspace(0.1, 1.0, 8)).text


def test_a_scalar_has_no_index():
    def backward(y_bars, xs, ys):
        return 2 * y_bars[0] * np.cos(xs[0])

    assert located(sine, backward, x=np.array(0.5)).text.startswith("d y / d x at x = 0.5: ")


@pytest.mark.parametrize("entry", [0, 17, 39])
def test_a_complex_entry_is_named_by_the_part_that_is_off(entry):
    def backward(y_bars, xs, ys):
        gradient = y_bars[0] * np.conj(np.cos(xs[0]))
        gradient[entry] += 0.5j * y_bars[0][entry].real
        return gradient

    rng = np.random.default_rng(3)
    x = rng.normal(size=40) + 1j * rng.normal(size=40)
    text = located(sine, backward, x=x).text
    assert f" / d Im x[{entry}] at Im x[{entry}] = {x[entry].imag:.10g}" in text
    assert text.startswith(f"d Re y[{entry}] ")


def test_an_entry_of_small_gradient_beside_large_ones_is_named():
    w = np.where(np.arange(24) < 20, 1e4, 1e-3)

    def backward(y_bars, xs, ys):
        gradient = y_bars[0] * w * np.cos(w * xs[0])
        gradient[22] *= 1 + 1e-8
        return gradient

    x = np.random.default_rng(6).normal(size=24)
    assert "d x[22] at" in located(lambda x: np.sin(w * x), backward, x=x).text


def test_an_output_is_named_where_each_depends_on_each():
    def softmax(x):
        e = np.exp(x - x.max())
        return e / e.sum()

    def backward(y_bars, xs, ys):
        gradient = ys[0] * (y_bars[0] - (y_bars[0] * ys[0]).sum())
        gradient[70] *= 1.001
        return gradient

    text = located(softmax, backward, x=np.random.default_rng(4).normal(size=100)).text
    assert re.match(r"d y\[\d+\] / d x\[70\] ", text)
    assert float(text.partition("ratio ")[2].rstrip(")")) == pytest.approx(1.001)
