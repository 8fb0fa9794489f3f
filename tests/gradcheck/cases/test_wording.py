from gradcheck.cases.wording import LONGEST, found, nearest, shown, unknown


def test_the_nearest_name_is_offered() -> None:
    assert nearest("shpae", ["shape", "seed"]) == "; did you mean 'shape'?"
    assert nearest("qqq", ["shape", "seed"]) == ""


def test_an_unknown_name_lists_few_options_and_not_many() -> None:
    assert unknown("key", "lwo", ["low", "high"], "keys") == (
        "unknown key 'lwo'; did you mean 'low'? keys: high, low"
    )
    assert unknown("key", "q", ["low", "high"]) == "unknown key 'q'; names: high, low"
    assert unknown("key", "qq", [f"name_{i}" for i in range(99)]) == "unknown key 'qq'"


def test_what_is_shown_is_short() -> None:
    assert shown("a'b") == '"a\'b"'
    assert len(shown("x" * 10**6)) <= LONGEST + 1
    assert shown("x" * 10**6).endswith("…'")
    assert len(shown(10**300)) <= LONGEST + 1


def test_values_are_named_by_their_kind() -> None:
    assert found(None) == "nothing"
    assert found(True) == "true"
    assert found("no") == "the text 'no'"
    assert found(2.5) == "the number 2.5"
    assert found([1, 2]) == "a list of 2"
    assert found({}) == "a mapping"
    assert found(object()) == "a value of type object"
