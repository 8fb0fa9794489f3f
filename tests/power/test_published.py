"""The published misjudgements are none of ours, and each is still one of somebody's."""

import pytest

from tests.power.checkers import FRAMEWORKS, OURS, PEERS, installed
from tests.power.published.__main__ import BLIND, is_right, judged, table
from tests.power.published.record import of_function, of_rule
from tests.power.published.right import RIGHT
from tests.power.published.wrong import WRONG, normal, wrong_slope

pytestmark = pytest.mark.skipif(
    set(installed()) != set(FRAMEWORKS), reason="needs torch, jax and autograd"
)


@pytest.mark.parametrize("record", WRONG, ids=lambda record: record.name)
def test_a_wrong_gradient_that_others_accept_is_rejected(record):
    verdicts = judged(record)
    assert is_right(verdicts.pop(OURS), wrong=True)
    assert not all(is_right(said, wrong=True) for said in verdicts.values()), "a bug of nobody's"


@pytest.mark.parametrize("record", RIGHT, ids=lambda record: record.name)
def test_a_right_gradient_that_others_reject_is_accepted(record):
    verdicts = judged(record)
    assert is_right(verdicts.pop(OURS), wrong=False)
    assert not all(is_right(said, wrong=False) for said in verdicts.values()), "nobody's alarm"


def test_a_plain_function_is_rejected_by_nobody():
    verdicts = judged(of_function("sin", "", lambda xp, x: xp.sin(x), [0.5, 1.0, -2.0]))
    assert set(verdicts) == {OURS, *PEERS}
    assert all(is_right(said, wrong=False) for said in verdicts.values()), verdicts


def test_the_tables_are_large_enough():
    assert (len(WRONG), len(RIGHT)) >= (12, 6)


def test_the_table_tells_who_is_wrong():
    # A checker that rejects the right twin as well has told nothing.
    slope = wrong_slope("plain", lambda x: x, lambda x, y: 1, normal(2), bug=lambda x, y: 2)
    blind = {checker: {"torch": BLIND} for checker in PEERS}
    found = {OURS: {"torch": "rejects", "jax": "accepts"}, **blind}
    text = table([of_rule("somewhere", slope)], [found], wrong=True)
    assert "rejects in torch; accepts in jax (!)" in text
    assert f"{BLIND} (!)" in text
    assert "0 of 1" in text
    kept = table([of_function("f", "", abs, 1.0)], [{OURS: {"torch": "accepts"}}], wrong=False)
    assert "1 of 1" in kept
    assert "(!)" not in kept
