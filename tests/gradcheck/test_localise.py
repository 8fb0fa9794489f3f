import numpy as np
import pytest

from gradcheck.localise import wrong_entries
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
    assert others.text.count("x[") == 3
    assert others.text.endswith(", and perhaps more")


def test_one_among_many_costs_a_logarithm():
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
    assert calls < 16 * 30


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
