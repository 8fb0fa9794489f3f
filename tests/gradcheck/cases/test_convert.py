from collections.abc import Callable

import pytest

from gradcheck.vocabulary import Benchmark, Case, Expectation, Fault, Generator, Input, Tolerance

CaseOf = Callable[[str], Case]


def test_a_literal_is_float64_unless_it_says_otherwise(case_of: CaseOf) -> None:
    case = case_of("""\
        function: x
        inputs:
          {x: 3, y: [1, 2.5], i: {data: 3, dtype: int64}, z: 1+2j, b: {data: [true], dtype: bool}}
    """)
    assert case.inputs["x"] == Input(data=3)
    assert {name: (x.dtype, x.differentiable) for name, x in case.inputs.items()} == {
        "x": ("float64", True),
        "y": ("float64", True),
        "i": ("int64", False),
        "z": ("complex128", True),
        "b": ("bool", False),
    }


def test_a_generator_keeps_all_its_keys(case_of: CaseOf) -> None:
    case = case_of("""\
        function: x
        inputs:
          x: {shape: [2, 3], distribution: uniform, low: -1, high: 1, domain: [-1, null],
              avoid: [0], margin: 0.01, seed: 7, dtype: float32, layout: fortran,
              differentiable: false}
          y: {shape: [2], distribution: permutation}
    """)
    assert case.inputs["x"] == Input(
        generator=Generator(
            shape=(2, 3),
            distribution="uniform",
            low=-1.0,
            high=1.0,
            domain=(-1.0, None),
            avoid=(0.0,),
            margin=0.01,
            seed=7,
        ),
        dtype="float32",
        layout="fortran",
        differentiable=False,
    )
    assert case.inputs["y"].dtype == "int64"


def test_the_options_of_a_case(case_of: CaseOf) -> None:
    case = case_of("""\
        function: x * $n
        inputs: {x: 1}
        matrix: {n: [2]}
        expect: {verdict: fail, finding: scale}
        checks: [vjp, jvp]
        engines: [engine, torch]
        tags: [loss]
        skip: {torch: why}
        tolerance: {rtol: 1e-6}
        kink: subgradient
        fault: {operation: exp, kind: scale, factor: 1.1}
        benchmark: {sizes: {n: [10, 100]}}
    """)
    assert case.expect == Expectation(verdict="fail", finding="scale")
    assert (case.checks, case.engines, case.tags) == (
        ("vjp", "jvp"),
        ("engine", "torch"),
        ("loss",),
    )
    assert (case.xfail, case.skip) == ({}, {"torch": "why"})
    assert case.tolerance == Tolerance(rtol=1e-6, atol=0.0)
    assert case.kink == "subgradient"
    assert case.fault == Fault("exp", "scale", 1.1)
    assert case.benchmark == Benchmark({"n": (10, 100)})


def test_what_is_not_said_is_left_open(case_of: CaseOf) -> None:
    case = case_of("function: x\ninputs: {x: 1}")
    assert case.expect == Expectation()
    assert (case.checks, case.engines, case.tags, case.kink) == ((), (), (), "")
    assert (case.tolerance, case.fault, case.benchmark, case.rule) == (None, None, None, None)


@pytest.mark.parametrize("value", ["[1, 2]", "1.5", "[[1+2j]]"])
def test_expected_numbers_come_as_they_stand(case_of: CaseOf, value: str) -> None:
    case = case_of(f"function: x\ninputs: {{x: 1}}\nexpect: {{value: {value}}}")
    assert str(case.expect.value).strip("()[]") == value.strip("[]")
