from collections.abc import Callable

from gradcheck.cases.symbols import MAX_VARIANTS, count
from gradcheck.vocabulary import Case

Read = Callable[[str], tuple[list[Case], list[str]]]
Wrong = Callable[[str], list[str]]

MATRIX = """\
    cases:
      - id: c
        function: sum(x) * $n
        inputs: {x: {shape: [$n, 2], low: $low, distribution: uniform, dtype: $kind}}
        matrix: {n: [1, 8], low: [-1.5], kind: [float32, float64]}
"""


def test_there_is_a_variant_for_every_combination_in_order(read: Read) -> None:
    cases, mistakes = read(MATRIX)
    assert mistakes == []
    assert [case.id for case in cases] == [
        "a.yaml::c[1--1.5-float32]",
        "a.yaml::c[1--1.5-float64]",
        "a.yaml::c[8--1.5-float32]",
        "a.yaml::c[8--1.5-float64]",
    ]
    generator = cases[2].inputs["x"].generator
    assert generator is not None
    assert (generator.shape, generator.low, cases[2].inputs["x"].dtype) == ((8, 2), -1.5, "float32")


def test_symbols_stand_in_expectations_and_in_literals(read: Read) -> None:
    cases, mistakes = read("""\
        cases:
          - id: c
            function: x * 2
            inputs: {x: $x}
            expect: {value: $y}
            matrix: {x: [1.0], y: [2]}
    """)
    assert mistakes == []
    assert (cases[0].inputs["x"].data, cases[0].expect.value) == (1.0, 2)


def test_reserved_names_set_floating_inputs_that_do_not_say_otherwise(read: Read) -> None:
    cases, mistakes = read("""\
        cases:
          - id: c
            function: sum(x) + y + z
            inputs:
              x: {shape: [2]}
              y: {shape: [2], dtype: float64, layout: contiguous}
              z: 1.5
              i: {shape: [2], distribution: integers}
              b: {data: true, dtype: bool}
            matrix: {dtype: [float32], layout: [strided]}
    """)
    assert mistakes == []
    assert {name: (x.dtype, x.layout) for name, x in cases[0].inputs.items()} == {
        "x": ("float32", "strided"),
        "y": ("float64", "contiguous"),
        "z": ("float32", "strided"),
        "i": ("int64", "contiguous"),
        "b": ("bool", "contiguous"),
    }


def test_unused_and_undeclared_names_are_mistakes(wrong: Wrong) -> None:
    assert wrong("function: x\ninputs: {x: {shape: [$m]}}\nmatrix: {n: [1]}") == [
        "a.yaml:4:26: undeclared name '$m'; names: $n",
        "a.yaml:5:14: '$n' is declared but never used",
    ]


def test_without_a_matrix_the_message_says_where_to_declare(wrong: Wrong) -> None:
    assert wrong("function: x * $m\ninputs: {x: 1}") == [
        "a.yaml:3:19: undeclared name '$m'; declare its values in 'matrix'"
    ]


def test_a_dollar_elsewhere_is_only_a_dollar(case_of: Callable[[str], Case]) -> None:
    assert case_of("function: x\ninputs: {x: 1}\nskip: costs $5").skip == {"*": "costs $5"}


def test_values_that_stand_twice_or_are_not_allowed_are_mistakes(wrong: Wrong) -> None:
    keys = "function: x * $n\ninputs: {x: 1}\nmatrix: {n: [1, 1], dtype: [int64], layout: [odd]}"
    assert [line.partition("; ")[0] for line in wrong(keys)] == [
        "a.yaml:5:21: 1 stands twice in 'matrix'",
        "a.yaml:5:33: unknown dtype of 'matrix' 'int64'",
        "a.yaml:5:50: unknown layout of 'matrix' 'odd'",
    ]


def test_a_dtype_that_does_not_exist_is_one_mistake(wrong: Wrong) -> None:
    keys = "function: x\ninputs: {x: {shape: [2], dtype: $dtype}}\nmatrix: {dtype: [loat32]}"
    (mistake,) = wrong(keys)
    assert "unknown dtype of 'matrix' 'loat32'; did you mean 'float32'?" in mistake


def test_variants_of_one_name_are_a_mistake(wrong: Wrong) -> None:
    keys = "function: exp(x, a=$n, b=$m)\ninputs: {x: 1}\nmatrix: {n: [a-b, a], m: [c, b-c]}"
    assert wrong(keys) == ["a.yaml:5:13: two variants are called 'a-b-c'"]


def test_variants_are_counted_before_they_are_made(wrong: Wrong) -> None:
    values = list(range(150))
    keys = f"function: x * $a * $b\ninputs: {{x: 1}}\nmatrix: {{a: {values}, b: {values}}}"
    assert f"22,500 variants; a case has at most {MAX_VARIANTS:,}" in wrong(keys)[0]
    assert count({"a": [1, 2], "b": [1, 2, 3], "c": 4}) == 6
    assert count(None) == 1
