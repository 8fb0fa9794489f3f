from pathlib import Path

import pytest

from gradcheck.api import load_cases
from gradcheck.bench.identity import case_hash

TEXT = """from gradcheck import case

def helper(xp, x):
    return xp.sin(x)

@case(inputs={"x": 0.5}, matrix={"n": [2]}, tags=["a"])
def f(xp, x, n):
    return helper(xp, x) * n
"""


def hash_of(folder: Path, text: str, name: str = "a.py") -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return case_hash(load_cases(folder / name)[0])


@pytest.fixture
def known(tmp_path: Path) -> str:
    return hash_of(tmp_path / "known", TEXT)


def test_a_hash_is_of_what_is_computed_and_not_of_where_or_how_it_is_judged(tmp_path, known):
    assert hash_of(tmp_path / "elsewhere", TEXT, "b.py") == known
    assert hash_of(tmp_path / "tagged", TEXT.replace('["a"]', '["b", "c"]')) == known
    timed = TEXT.replace("tags", 'benchmark={"sizes": {"n": [9]}}, tags')
    assert hash_of(tmp_path / "timed", timed) == known


@pytest.mark.parametrize(
    ("old", "new"),
    [("* n", "+ n"), ("xp.sin", "xp.cos"), ("0.5", "0.25"), ("[2]", "[3]")],
    ids=["function", "what it calls", "input", "value"],
)
def test_a_hash_changes_with_what_is_computed(tmp_path, known, old, new):
    assert hash_of(tmp_path / "other", TEXT.replace(old, new)) != known


def test_expressions_and_steps_count(tmp_path):
    case = "cases: [{{id: c, inputs: {{x: 1.0}}, {}}}]"
    texts = [
        "function: square(x)",
        "function: exp(x)",
        "steps: [{function: exp(x)}]",
        "steps: [{function: exp(x)}, {backward: again}]",
        "steps: [{function: exp(x)}, {cleargrad: all}, {function: exp(x)}]",
    ]
    found = {hash_of(tmp_path, case.format(text), "a.yaml") for text in texts}
    assert len(found) == len(texts)
