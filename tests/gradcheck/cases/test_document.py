import textwrap

import pytest

from gradcheck.cases.document import Document
from gradcheck.cases.events import build


def document(text: str) -> Document:
    return build(textwrap.dedent(text), "a.yaml")


def test_keys_and_values_know_their_places() -> None:
    read = document("""\
        cases:
          - id: one
            inputs: {x: [1, 20]}
    """)
    assert str(read.key(("cases", 0, "inputs"))) == "a.yaml:3:5"
    assert str(read.value(("cases", 0, "inputs"))) == "a.yaml:3:13"
    assert str(read.key(("cases", 0, "inputs", "x"))) == "a.yaml:3:14"
    assert str(read.value(("cases", 0, "inputs", "x", 1))) == "a.yaml:3:21"


def test_a_place_that_is_not_there_is_the_nearest_around_it() -> None:
    read = document("cases:\n  - id: one\n")
    assert str(read.value(("cases", 0, "inputs", "x"))) == "a.yaml:2:5"


@pytest.mark.parametrize(
    ("text", "character", "place"),
    [
        ("k: exp(qq)", "q", "a.yaml:1:8"),
        ("k: 'it''s q'", "q", "a.yaml:1:11"),
        ('k: "a\\"b q"', "q", "a.yaml:1:10"),
        ("k: é ü + q", "q", "a.yaml:1:10"),
        ("k: |\n  exp(x)\n  + q", "q", "a.yaml:3:5"),
        ("k: >-\n  exp(x)\n  + q", "q", "a.yaml:3:5"),
        ("k: exp(x)\n  + q", "q", "a.yaml:2:5"),
        ("k: exp(x)\r\n  + q", "q", "a.yaml:2:5"),
        ("k: q", "q", "a.yaml:1:4"),
    ],
)
def test_a_character_of_a_text_is_found_in_the_file(text: str, character: str, place: str) -> None:
    read = build(text, "a.yaml")
    offset = read.data["k"].index(character)
    assert str(read.within(("k",), offset)) == place


def test_a_character_of_what_is_no_text_is_where_that_begins() -> None:
    assert str(document("k: [1]").within(("k",), 5)) == "a.yaml:1:4"
