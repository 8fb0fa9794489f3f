import json
from typing import Any

import pytest
from pydantic import ValidationError

from gradcheck.cases import schema as models
from gradcheck.cases.schema import CaseModel, Known, schema


def test_the_schema_is_json_and_describes_every_key() -> None:
    made = schema()
    json.dumps(made, allow_nan=False)
    assert made["required"] == ["cases"]
    case = made["$defs"]["CaseModel"]
    undescribed = [key for key, entry in case["properties"].items() if "description" not in entry]
    assert undescribed == []
    assert case["additionalProperties"] is False


def test_the_schema_knows_distributions_and_symbols() -> None:
    properties = schema()["$defs"]["GeneratorModel"]["properties"]
    choices, symbol = properties["distribution"]["anyOf"]
    assert {"normal", "uniform", "spd", "one_hot"} <= set(choices["enum"])
    assert symbol == {"type": "string", "pattern": models.SYMBOL}
    assert symbol in properties["shape"]["items"]["anyOf"]


def validate(**keys: Any) -> CaseModel:
    known = Known(["exp"], ["vjp"], ["engine"], ["sign"])
    return CaseModel.model_validate({"id": "a", "inputs": {"x": 1}} | keys, context=known)


def test_a_number_may_be_written_as_an_integer() -> None:
    assert validate(tolerance={"rtol": 1}).tolerance.rtol == 1.0  # type: ignore[union-attr]


def test_a_reason_is_for_all_engines() -> None:
    assert validate(xfail="slow").xfail == {"*": "slow"}
    assert validate(skip={"engine": "slow", "*": "all"}).skip == {"engine": "slow", "*": "all"}


@pytest.mark.parametrize(
    "keys",
    [
        {"id": "a b"},
        {"id": "[a]"},
        {"id": "a::b"},
        {"id": "1a"},
        {"inputs": {}},
        {"inputs": {"x y": 1}},
        {"inputs": {"lambda": 1}},
        {"inputs": {"__debug__": 1}},
        {"inputs": {"x": "a"}},
        {"inputs": {"x": {"shape": [1.5]}}},
        {"inputs": {"x": {"shape": [True]}}},
        {"inputs": {"x": {"shape": ["2"]}}},
        {"inputs": {"x": {"shape": [1], "seed": -1}}},
        {"inputs": {"x": {"shape": [1], "dtype": "float"}}},
        {"inputs": {"x": {"shape": [1], "layout": "C"}}},
        {"inputs": {"x": {"shape": [1], "differentiable": 1}}},
        {"inputs": {"x": {"shape": [1], "domain": [1]}}},
        {"function": ""},
        {"checks": ["nothing"]},
        {"engines": ["nothing"]},
        {"engines": "engine"},
        {"tags": ["a b"]},
        {"xfail": True},
        {"xfail": ""},
        {"xfail": {"nothing": "reason"}},
        {"tolerance": {"rtol": -1.0}},
        {"tolerance": {"rtol": float("inf")}},
        {"tolerance": 1e-3},
        {"kink": "any"},
        {"fault": {"operation": "exp"}},
        {"fault": {"operation": "nothing", "kind": "scale"}},
        {"fault": {"operation": "exp", "kind": "nothing"}},
        {"expect": {"verdict": "PASS"}},
        {"expect": 3},
        {"benchmark": True},
        {"benchmark": {"sizes": {"n": []}}},
        {"matrix": {"n": 3}},
        {"matrix": {"n": []}},
        {"matrix": {"n": ["a b"]}},
        {"matrix": {"n": [[1]]}},
        {"steps": []},
        {"steps": [{"cleargrad": []}]},
        {"steps": [{"cleargrad": "x"}]},
        {"steps": [{"backward": True}]},
        {"let": {"a b": "x"}},
        {"nothing": 1},
    ],
)
def test_what_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        validate(**keys)


def test_findings_are_known_by_name(wrong):
    [message] = wrong("function: x\ninputs: {x: 1.0}\nexpect: {verdict: fail, finding: sgn}")
    assert "unknown finding 'sgn'; did you mean 'sign'?" in message
