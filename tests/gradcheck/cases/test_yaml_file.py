import string
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradcheck.cases import yaml_file
from gradcheck.cases.schema import Known
from gradcheck.cases.yaml_file import MAX_BYTES, read_yaml
from gradcheck.vocabulary import Case

Read = Callable[[str], tuple[list[Case], list[str]]]

GOOD = """\
cases:
  - id: composite
    function: triple(exp(square(x)))
    inputs: {x: 0.5}
    expect: {gradient: {x: 6.351000049838023}}
  - id: steps
    inputs: {x: 3.0}
    let: {z: "add(x, x)"}
    steps:
      - {function: "add(z, x)", expect: {gradient: {x: 2.0}}}
      - {cleargrad: [x]}
      - {backward: again}
  - id: matrix
    function: -mean(sum(t * log(x), axis=1)) * $n
    inputs:
      x: {shape: [$n, 5], distribution: positive, avoid: [1.0]}
      t: {shape: [$n, 5], distribution: one_hot, differentiable: false}
    matrix: {n: [1, 8], dtype: [float32, float64]}
    checks: [vjp, jvp]
    engines: [engine, torch]
    tags: [loss]
    xfail: {torch: reason}
    tolerance: {rtol: 1e-6, atol: 0}
    fault: {operation: log, kind: scale, factor: 1.1}
"""


def test_a_good_file_has_cases_and_no_mistakes(read: Read) -> None:
    cases, mistakes = read(GOOD)
    assert mistakes == []
    assert [case.id for case in cases] == [
        "a.yaml::composite",
        "a.yaml::steps",
        "a.yaml::matrix[1-float32]",
        "a.yaml::matrix[1-float64]",
        "a.yaml::matrix[8-float32]",
        "a.yaml::matrix[8-float64]",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: expected the key 'cases' with a list of cases, found nothing"),
        ("[1]", "1:1: expected the key 'cases' with a list of cases, found a list of 1"),
        ("{}", "1:1: the file lacks the key 'cases'"),
        ("cases: 3", "1:8: expected a list for 'cases', found the number 3"),
        ("cases: []\ncase: 1", "2:1: unknown key 'case' in the file; did you mean 'cases'?"),
    ],
)
def test_what_a_file_must_be(read: Read, text: str, message: str) -> None:
    (mistake,) = read(text)[1]
    assert mistake.startswith(f"a.yaml:{message}")


def test_a_case_with_a_mistake_spoils_no_other(read: Read) -> None:
    cases, mistakes = read(GOOD.replace("cleargrad: [x]", "cleargrad: [q]"))
    assert len(mistakes) == 1
    assert {case.slug for case in cases} == {"composite", "matrix"}


def test_a_case_with_a_mistake_in_its_yaml_is_left_out(read: Read) -> None:
    cases, mistakes = read(GOOD.replace("tags: [loss]", "tags: [loss]\n    tags: [loss]"))
    assert mistakes == ["a.yaml:22:5: the key 'tags' stands twice; first in line 21"]
    assert {case.slug for case in cases} == {"composite", "steps"}


def test_mistakes_before_a_syntax_error_are_told_too(read: Read) -> None:
    cases, mistakes = read(GOOD.replace("triple", "tripel").replace("tags: [loss]", "tags: @"))
    assert [line.split(": ")[0] for line in mistakes] == ["a.yaml:3:15", "a.yaml:21:11"]
    assert [case.slug for case in cases] == ["steps"]


def test_of_two_cases_of_one_id_the_second_is_left_out(read: Read) -> None:
    cases, mistakes = read(GOOD.replace("id: steps", "id: composite"))
    assert mistakes == ["a.yaml:6:9: the id 'composite' stands twice; first at a.yaml:2:9"]
    assert [case.slug for case in cases if not case.symbols] == ["composite"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"cases:\n  - \xff", "2:5: not UTF-8"),
        ("cases: []".encode("utf-16"), "1:1: not UTF-8"),
        (b"cases:\n  - id: a\x00b", "2:10: the character U+0000"),
        (b"cases:\r  - id: a\r\n\x1b", "3:1: the character U+001B"),
        (b"cases: \x1b", "1:8: the character U+001B"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, known: Known, data: bytes, message: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    _, (mistake,) = read_yaml(path, "a.yaml", known)
    assert str(mistake) == f"a.yaml:{message}"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path, known: Known) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert read_yaml(path, "a.yaml", known)[1] == []


def test_the_size_is_looked_at_before_reading(tmp_path: Path, known: Known) -> None:
    path = tmp_path / "a.yaml"
    with path.open("wb") as file:
        file.truncate(10**12)
    _, (mistake,) = read_yaml(path, "a.yaml", known)
    assert str(mistake) == f"a.yaml: 1,000,000,000,000 bytes; a case file has at most {MAX_BYTES:,}"


def test_variants_are_counted_over_the_whole_file(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_file, "MAX_NODES", 60)
    cases, mistakes = read(GOOD)
    assert [case.slug for case in cases] == ["composite", "steps"]
    assert mistakes == ["a.yaml:13:5: the variants so far hold more than 60 values: reading ends"]


def test_a_thousand_cases_are_read_in_a_moment(read: Read) -> None:
    text = "cases:\n" + "".join(
        f"  - id: c{i}\n    function: triple(exp(square(x))) * {i}\n    inputs: {{x: 0.5}}\n"
        for i in range(1000)
    )
    start = time.process_time()
    cases, mistakes = read(text)
    assert time.process_time() - start < 1.0
    assert (len(cases), mistakes) == (1000, [])


_edits = st.lists(
    st.tuples(
        st.integers(0, len(GOOD)),
        st.integers(0, 12),
        st.text(string.printable, max_size=6) | st.sampled_from(["*a", "&b ", "!t ", "$n", "é"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_edits)
def test_a_damaged_file_gives_cases_or_mistakes_in_the_file(
    tmp_path: Path, known: Known, edits: list[tuple[int, int, str]]
) -> None:
    text = GOOD
    for start, length, instead in edits:
        text = text[:start] + instead + text[start + length :]
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    cases, mistakes = read_yaml(path, "a.yaml", known)
    assert cases or mistakes
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for mistake in mistakes:
        assert mistake.place.line <= len(lines)
        assert mistake.place.column <= len(lines[mistake.place.line - 1]) + 1
