import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

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
        "not relu and softmax",
        "not not softmax",
        "softmax or relu and tanh",
        "not AND",
        "networks/ or loss.yaml",
    ],
)
def test_what_is_selected(expression):
    assert selector(expression)(CASE, "engine")


@pytest.mark.parametrize("expression", ["relu", "not loss", "softmax and torch", "float64"])
def test_what_is_not_selected(expression):
    assert not selector(expression)(CASE, "engine")


@pytest.mark.parametrize(
    "expression",
    ["and", "softmax or", "(softmax", "softmax loss", "not", "a(b)", "()", "a)", "a not b"],
)
def test_what_cannot_be_read_is_said(expression):
    with pytest.raises(SelectionError, match="expected words, and, or, not"):
        selector(expression)


def test_an_expression_runs_no_code():
    with pytest.raises(SelectionError):
        selector("__import__('os').getcwd()")
    assert not selector("len[0].append")(CASE, "engine")


@pytest.mark.parametrize("character", ["&", "|", "!", ",", '"', "=", "*"])
def test_what_pytest_takes_for_no_word_is_refused(character):
    with pytest.raises(SelectionError, match=r"unexpected character .*: expected words"):
        selector(f"softmax{character}loss")


def test_nesting_may_be_of_any_depth():
    many = 100_000
    assert selector("not " * many + "softmax")(CASE, "engine")
    assert selector("(" * many + "softmax" + ")" * many)(CASE, "engine")
    with pytest.raises(SelectionError) as caught:
        selector("not " * many)
    assert len(str(caught.value)) < 200


EXPRESSION = st.recursive(
    st.sampled_from(["softmax", "relu", "AND", "float32"]),
    lambda inner: st.one_of(
        inner.map("not {}".format),
        inner.map("({})".format),
        st.tuples(inner, inner).map(" and ".join),
        st.tuples(inner, inner).map(" or ".join),
    ),
)


@given(EXPRESSION)
def test_every_expression_means_what_python_means_by_it(expression):
    words = {"softmax": "True", "relu": "False", "AND": "False", "float32": "True"}
    meant = re.sub(r"softmax|relu|AND|float32", lambda m: words[m.group()], expression)
    assert selector(expression)(CASE, "engine") == eval(meant)
