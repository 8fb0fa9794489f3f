"""The committed schema is what the models say today."""

import json
from pathlib import Path

from gradcheck.cli import main

COMMITTED = Path(__file__).parents[3] / "cases" / "case.schema.json"


def test_the_committed_schema_is_current(capsys):
    assert main(["schema"]) == 0
    printed = capsys.readouterr().out
    repair = "python -m gradcheck schema > cases/case.schema.json"
    assert printed == COMMITTED.read_text(), repair


def test_the_schema_describes_a_file_of_cases():
    schema = json.loads(COMMITTED.read_text())
    assert schema["required"] == ["cases"]
    assert {"function", "inputs", "steps", "matrix", "xfail"} <= set(
        schema["$defs"]["CaseModel"]["properties"]
    )
