from collections.abc import Callable

import numpy as np
import pytest

from gradcheck.cases.expression import Program
from gradcheck.vocabulary import Case, Expectation

Read = Callable[[str], tuple[list[Case], list[str]]]


def test_a_case_computes(read: Read) -> None:
    cases, mistakes = read("""\
        cases:
          - id: c
            let: {z: "x @ w", p: exp(z)}
            function: sum(p, axis=1) * $n
            inputs: {x: [[1, 2]], w: [[0], [1]]}
            matrix: {n: [1, 10]}
    """)
    assert mistakes == []
    for case, factor in zip(cases, (1, 10), strict=True):
        assert case.function is not None
        y = case.function(np, x=np.array([[1.0, 2.0]]), w=np.array([[0.0], [1.0]]))
        assert y == pytest.approx(factor * np.exp(2.0))
    assert cases[0].source == "z = x @ w\np = exp(z)\nsum(p, axis=1) * $n"


def test_variants_without_constants_share_a_program(read: Read) -> None:
    cases, _ = read("""\
        cases:
          - id: c
            function: sum(x)
            inputs: {x: {shape: [$n]}}
            matrix: {n: [1, 10]}
    """)
    assert cases[0].function is cases[1].function
    assert isinstance(cases[0].function, Program)


def test_steps(read: Read) -> None:
    cases, mistakes = read("""\
        cases:
          - id: c
            inputs: {x: 3.0, y: 1.0}
            let: {z: x + y}
            steps:
              - {function: "add(z, x)", expect: {gradient: {x: 2.0}}}
              - {cleargrad: [x]}
              - {backward: again, expect: {value: 7.0}}
              - {cleargrad: all}
    """)
    assert mistakes == []
    first, clear, again, clear_all = cases[0].steps
    assert first.function is not None
    assert first.function(np, x=3.0, y=1.0) == 7.0
    assert first.expect == Expectation(gradient={"x": 2.0})
    assert first.source == "z = x + y\nadd(z, x)"
    assert (clear.cleargrad, clear.function, clear.again) == (("x",), None, False)
    assert (again.again, again.expect.value) == (True, 7.0)
    assert clear_all.cleargrad == ("x", "y")
    assert cases[0].function is None


def test_flaws_of_let_and_of_each_step_have_their_columns(read: Read) -> None:
    _, mistakes = read("""\
        cases:
          - id: c
            inputs: {x: 3.0}
            let: {z: x + q}
            steps: [{function: z * r}, {function: "exp(z) + r"}]
    """)
    assert mistakes == [
        "a.yaml:4:18: unknown name 'q'; names: x",
        "a.yaml:5:28: unknown name 'r'; names: x, z",
        "a.yaml:5:53: unknown name 'r'; names: x, z",
    ]


def test_a_case_that_is_no_mapping(read: Read) -> None:
    assert read("cases: [text, 3]")[1] == [
        "a.yaml:1:9: expected a case, a mapping with 'id', found the text 'text'",
        "a.yaml:1:15: expected a case, a mapping with 'id', found the number 3",
    ]


def test_the_place_of_a_case_is_where_it_begins(read: Read) -> None:
    cases, _ = read("cases:\n  - id: a\n    function: x\n    inputs: {x: 1}\n")
    assert str(cases[0].place) == "a.yaml:2:5"
