"""Ballast: random, the same from the same seed, and with holes."""

import random

from gradcheck.bench.ballast import MANY_LARGE, ballast


def sizes(seed: int) -> list[int]:
    return [len(block) for block in ballast(random.Random(seed))]


def test_both_sides_of_a_session_get_the_same_and_sessions_differ():
    assert sizes(1) == sizes(1)
    assert sizes(1) != sizes(2)


def test_small_and_large_blocks_are_kept_and_about_half_of_either_left_holes():
    large = sum(size >= 1024 for size in sizes(3))
    assert 0.4 * MANY_LARGE < large < 0.6 * MANY_LARGE
    assert len(sizes(3)) > 2 * large


def test_objects_made_beside_other_ballast_lie_in_other_places():
    places = set()
    for seed in range(5):
        kept = ballast(random.Random(seed))
        places.add(id(bytes(200)) % 4096)
        del kept
    assert len(places) > 1
