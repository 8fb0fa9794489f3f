"""The ten messages of the contract, word for word."""

import pytest

KEYS = (
    "avoid, differentiable, distribution, domain, dtype, high, layout, low, margin, scale, seed, "
    "shape"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "cases:\n  - {id: a, function: add(x, x), inputs: {x: 3.0}}",
            '2:23: a comma ends a value inside {…}: quote the expression: function: "add(x, x)"',
            id="a comma in braces",
        ),
        pytest.param(
            "cases:\n  - id: a\n    function: exp(x) * $n\n    matrix: {n: [1]}\n"
            "    inputs: {x: {shape: [$n*2]}}",
            "5:26: a `$` name stands alone, without arithmetic; found '$n*2': declare another "
            "name in 'matrix'",
            id="arithmetic on a $ name",
        ),
        pytest.param(
            "cases:\n  - id: a\n    function: @exp(x)",
            "3:15: a value cannot begin with @: quote it",
            id="no quote before @",
        ),
        pytest.param(
            "cases:\n  - id: a\n    function: *x\n    inputs: {x: 1}",
            '3:15: an alias, *x; a value that begins with * is quoted: "*…"',
            id="no quote before *",
        ),
        pytest.param(
            "cases:\n  - id: a\n    function: exp(x)\n    inputs: {x: {shpae: [3]}}",
            f"4:18: unknown key 'shpae' in input 'x'; did you mean 'shape'? keys: {KEYS}",
            id="a wrong key",
        ),
        pytest.param(
            "cases:\n  - id: a\n    function: sum(sofmax(x))\n    inputs: {x: 1}",
            "3:19: unknown operation 'sofmax'; did you mean 'softmax'? operations: add, exp, log, "
            "mean, softmax, square, sum, transpose, triple, where",
            id="a wrong operation",
        ),
        pytest.param(
            "cases:\n  - id: a\n    function: exp(x)\n    inputs: {x: [1, 2, 3]}\n"
            "    expect: {gradient: {x: [1, 2]}}",
            "5:28: the gradient of input 'x' has its shape, [3]; found [2]",
            id="a shape that does not fit",
        ),
        pytest.param(
            "cases:\n  - id: a\n    function: exp(x)\n    matrix: {rows: [1]}\n"
            "    inputs: {x: {shape: [$rows, $row]}}",
            "5:33: undeclared name '$row'; did you mean '$rows'? names: $rows",
            id="an undeclared name",
        ),
        pytest.param(
            "cases:\n  - {id: a, function: exp(x), inputs: {x: 1}}\n"
            "  - {id: a, function: exp(x), inputs: {x: 1}}",
            "3:10: the id 'a' stands twice; first at a.yaml:2:10",
            id="a duplicate slug",
        ),
        pytest.param(
            'cases:\n  - id: a\n    function: exp(x)\n    inputs: {x: "1e-6"}',
            "4:17: expected a number for input 'x', found the text '1e-6'; "
            "write 1e-6, without quotes",
            id="a number as text",
        ),
        pytest.param(
            "cases:\n  - id: a\n\tfunction: exp(x)",
            "3:1: a tab; YAML indents with blanks",
            id="a tab",
        ),
    ],
)
def test_message(read, text: str, message: str) -> None:  # type: ignore[no-untyped-def]
    _, mistakes = read(text)
    assert mistakes == [f"a.yaml:{message}"]


def test_a_number_that_yaml_1_1_reads_as_text_is_a_number(case_of) -> None:  # type: ignore[no-untyped-def]
    assert case_of("function: exp(x)\ninputs: {x: 1e-6}").inputs["x"].data == 1e-6
