import enum
from dataclasses import dataclass

from gradcheck.plain import plain


class Colour(enum.Enum):
    RED = 1

    def __str__(self):
        return "red"


@dataclass(frozen=True)
class Point:
    x: float
    parts: tuple


def test_numbers_and_text_stay_as_they_are():
    assert plain({"a": (1, "b", None)}) == {"a": [1, "b", None]}


def test_dataclasses_become_dicts_and_enums_text():
    assert plain(Point(1.0, (Colour.RED,))) == {"x": 1.0, "parts": ["red"]}
