"""`benchmark`: the variants of a case at the sizes to time it at, and `$` values in Python."""

from pathlib import Path

import numpy as np
import pytest

from gradcheck.api import load_cases, read_cases
from gradcheck.cases import MissingPath
from gradcheck.vocabulary import Case

TEXT = """cases:
  - id: c
    function: sum(x) * $k
    inputs: {x: {shape: [$n]}}
    matrix: {n: [2, 3], k: [5, 7]}
    benchmark: {sizes: {n: [10, 100]}, phases: [forward], largest: {jax: {n: 10}}}
"""


def written(folder: Path, text: str, name: str = "a.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def sizes(case: Case) -> list[str]:
    return [sized.variant for sized in case.sized]


def test_a_case_has_variants_at_its_sizes_with_its_other_values(tmp_path):
    cases = load_cases(written(tmp_path, TEXT))
    assert [case.variant for case in cases] == ["2-5", "2-7", "3-5", "3-7"]
    assert [sizes(case) for case in cases] == [["10-5", "100-5"], ["10-7", "100-7"]] * 2
    assert cases[0].sized[1].inputs["x"].generator.shape == (100,)
    assert cases[0].sized[0].function(np, x=np.ones(2)) == 10.0


def test_a_case_without_sizes_is_timed_as_it_stands(tmp_path):
    text = "cases: [{id: c, function: x, inputs: {x: 1.0}, benchmark: {}}]"
    [case] = load_cases(written(tmp_path, text))
    assert case.sized == ()
    assert case.benchmark.phases == ("forward", "backward", "check")


def test_a_size_is_found_by_its_name_and_by_nothing_else(tmp_path):
    path = written(tmp_path, TEXT)
    [case] = load_cases(f"{path}::c[100-7]")
    assert (case.variant, case.inputs["x"].generator.shape) == ("100-7", (100,))
    assert len(load_cases(f"{path}::c")) == 4
    with pytest.raises(MissingPath, match="no case"):
        load_cases(f"{path}::c[1000-7]")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{phases: [forwards]}", "did you mean 'forward'?"),
        ("{phases: []}", "phases"),
        ("{largest: {jaxx: {n: 1}}}", "did you mean 'jax'?"),
        ("{sizes: {n: [5]}, largest: {check: {m: 1}}}", "unknown size 'm'; sizes: n"),
        ("{sizes: {n: [-5]}}", "shape"),
    ],
)
def test_what_is_wrong_with_a_benchmark_is_told(tmp_path, declared, message):
    text = f"""cases:
  - id: c
    function: sum(x)
    inputs: {{x: {{shape: [$n]}}}}
    matrix: {{n: [2]}}
    benchmark: {declared}
"""
    loaded = read_cases([str(written(tmp_path, text))], tmp_path)
    [mistake] = loaded.mistakes
    assert message in str(mistake)


PYTHON = """from gradcheck import case

@case(inputs={"x": 0.5}, matrix={"n": [2]}, benchmark={"sizes": {"n": [4]}})
def chain(xp, x, n):
    for _ in range(n):
        x = xp.add(x, x)
    return x
"""


def test_a_python_function_takes_the_values_that_its_parameters_name(tmp_path):
    [case] = load_cases(written(tmp_path, PYTHON, "a.py"))
    add = np  # np.add is the operation
    assert case.function(add, x=1.0) == 4.0
    assert case.sized[0].function(add, x=1.0) == 16.0
    assert case.source == "chain"


def test_a_value_that_no_parameter_takes_is_still_unused(tmp_path):
    text = PYTHON.replace("x, n)", "x)").replace("range(n)", "range(3)")
    loaded = read_cases([str(written(tmp_path, text, "a.py"))], tmp_path)
    assert "'$n' is declared but never used" in str(loaded.mistakes[0])
