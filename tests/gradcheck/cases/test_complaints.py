"""The messages about keys and values; the ten of the contract stand in test_messages.py."""

from collections.abc import Callable

import pytest

from gradcheck.cases.complaints import container, doubled, keys_at
from gradcheck.cases.schema import CaseModel, PythonCaseModel
from gradcheck.vocabulary import Place

Wrong = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("inputs: 3\nfunction: '1'", "3:13: expected a mapping for 'inputs', found the number 3"),
        ("function: '1'", "2:5: case 'c' lacks the key 'inputs'"),
        ("inputs: {x: 1}", "2:5: case 'c' lacks the key 'function' (or 'steps')"),
        (
            "function: x\ninputs: {x: {shape: [2.5]}}",
            "4:26: expected a whole number for 'shape' of input 'x', found the number 2.5",
        ),
        (
            "function: x\ninputs: {x: {shape: [-1]}}",
            "4:26: expected a number not below 0 for 'shape' of input 'x', found the number -1",
        ),
        (
            "function: x\ninputs: {x: {shape: [1], differentiable: no}}",
            "4:46: expected true or false for 'differentiable' of input 'x', found the text 'no';",
        ),
        (
            "function: x\ninputs: {x: {shape: [1], distribution: unifrom}}",
            "4:44: unknown distribution 'unifrom'; did you mean 'uniform'? distributions: ",
        ),
        (
            "function: x\ninputs: {x: 1}\nexpect: {verdict: Fail}",
            "5:23: expected 'pass', 'fail', 'inconclusive' or 'error' for 'verdict' of 'expect', f",
        ),
        (
            "function: x\ninputs: {x: 1}\ntags: loss",
            "5:11: expected a list for 'tags', found the text 'loss'",
        ),
        (
            "function: x\ninputs: {x: 1}\nchecks: [vpj]",
            "5:14: unknown check 'vpj'; did you mean 'vjp'? checks: ",
        ),
        (
            "function: x\ninputs: {x: 1}\nxfail: {troch: reason}",
            "5:13: unknown engine 'troch'; did you mean 'torch'? engines: engine, jax, torch",
        ),
        (
            "function: x\ninputs: {x: 1}\nskip: true",
            "5:11: expected a reason, or reasons by engine for 'skip', found true",
        ),
        (
            "function: x\ninputs: {x: {value: 1, dtype: int64}}",
            "4:18: unknown key 'value' in input 'x'; did you mean 'data'? keys: ",
        ),
        (
            "inputs: {x: 1}\nsteps: [{functon: x}]",
            "4:14: unknown key 'functon' in step 1; did you mean 'function'? keys: backward, ",
        ),
    ],
)
def test_each_mistake_has_its_place_and_words(wrong: Wrong, keys: str, message: str) -> None:
    found = wrong(keys)
    assert [line[: len(message) + 7] for line in found][:1] == [f"a.yaml:{message}"]


def test_a_misspelt_key_is_not_also_a_missing_one(wrong: Wrong) -> None:
    assert len(wrong("function: x\ninputs: {x: {shpae: [3]}}")) == 1
    assert len(wrong("function: x\ninputs: {x: {dims: [3]}}")) == 1


def test_mistakes_of_all_keys_come_at_once_in_order(wrong: Wrong) -> None:
    found = wrong("function: xx\ninputs: {x: {shape: [a], low: b}}\ntags: 3\ntolerance: {r: 1}")
    assert [line.split(": ")[0] for line in found] == [
        "a.yaml:3:15",
        "a.yaml:4:26",
        "a.yaml:4:35",
        "a.yaml:5:11",
        "a.yaml:6:17",
    ]


def test_a_mistake_is_said_once_for_all_variants(wrong: Wrong) -> None:
    assert len(wrong("function: q * $n\ninputs: {x: 1}\nmatrix: {n: [1, 2, 3]}")) == 1


def test_containers_have_names() -> None:
    assert container((), "c") == "case 'c'"
    assert container((), "") == "this case"
    assert container(("inputs", "x"), "c") == "input 'x'"
    assert container(("steps", 1), "c") == "step 2"
    assert container(("expect", "gradient"), "c") == "'gradient'"


def test_an_id_that_stands_twice_is_told_with_both_places() -> None:
    places = [Place("a.yaml", line) for line in (1, 2, 3)]
    (mistake,) = doubled([("a", places[0]), (None, places[1]), ("a", places[2])])
    assert str(mistake) == "a.yaml:3: the id 'a' stands twice; first at a.yaml:1"


def test_keys_are_those_of_the_place() -> None:
    assert keys_at(("tolerance",), CaseModel) == ["rtol", "atol"]
    assert "data" in keys_at(("inputs", "x", "<literal>"), CaseModel)
    assert keys_at((), CaseModel)[:2] == ["id", "inputs"]
    assert "rule" in keys_at((), PythonCaseModel)


@pytest.mark.parametrize("key", ["<literal>", "[key]", "<", "''"])
def test_keys_that_look_like_pydantics_own_are_only_unknown(wrong: Wrong, key: str) -> None:
    name = key.strip("'")
    for keys in (f"'{name}': 1", f"tolerance: {{'{name}': 1}}"):
        found = wrong(f"function: x\ninputs: {{x: {{shape: [], '{name}': 1}}}}\n{keys}")
        assert [f"unknown key {name!r}" in line for line in found] == [True, True]
    (mistake,) = wrong(f"function: '1'\ninputs: {{'{name}': 1}}")
    assert mistake.startswith("a.yaml:4:14: expected letters, digits and _")
