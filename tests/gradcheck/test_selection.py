import pytest

from gradcheck.selection import SelectionError, selector
from gradcheck.vocabulary import Case, Place

CASE = Case(
    "softmax_cross_entropy",
    Place("cases/networks/loss.yaml", 3),
    {},
    symbols={"n": 8, "dtype": "float32"},
    tags=("Loss",),
)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "softmax",
        "SOFTMAX",
        "loss",
        "networks",
        "float32",
        "8-float32",
        "engine",
        "nothing or softmax",
        "softmax and loss and not relu",
        "not (relu or tanh)",
        "(softmax)",
        "softmax_cross_entropy[8-float32-engine",
    ],
)
def test_what_is_selected(expression):
    assert selector(expression)(CASE, "engine")


@pytest.mark.parametrize("expression", ["relu", "not loss", "softmax and torch", "float64"])
def test_what_is_not_selected(expression):
    assert not selector(expression)(CASE, "engine")


@pytest.mark.parametrize(
    "expression", ["and", "softmax or", "(softmax", "softmax loss", "not", "a(b)", "()"]
)
def test_what_cannot_be_read_is_said(expression):
    with pytest.raises(SelectionError, match="expected words, and, or, not"):
        selector(expression)


def test_an_expression_runs_no_code():
    with pytest.raises(SelectionError):
        selector("__import__('os').getcwd()")
    assert not selector("len[0].append")(CASE, "engine")
