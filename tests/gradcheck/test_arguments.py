"""Options that are given what they cannot take say so, with what they can."""

import pytest

from gradcheck.cli import main


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        ("bench --ratios=-1", "a whole number of 0 or more"),
        ("bench --ratios=x", "a whole number of 0 or more"),
        ("bench --max-time=-1", "a number above 0"),
        ("bench --timeout=nan", "a number above 0"),
        ("bench --seed=x", "a whole number"),
        ("compare HEAD --timeout=0", "a number above 0"),
        ("run --timeout=0", "a number above 0"),
        ("run --maxfail=0", "a whole number of 1 or more"),
        ("run --maxfail=few", "a whole number of 1 or more"),
        ("run --seed=1.5", "a whole number"),
    ],
)
def test_the_option_the_value_and_what_is_allowed_are_told(command, allowed, capsys):
    with pytest.raises(SystemExit) as caught:
        main(command.split())
    assert caught.value.code == 2
    option, value = command.split()[-1].split("=")
    assert f"argument {option}: {value}: expected {allowed}\n" in capsys.readouterr().err
