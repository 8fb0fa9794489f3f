"""The rule that decides, at its thresholds and on noise."""

import math
import random

import pytest

from gradcheck.bench.ratio import Ratio, pooled
from gradcheck.bench.stages import MOST_SESSIONS, Change, change_of, is_blurred, is_open, is_suspect


def session(change: float, se: float = 0.002) -> Ratio:
    return Ratio(math.log1p(change), se, 40, 1.0, 1.0 + change)


@pytest.mark.parametrize(
    ("change", "se", "suspect"),
    [(0.0, 0.002, False), (0.014, 0.002, False), (0.016, 0.002, True), (-0.02, 0.002, True)],
)
def test_a_session_is_suspect_beyond_one_and_a_half_percent(change, se, suspect):
    assert is_suspect(session(change, se)) is suspect


def test_a_session_that_is_too_blurred_to_clear_a_case_is_suspect():
    assert is_suspect(session(0.0, 0.02))
    assert is_suspect(session(0.0, math.inf))


UP, DOWN = session(0.03), session(-0.03)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([0.03, 0.04, 0.03, 0.03], Change.SLOWER),
        ([0.04, 0.04, 0.03, 0.02], Change.SLOWER),
        ([0.06, 0.06, 0.00, 0.00], Change.UNSURE),  # their scatter is as large as the change
        ([0.03, 0.05, 0.03, 0.00], Change.UNSURE),
        ([0.024, 0.024, 0.024, 0.024], Change.SAME),
        ([0.02, 0.03, 0.012, 0.012], Change.SAME),
        ([0.0, 0.001, -0.001, 0.0], Change.SAME),
    ],
)
def test_fresh_sessions_must_be_sure_and_agree(changes, expected):
    assert change_of(UP, list(map(session, changes))) is expected


def test_faster_is_the_same_rule_turned_round():
    assert change_of(DOWN, [session(-c) for c in (0.03, 0.04, 0.03, 0.03)]) is Change.FASTER


def test_the_first_session_must_not_contradict():
    slower = [session(c) for c in (0.03, 0.04, 0.03, 0.03)]
    assert change_of(DOWN, slower) is Change.SAME


def test_three_quarters_of_the_sessions_must_agree():
    nine = [0.03] * 9
    assert change_of(UP, [session(c) for c in [*nine, 0.012, 0.012, 0.012]]) is Change.SLOWER
    eight = nine[:8]
    assert change_of(UP, [session(c) for c in [*eight, *[0.012] * 4]]) is Change.SAME


def test_a_blurred_change_must_be_larger_than_its_interval():
    assert is_blurred([session(0.0, 0.02)] * 4)
    assert not is_blurred([session(0.0, 0.01)] * 4)
    assert change_of(UP, [session(0.2, 0.1)] * 4) is Change.UNSURE
    assert change_of(UP, [session(0.3, 0.1)] * 4) is Change.SLOWER


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([0.05, 0.05, 0.051, 0.049], False),
        ([0.0, 0.001, 0.0, 0.002], False),
        ([0.03, 0.02, 0.03, 0.025], True),  # on which side of 2.5 % it is cannot be said
        ([-0.03, -0.02, -0.03, -0.025], True),
        ([0.1, 0.0, 0.1, 0.0], True),
    ],
)
def test_what_more_sessions_could_decide_is_open(changes, expected):
    assert is_open(list(map(session, changes))) is expected


@pytest.mark.parametrize("changes", [[0.1, 0.12, 0.09, 0.1], [0.03, 0.03, 0.035, 0.03]])
def test_the_interval_of_what_is_slower_never_holds_one(changes):
    sessions = list(map(session, changes))
    assert change_of(UP, sessions) is Change.SLOWER
    assert pooled(sessions).interval[0] > 1.0


def scattered(truth: float, sd: float, rng: random.Random) -> Change:
    """What the whole procedure makes of sessions that scatter by `sd` between processes."""
    screen, *sessions = [session(truth + rng.gauss(0, sd)) for _ in range(5)]
    if not is_suspect(screen):
        return Change.SAME
    while is_open(sessions) and len(sessions) < MOST_SESSIONS:
        sessions.append(session(truth + rng.gauss(0, sd)))
    return change_of(screen, sessions)


@pytest.mark.parametrize(("sd", "alarms", "share"), [(0.008, 0, 0.99), (0.02, 3, 0.93)])
def test_the_rule_finds_five_percent_and_does_not_cry_wolf(sd, alarms, share):
    """Calm processes of the same code differ by 0.8 %; 2 % were seen under eight other users."""
    rng = random.Random(5)
    assert sum(scattered(0.0, sd, rng) is Change.SLOWER for _ in range(2000)) <= alarms
    assert sum(scattered(0.05, sd, rng) is Change.SLOWER for _ in range(2000)) >= share * 2000
