import pytest

from gradcheck.cases.numbers import as_number, number, numbers, rectangular
from gradcheck.cases.wording import HERE


def test_numbers_and_nested_lists_pass() -> None:
    assert numbers([[1, 2.5], [3]]) == [[1, 2.5], [3]]
    assert rectangular([[1, 2], [3, 4]]) == [[1, 2], [3, 4]]
    assert rectangular([]) == []
    assert number(3) == 3


def test_complex_numbers_are_written_as_text() -> None:
    assert numbers(["1+2j", "-3.5j", 4]) == [1 + 2j, -3.5j, 4]


@pytest.mark.parametrize(
    ("value", "message", "at"),
    [
        ("abc", f"expected a number{HERE}, found the text 'abc'", ()),
        ([1, [2, "1e-6"]], "found the text '1e-6'; write 1e-6, without quotes", (1, 1)),
        ([1, None], "found nothing", (1,)),
        (["1+-2j"], f"expected a number such as 1+2j{HERE}", (0,)),
    ],
)
def test_what_is_no_number_is_named_with_its_place(
    value: object, message: str, at: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="expected a number") as raised:
        numbers(value)
    assert message in raised.value.args[0]
    assert raised.value.args[1] == at


def test_rows_of_unequal_shape_are_refused_at_the_row() -> None:
    with pytest.raises(ValueError, match="rows of unequal shape") as raised:
        rectangular([[1, 2], [3]])
    assert raised.value.args[1] == (1,)


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="expected a number"):
        numbers(endless)


def test_hints_for_texts_that_were_meant_as_numbers() -> None:
    assert as_number("1_000") == "; write 1000, without quotes"
    assert as_number("1,000.5") == "; write 1000.5, without quotes"
    assert as_number("three") == ""
    assert as_number("") == ""
    assert as_number([1]) == ""
