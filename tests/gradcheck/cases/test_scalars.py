import math

import pytest

from gradcheck.cases.scalars import MAX_DIGITS, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("1E5", 1e5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.5e+3", -1500.0),
        ("12", 12),
        ("-0", 0),
        ("+7", 7),
        ("0o17", 15),
        ("0xff", 255),
        ("017", 17),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        (".inf", math.inf),
        ("-.INF", -math.inf),
    ],
)
def test_core_scalars(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_not_a_number() -> None:
    assert math.isnan(resolve(".nan"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["no", "yes", "on", "off", "y", "1_000", "1:30", "0b11", "1e", "--1", "inf", "nan", "x"]
)
def test_what_yaml_1_1_reads_otherwise_is_text(text: str) -> None:
    assert resolve(text) == text


def test_an_integer_of_5000_digits_is_refused_with_its_length() -> None:
    with pytest.raises(ValueError, match=f"5,000 digits; at most {MAX_DIGITS}"):
        resolve("1" * 5000)


def test_a_number_beyond_float64_is_refused() -> None:
    with pytest.raises(ValueError, match=r"too large for float64; infinity is written \.inf"):
        resolve("1e999")
