"""The duel on sides that are no processes, and a clock that they move."""

import random
from itertools import pairwise

import pytest

from gradcheck.bench.duel import CannotRun, duel


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Side:
    """A side whose calls take `seconds`, times a noise that both sides share in a moment."""

    def __init__(self, clock, name, log, seconds, noise=0.0, dies_at=None, moving=0.0):
        self.clock, self.name, self.log, self.seconds = clock, name, log, seconds
        self.moving, self.moves = moving, []
        self.rng, self.noise, self.dies_at = random.Random(name), noise, dies_at
        self.turns, self.is_open = 0, False

    def open(self, key):
        self.log.append((self.name, key))
        self.is_open = True
        return self.seconds

    def turn(self, turn):
        self.turns += 1
        if self.turns == self.dies_at:
            raise CannotRun(self.name, "it died")
        self.log.append(self.name)
        self.clock.now += turn.batches * turn.calls * self.seconds
        return self.seconds * (1 + self.noise * self.rng.random())

    def rearrange(self):
        self.clock.now += self.moving
        self.log.append(f"{self.name} moves")
        self.moves.append(self.turns)

    def opcodes(self):
        return len(self.name)

    def close(self):
        self.is_open = False


@pytest.fixture
def arena():
    clock, log = Clock(), []
    return clock, log, lambda *a, **k: Side(clock, a[0], log, *a[1:], **k)


def run(sides, clock, **options):
    return duel({s.name: s for s in sides}, "w", random.Random(0), clock=clock, **options)


def test_the_ratio_of_the_second_side_to_the_first(arena):
    clock, _, side = arena
    session = run([side("old", 1e-3), side("new", 1.1e-3)], clock)
    assert session.ratios["new"].log_ratio == pytest.approx(0.0953, abs=1e-4)
    assert session.ratios["new"].pairs == 40
    assert session.opcodes == {}


def test_turns_are_taken_in_the_order_abba_after_the_last_side_was_opened_first(arena):
    clock, log, side = arena
    run([side("old", 1e-3), side("new", 1e-3)], clock)
    assert log[:2] == [("new", "w"), ("old", "w")]
    turns = [entry for entry in log[2:] if "moves" not in entry]
    first = turns[:4]
    assert first in (["old", "new", "new", "old"], ["new", "old", "old", "new"])
    assert turns == first * 20


def test_the_first_turn_is_by_chance(arena):
    clock, log, side = arena
    for seed in range(8):
        sides = {"old": side("old", 1e-3), "new": side("new", 1e-3)}
        duel(sides, "w", random.Random(seed), clock=clock)
    starts = [entry for before, entry in pairwise(log) if before == ("old", "w")]
    assert set(starts) == {"old", "new"}


def test_the_sides_move_when_they_used_a_place_as_long_as_it_took_to_get_there(arena):
    clock, _, side = arena
    sides = [side("old", 2.5e-3, moving=0.008), side("new", 2.5e-3, moving=0.008)]
    run(sides, clock)
    # Four turns of 5 ms stand against 16 ms.
    assert sides[0].moves == sides[1].moves == list(range(2, 40, 2))


def test_the_side_that_moves_last_has_the_next_turn(arena):
    clock, log, side = arena
    run([side("old", 1e-3), side("new", 1e-3)], clock)
    first, second = log[2:4]
    assert log[2:10] == [
        first,
        second,
        second,
        first,
        f"{second} moves",
        f"{first} moves",
        first,
        second,
    ]


def test_long_calls_are_not_prepared_again(arena):
    clock, _, side = arena
    sides = [side("old", 1.0), side("new", 1.0)]
    run(sides, clock)
    assert sides[0].moves == []


def test_noise_asks_for_more_pairs_and_time_ends_it(arena):
    clock, _, side = arena
    session = run([side("old", 1e-3, noise=0.5), side("new", 1e-3, noise=0.5)], clock)
    assert session.ratios["new"].pairs > 40
    assert 1.5 <= clock.now < 1.7


def test_a_quiet_session_ends_at_its_pairs_whatever_the_estimate(arena):
    clock, _, side = arena
    same = run([side("old", 1e-3), side("new", 1e-3)], clock)
    slow = run([side("old", 1e-3), side("new", 2e-3)], clock)
    assert same.ratios["new"].pairs == slow.ratios["new"].pairs == 40


def test_long_calls_end_by_patience(arena):
    clock, _, side = arena
    session = run([side("old", 1.0), side("new", 1.0)], clock)
    assert session.ratios["new"].pairs == 2
    assert clock.now == pytest.approx(4.0)


def test_a_call_that_is_too_long_is_not_repeated(arena):
    clock, log, side = arena
    with pytest.raises(CannotRun, match=r"one call takes 11 s.*smaller sizes") as stopped:
        run([side("old", 11.0), side("new", 1.0)], clock)
    assert stopped.value.side == "old"
    assert "old" not in log


def test_a_control_takes_turns_too(arena):
    clock, _, side = arena
    session = run(
        [side("old", 1e-3), side("control", 1e-3), side("new", 1.2e-3)], clock, count=True
    )
    assert session.ratios["control"].log_ratio == pytest.approx(0.0)
    assert session.ratios["new"].log_ratio == pytest.approx(0.1823, abs=1e-4)
    assert session.opcodes == {"old": 3, "control": 7, "new": 3}


def test_a_side_that_dies_is_named_and_all_are_closed(arena):
    clock, _, side = arena
    sides = [side("old", 1e-3, dies_at=5), side("new", 1e-3)]
    with pytest.raises(CannotRun, match="it died") as stopped:
        run(sides, clock)
    assert stopped.value.side == "old"
    assert not any(s.is_open for s in sides)
