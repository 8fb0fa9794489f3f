import json
import math
from itertools import pairwise

import pytest

from gradcheck.vocabulary import (
    Case,
    Detects,
    Estimate,
    Evidence,
    Fact,
    Judgement,
    Outcome,
    Place,
    Report,
    Verdict,
    weakest,
    worst,
)

WORST_FIRST = ["ERROR", "FAIL", "XPASS", "INCONCLUSIVE", "PASS", "XFAIL", "SKIP"]


def outcome(verdict: Verdict, **fields) -> Outcome:
    return Outcome("cases/a.yaml::b", "engine", "vjp", verdict, **fields)


@pytest.mark.parametrize(("bad", "better"), list(pairwise(WORST_FIRST)))
def test_the_worst_of_several_verdicts(bad, better):
    assert worst([Verdict(better), Verdict(bad)]) is Verdict(bad)


def test_nothing_compared_is_an_error():
    assert worst([]) is Verdict.ERROR
    assert Report(()).verdict is Verdict.ERROR


def test_a_report_passes_with_one_pass_and_nothing_worse():
    assert Report((outcome(Verdict.PASS), outcome(Verdict.SKIP)))
    assert not Report((outcome(Verdict.SKIP),))
    assert not Report((outcome(Verdict.PASS), outcome(Verdict.INCONCLUSIVE)))


def test_a_report_detects_what_its_weakest_pass_does():
    strong, weak = Detects(1e-12, 1e-10), Detects(1e-9, 1e-11)
    passes = [outcome(Verdict.PASS, detects={"x": d}) for d in (strong, weak)]
    assert Report(tuple(passes)).detects == {"x": Detects(1e-9, 1e-10)}


def test_the_weakest_of_all_inputs():
    merged = weakest([{"x": Detects(1e-9, 1e-2), "w": Detects(1e-3, 1e-7)}])
    assert (merged.factor, merged.entry, merged.absolute) == (1e-3, 1e-2, False)
    assert Report(()).detects.entry == float("inf")


def test_detection_of_different_inputs_stays_apart():
    merged = weakest([{"x": Detects(1e-9, 1.0)}, {"w": Detects(1e-3, 1e-2, absolute=True)}])
    assert merged == {"x": Detects(1e-9, 1.0), "w": Detects(1e-3, 1e-2, absolute=True)}


def test_an_id_is_path_slug_and_variant():
    case = Case("softmax", Place("cases/loss.yaml", 3), {}, symbols={"n": 8, "dtype": "float32"})
    assert case.id == "cases/loss.yaml::softmax[8-float32]"
    assert Case("softmax", Place("cases/loss.yaml"), {}).id == "cases/loss.yaml::softmax"
    assert Case("sin", Place(""), {}).id == "sin"


def test_a_report_becomes_json():
    report = Report((outcome(Verdict.PASS, detects={"x": Detects(1e-12, 1e-10)}),))
    record = json.loads(json.dumps(report.to_dict()))
    assert record["verdict"] == "PASS"
    assert record["passed"] is True
    assert record["outcomes"][0]["detects"]["x"]["entry"] == 1e-10


def test_a_place_shows_what_is_known():
    assert str(Place("a.yaml")) == "a.yaml"
    assert str(Place("a.yaml", 3, 5)) == "a.yaml:3:5"


def test_a_report_as_json_has_no_nan_and_says_what_was_detected():
    lost = Evidence("q", ("x",), math.nan, Estimate(math.nan, math.inf), 1.0, 1.0, 1.0, 0.0)
    judgement = Judgement(lost, Verdict.INCONCLUSIVE)
    undecided = outcome(Verdict.INCONCLUSIVE, judgements=(judgement,))
    passed = outcome(Verdict.PASS, detects={"x": Detects(1e-13, 1e-12)})
    told = json.loads(json.dumps(Report((undecided, passed)).to_dict(), allow_nan=False))
    assert told["outcomes"][0]["judgements"][0]["evidence"]["estimate"]["error"] == "inf"
    weakest = {"factor": 1e-13, "entry": 1e-12, "absolute": False}
    assert told["detects"] == {**weakest, "inputs": {"x": weakest}}
    assert Report((undecided,)).to_dict()["detects"] is None


def test_a_fact_that_holds_found_what_was_expected():
    assert Fact.either("same", True, "the same bits", "others").found == "the same bits"
    assert Fact.either("same", False, "the same bits", "others").found == "others"


def test_an_absolute_detection_is_in_no_unit_of_a_relative_one():
    zero, usual = Detects(1e-3, 1e-3, absolute=True), Detects(1e-9, 1e-8)
    over_inputs = weakest([{"x": zero}, {"w": usual}])
    assert over_inputs.weakest == usual
    assert weakest([{"x": zero}, {"x": Detects(0.5, 0.5)}]) == {"x": zero}
    assert weakest([{"x": zero}]).weakest == zero
    assert weakest([]).weakest is None
