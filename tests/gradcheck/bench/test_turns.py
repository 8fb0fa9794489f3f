import pytest

from gradcheck.bench.measure import TURN
from gradcheck.bench.turns import Turn, least, seconds_of, turn_for


class Clock:
    """A clock that moves by what calls are made to take."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def call_of(self, *seconds: float):
        """Return a call that takes these seconds in turn, then always the last."""
        left = list(seconds)

        def call() -> None:
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return call


@pytest.mark.parametrize(
    ("seconds", "turn"),
    [
        (1e-6, Turn(125, 20)),
        (1e-5, Turn(125, 2)),
        (1e-3, Turn(2, 1)),
        (1e-2, Turn(2, 1)),
        (1.0, Turn(1, 1)),
    ],
)
def test_a_turn_fills_its_time_with_two_calls_or_with_one_that_is_long(seconds, turn):
    assert turn_for(seconds) == turn
    assert turn.batches * turn.calls * seconds >= 0.7 * TURN


def test_the_least_of_a_turn_is_what_a_call_takes():
    clock = Clock()
    call = clock.call_of(5.0, 3.0, 4.0)
    assert least(call, Turn(3, 1), clock) == pytest.approx(3.0)


def test_calls_between_two_looks_share_their_time():
    clock = Clock()
    assert least(clock.call_of(1.0, 3.0, 5.0), Turn(1, 2), clock) == pytest.approx(2.0)


def test_the_first_call_is_not_counted():
    clock = Clock()
    assert seconds_of(clock.call_of(100.0, 1.0), clock) == pytest.approx(1.0)


def test_short_calls_are_repeated_until_they_can_be_timed():
    clock = Clock()
    assert seconds_of(clock.call_of(1e-6), clock) == pytest.approx(1e-6)
