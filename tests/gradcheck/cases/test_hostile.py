"""Files made to hang, crash or run code: each gives mistakes, quickly, in little memory."""

import itertools
import resource
import time
from pathlib import Path

import pytest

from gradcheck.cases.schema import Known
from gradcheck.cases.yaml_file import read_yaml

SECONDS = 10.0
"""About one on a quiet machine; what is not linear takes minutes."""

CASE = 'cases:\n  - {id: a, inputs: {x: 1.0}, function: "%s"}\n'
LEVELS = "abcdefghijklmnop"


def bomb() -> str:
    lines = [f"a: &a [{'x,' * 9}]"]
    lines += [f"{b}: &{b} [{f'*{a},' * 9}]" for a, b in itertools.pairwise(LEVELS)]
    return "\n".join(lines)


def cases(line: str, count: int) -> str:
    return "cases:\n" + "".join(f"  - {{id: a{i}, {line}}}\n" for i in range(count))


HOSTILE: dict[str, str | bytes] = {
    "alias bomb": bomb(),
    "a million aliases": "[" + "*a," * 1_000_000 + "]",
    "100,000 brackets": "[" * 100_000,
    "8 million brackets": "[" * 8_000_000,
    "100,000 braces": "{a: " * 100_000,
    "100,000 dashes": "- " * 100_000,
    "100,000 question marks": "? " * 100_000,
    "2,000 levels of indentation": "".join(" " * i + "a:\n" for i in range(2000)),
    "a Python object": "cases: !!python/object/apply:os.system ['true']",
    "duplicate keys": "{" + "a: 1," * 1_000_000 + "}",
    "an expression in 200,000 pieces": "cases: [{function: add(" + "x, " * 200_000 + "}]",
    "a tower of powers": CASE % "9**9**9**9",
    "a tower in an index": CASE % "x[9**9**9**9]",
    "an attribute": CASE % "x.tofile('a')",
    "a class": CASE % "().__class__.__mro__",
    "an import": CASE % "__import__('os').system('true')",
    "a lambda": CASE % "(lambda: x)()",
    "1,900 signs": CASE % ("-" * 1900 + "x"),
    "1,900 parentheses": CASE % ("(" * 1900),
    "an expression of a megabyte": CASE % ("x+" * 1_000_000),
    "one line of 8 MB": "cases: " + "x" * 8_000_000,
    "one line of 10 MB": "x" * 10_000_000,
    "an integer of 5,000 digits": f"cases: [{{id: a, inputs: {{x: {'1' * 5000}}}, function: x}}]",
    "an integer of 8 MB": "cases: " + "1" * 8_000_000,
    "a NUL byte": "cases:\0",
    "not UTF-8": b"cases: \xff\xfe",
    "UTF-16": "cases: []".encode("utf-16"),
    "a shape of 8 TB": "cases: [{id: a, inputs: {x: {shape: [1000000, 1000000]}}, function: x}]",
    "a shape of 300 digits": (
        f"cases: [{{id: a, inputs: {{x: {{shape: [{'9' * 300}]}}}}, function: x}}]"
    ),
    "an empty shape that no array can have": (
        "cases: [{id: a, inputs: {x: {shape: [0, 4611686018427387904, 4]}}, function: x}]"
    ),
    "4 million numbers": "cases: [" + "1," * 4_000_000 + "]",
    "a literal of 900,000": f"cases: [{{id: a, inputs: {{x: [{'1,' * 900_000}]}}, function: x}}]",
    "ragged rows": f"cases: [{{id: a, inputs: {{x: [{'[1],' * 40_000} 1]}}, function: x}}]",
    "700,000 keys": "{" + "".join(f"k{i}: 1," for i in range(700_000)) + "}",
    "40,000 unknown keys": cases(",".join(f"k{i}: 1" for i in range(40_000)), 1),
    "40,000 let values": cases(
        "function: x, inputs: {x: 1}, let: {" + ",".join(f"z{i}: x" for i in range(40_000)) + "}", 1
    ),
    "40,000 inputs": cases(
        "function: x, inputs: {" + ",".join(f"z{i}: 1" for i in range(40_000)) + "}", 1
    ),
    "10,000 steps with 1,000 let values": cases(
        "inputs: {x: 1}, let: {"
        + ",".join(f"z{i}: x" for i in range(1000))
        + "}, steps: ["
        + "{function: x}," * 10_000
        + "]",
        1,
    ),
    "a billion variants": cases(
        f"function: x * $a * $b * $c, inputs: {{x: 1}}, matrix: "
        f"{{a: {list(range(1000))}, b: {list(range(1000))}, c: {list(range(1000))}}}",
        3,
    ),
    "10 million variants": cases(
        f"function: x * $a * $b, inputs: {{x: 1}}, matrix: "
        f"{{a: {list(range(100))}, b: {list(range(100))}}}",
        1000,
    ),
    "40,000 wrong operations": cases("function: exq(x), inputs: {x: 1}", 40_000),
    "an id of 7 MB": f"cases: [{{id: '{'a' * 7_000_000}!', function: x, inputs: {{x: 1}}}}]",
    "3 million dollars": f"cases: [{{id: a, function: x, inputs: {{x: '{'$a' * 3_000_000}'}}}}]",
    "8 million quotes": "'" * 8_000_000,
    "8 million line breaks": "\n" * 8_000_000,
    "8 million colons": ":" * 8_000_000,
    "2 million documents": "---\n" * 2_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gives_mistakes_soon(tmp_path: Path, known: Known, name: str) -> None:
    content = HOSTILE[name]
    path = tmp_path / "a.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    made, mistakes = read_yaml(path, "a.yaml", known)
    assert time.process_time() - start < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 250_000
    assert mistakes
    assert len(made) < 40_000
    assert max(len(str(mistake)) for mistake in mistakes) < 500
