import numpy as np
import pytest

from gradcheck import Verdict, check
from gradcheck.checks.batched import TOGETHER, check_batched
from gradcheck.vocabulary import Case, Place, Subject

X = np.array([0.5, 1.0, -2.0])
CASE = Case("case", Place(""), {})


def facts(batched):
    """The check of 2 x with a rule for batches."""
    subject = Subject(
        ("x", "n"), (X, np.array(2)), (True, False), lambda x, n: (n * x,),
        vjp=lambda xs, y_bars: (2 * y_bars[0], None),
        batched_vjp=lambda xs, y_bars: (batched(y_bars[0]), None),
    )  # fmt: skip
    return list(check_batched(subject, CASE, np.random.default_rng(0)))


def test_a_batch_that_is_pulled_back_as_its_parts_are():
    [fact] = facts(lambda g: 2 * g)
    assert fact.holds


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (lambda g: 2 * g[::-1], "at [0] of cotangent 0"),
        (lambda g: np.where(np.arange(3) == 1, np.nan, 2 * g), "at [1] of cotangent 0"),
        (lambda g: None, "at [0] of cotangent 0"),
        (lambda g: 2 * g[0], f"shape ({TOGETHER}, 3)"),
    ],
)
def test_a_batch_that_is_not(wrong, found):
    [fact] = facts(wrong)
    assert not fact.holds
    assert found in fact.expected


def test_an_engine_without_batches_says_so():
    [outcome] = check(lambda x: x * 2, X, checks=["batched"]).outcomes
    assert outcome.verdict is Verdict.SKIP
    assert "pulls no batch of cotangents back" in outcome.reason


@pytest.mark.parametrize("engine", ["torch", "jax", "autograd"])
def test_what_the_frameworks_do(engine):
    pytest.importorskip(engine)
    kwargs = {"engine": engine, "checks": ["batched"]}
    if engine == "torch":
        torch = pytest.importorskip("torch")
        x = torch.from_numpy(X).requires_grad_()
        report = check(lambda x, k: (torch.sin(x), x.sum(), k), x, 1, **kwargs)
        assert check(lambda x: torch.ones(2), x, **kwargs).passed, "no gradient at all"
    else:
        report = check(lambda x: (x * x, x[0]), X, **kwargs)
    assert report.verdict is (Verdict.SKIP if engine == "autograd" else Verdict.PASS)
