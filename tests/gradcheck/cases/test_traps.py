import pytest

from gradcheck.cases.events import build


def mistakes(text: str) -> list[str]:
    return [str(mistake) for mistake in build(text, "a.yaml").mistakes]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n\tb: 1", "a.yaml:2:1: a tab; YAML indents with blanks"),
        ("a: @x", "a.yaml:1:4: a value cannot begin with @: quote it"),
        ("a: `x`", "a.yaml:1:4: a value cannot begin with `: quote it"),
        ("a: %x", "a.yaml:1:4: a value cannot begin with %: quote it"),
        ("{f: x[0]}", "a.yaml:1:6: a [ ends a value inside {…} and […]: quote the expression"),
        ("a: * x", "a.yaml:1:5: a * begins an alias here: quote the whole expression"),
        ("a: [1, 2", "a.yaml:1:4: this is never closed before the file ends"),
        ("a: {b: 1,\n", "a.yaml:1:1: a [ or { is never closed before the file ends"),
        ("a: {b: 1\n", "a.yaml:1:4: this is never closed before the file ends"),
    ],
)
def test_traps_have_words_of_their_own(text: str, message: str) -> None:
    assert mistakes(text) == [message]


def test_other_syntax_errors_say_what_the_parser_says() -> None:
    (message,) = mistakes("- a\nb: 1")
    assert message.startswith("a.yaml:2:1: not YAML: did not find expected '-' indicator; quote")


def test_a_key_without_a_colon_at_the_end_is_told_in_its_line() -> None:
    (message,) = mistakes("a:\n  b: 1\n  factor\n\n")
    assert message.startswith("a.yaml:3:1: not YAML: could not find expected ':'; quote")


def test_an_alias_that_breaks_its_line_is_one_mistake() -> None:
    assert len(mistakes("a: *x y")) == 1


def test_a_second_colon_asks_for_quotes() -> None:
    (message,) = mistakes("a: b: c")
    assert message.startswith("a.yaml:1:5: a second ': ' in one line, or a line indented too far")
