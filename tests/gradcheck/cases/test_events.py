import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.cases import events
from gradcheck.cases.document import MAX_DEPTH
from gradcheck.cases.events import MAX_ENTRIES, MAX_MISTAKES, build
from gradcheck.cases.scalars import BROKEN


def mistakes(text: str) -> list[str]:
    return [str(mistake) for mistake in build(text, "a.yaml").mistakes]


def test_plain_data_is_read() -> None:
    read = build("a: [1, 2.5, x, 'y', ~]\nb: {c: true}\n", "a.yaml")
    assert read.data == {"a": [1, 2.5, "x", "y", None], "b": {"c": True}}
    assert read.mistakes == []


def test_quoted_scalars_are_text() -> None:
    assert build("['1', \"true\", 1]", "a.yaml").data == ["1", "true", 1]


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text("abcdef", min_size=1), inner)
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(_json)
def test_json_comes_back_as_it_was(data: Any) -> None:
    read = build(json.dumps(data, ensure_ascii=False), "a.yaml")
    assert read.mistakes == []
    assert read.data == data


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_without_an_exception(text: str) -> None:
    read = build(text, "a.yaml")
    assert read.complete or read.mistakes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &b 1", "1:4: an anchor, &b; case files have none: quote the text"),
        ("a: *b", '1:4: an alias, *b; a value that begins with * is quoted: "*…"'),
        ("a: !!int 1", "1:4: a tag, 'tag:yaml.org,2002:int'; case files have none: quote the text"),
        ("a: 1\nb: 2\na: 3", "3:1: the key 'a' stands twice; first in line 1"),
        ("a: 1\n---\nb: 2", "2:1: a second document; a case file holds one"),
        ("1: a", "1:1: a key must be text; found the number 1: quote it"),
        ("true: a", "1:1: a key must be text; found true: quote it"),
        ("[a]: b", "1:1: a key must be text; found a list or a mapping"),
        ("? {a: b}\n: c", "1:3: a key must be text; found a list or a mapping"),
    ],
)
def test_what_case_files_do_not_have(text: str, message: str) -> None:
    assert mistakes(text) == [f"a.yaml:{message}"]


def test_keys_of_yaml_1_1_booleans_are_text() -> None:
    assert build("{no: 1, y: 2, on: 3}", "a.yaml").data == {"no": 1, "y": 2, "on": 3}


def test_what_cannot_be_read_is_marked() -> None:
    assert build("a: *b\nc: 1", "a.yaml").data == {"a": BROKEN, "c": 1}


@pytest.mark.parametrize(
    ("text", "key", "whole"),
    [
        ("{f: add(x, x)}", "f", "add(x, x)"),
        ("{f: add(x, 1, y), g: 2}", "f", "add(x, 1, y)"),
        ("{f: sum(x, axis=(0, 1))}", "f", "sum(x, axis=(0, 1))"),
        ("{let: {z: add(x, y)}}", "z", "add(x, y)"),
    ],
)
def test_a_comma_in_braces_is_explained_and_repaired(text: str, key: str, whole: str) -> None:
    read = build(text, "a.yaml")
    (mistake,) = read.mistakes
    assert mistake.message == (
        f'a comma ends a value inside {{…}}: quote the expression: {key}: "{whole}"'
    )
    data = read.data.get("let", read.data)
    assert data[key] == whole
    assert None not in data.values()


def test_depth_is_limited() -> None:
    assert mistakes("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []
    (mistake,) = mistakes("[" * 100_000)
    place, _, message = mistake.partition(": ")
    assert message == f"nested more than {MAX_DEPTH} deep"
    assert place in ("a.yaml:1:33", "a.yaml:1:1001")  # libyaml from 0.2.6 on stops at its own limit


def test_entries_and_values_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "more than 50,000 entries" in mistakes("[" + "1," * (MAX_ENTRIES + 1) + "]")[0]
    monkeypatch.setattr(events, "MAX_NODES", 10)
    assert "more than 10 values" in mistakes("[[1, 2, 3], [4, 5, 6], [7, 8, 9]]")[0]


def test_mistakes_are_limited() -> None:
    found = mistakes("[" + "*a," * 5000 + "]")
    assert len(found) == MAX_MISTAKES + 1
    assert "reading ends" in found[-1]


def test_the_loader_without_libyaml_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, 'b', \"c\"]\nd: |\n  e\n"
    expected = build(text, "a.yaml").data
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert build(text, "a.yaml").data == expected
    assert mistakes("a: @x") == ["a.yaml:1:4: a value cannot begin with @: quote it"]
