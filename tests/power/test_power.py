"""Wrong rules are rejected and right ones accepted: the short form of `tests.power.power`."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import Verdict
from tests.power.conduct import COTANGENTS, FAULTS
from tests.power.power import site_of, size_of, try_fault, try_right
from tests.power.rules import AT_KINKS, MILLION, RULES, UNSTABLE
from tests.power.scale import (
    FAULTS as SIZED,
)
from tests.power.scale import (
    entry_fault,
    is_confirmed,
    seen_by_us,
    smallest_seen,
    weighted_sines,
)

# Kinds that the checker does not see yet, with a reason each; what is seen must leave this list.
KNOWN_MISSED: dict[str, str] = {}

# Right rules at points where no verdict is reached, by name (with "[float32]" there).
KNOWN_UNDECIDED: dict[str, str] = {}

EACH = 3  # rules a kind is planted in
SAMPLE = (
    "softmax",
    "sum_and_product",
    "add_row",
    "matmul_square",
    "tanh",
    "mean_axis",
    "fancy",
    "polar",
    "layer_norm",
    "solve",
    "mul_0d",
    "square_decades",
)
COTANGENT_KINDS = {fault.kind for fault in COTANGENTS}
THEMES = list(dict.fromkeys(rule.theme for rule in RULES))


def places(kind: str, float32: bool) -> list[str]:
    """Return a few rules in which a fault of this kind shows; another start for each kind."""
    # softmax ignores constants: cotangent faults hide there that hide nowhere else
    start = 0 if kind in COTANGENT_KINDS else list(FAULTS).index(kind) % len(SAMPLE)
    order = [*SAMPLE[start:], *SAMPLE[:start]]
    found = [name for name in order if _shows(name, kind, float32)][:EACH]
    if not found:
        found = [r.name for r in RULES if _shows(r.name, kind, float32)][:EACH]
    return found


def _shows(name: str, kind: str, float32: bool) -> bool:
    return size_of(site_of(name, kind, float32, 0), kind) is not None


def marked(kind: str) -> object:
    reason = KNOWN_MISSED.get(kind)
    return pytest.param(kind, marks=pytest.mark.xfail(reason=reason) if reason else ())


@pytest.mark.parametrize("kind", [marked(kind) for kind in FAULTS])
def test_every_kind_of_fault_is_rejected(kind):
    trials = [try_fault(name, kind, False, 0) for name in places(kind, False)]
    single = [try_fault(name, kind, True, 0) for name in places(kind, True)[:1]]
    assert trials
    assert [t.command for t in [*trials, *single] if t.verdict is not Verdict.FAIL] == []


@pytest.mark.parametrize("float32", [False, True], ids=["float64", "float32"])
@pytest.mark.parametrize("theme", THEMES)
def test_every_right_rule_is_accepted(theme, float32):
    trials = [try_right(rule.name, float32, 0) for rule in RULES if rule.theme == theme]
    wrong = [t for t in trials if t.verdict is not Verdict.PASS]
    shown = {f"{t.rule}{'[float32]' * t.float32}": t.verdict for t in wrong}
    known = {name: Verdict.INCONCLUSIVE for name in shown if name in KNOWN_UNDECIDED}
    assert shown == known, [(t.command, t.reason) for t in wrong]


@pytest.mark.parametrize("rule", [rule.name for rule in (*AT_KINKS, *UNSTABLE)])
@pytest.mark.parametrize("float32", [False, True], ids=["float64", "float32"])
def test_no_right_rule_fails_at_a_kink_or_where_digits_are_lost(rule, float32):
    assert try_right(rule, float32, 0).verdict in (Verdict.PASS, Verdict.INCONCLUSIVE)


@pytest.mark.parametrize("rule", MILLION[:1], ids=[rule.name for rule in MILLION[:1]])
def test_one_wrong_entry_in_a_million_is_seen(rule):
    xs = rule.draw(np.random.default_rng(0))
    assert seen_by_us(rule, entry_fault(rule, 1e-3, 0.7), xs, 0)


@pytest.mark.parametrize(("fault", "largest"), [("constant", 1e-9), ("entry", 1e-6)])
def test_small_faults_of_a_sum_are_seen(fault, largest):
    rule = weighted_sines(1000)
    (size,) = smallest_seen(rule, [SIZED[fault]], 0)
    assert size < largest
    assert is_confirmed(rule, SIZED[fault], 0, size)


def test_the_corpus_is_large_enough_and_its_names_are_unique():
    assert len(RULES) >= 120
    names = [rule.name for rule in (*RULES, *AT_KINKS, *UNSTABLE, *MILLION)]
    assert len(set(names)) == len(names)
