"""Group testing on vectors of faults that are known."""

import math

import numpy as np
import pytest

from gradcheck.group_testing import UNKNOWN, Group, Sum, wrong_groups


class Oracle:
    """Answers about known faults to within `error`, nothing about groups that `hides` accepts."""

    def __init__(self, faults, error=1e-12, hides=lambda members: False):
        self.faults, self.error, self.hides = np.asarray(faults, float), error, hides
        self.rng, self.questions = np.random.default_rng(0), 0

    def __call__(self, members, weights):
        self.questions += 1
        if self.hides(members):
            return UNKNOWN
        off = math.fsum(weights * self.faults[members])
        return Sum(off + self.error * self.rng.uniform(-0.1, 0.1), self.error)

    def found(self, most=5):
        members = np.arange(len(self.faults))
        whole = Group(members, self(members, np.ones(len(members))))
        return [group.members.tolist() for group in wrong_groups(whole, self, most)]


def faults(n, **at):
    values = np.zeros(n)
    for name, value in at.items():
        values[int(name[1:])] = value
    return values


@pytest.mark.parametrize("n", [2, 3, 10, 1_000, 1_000_000])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.999999])
def test_one_of_any_number_takes_three_questions(n, share):
    place = int(share * n)
    oracle = Oracle(faults(n, **{f"_{place}": -0.3}))
    assert oracle.found() == [[place]]
    assert oracle.questions <= 3


def test_a_weak_one_takes_a_few_more():
    oracle = Oracle(faults(100_000, _77777=1.0), error=1e-2)
    assert oracle.found() == [[77777]]
    assert oracle.questions <= 12


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("count", [2, 3, 5])
def test_several_are_all_found(seed, count):
    rng = np.random.default_rng([seed, count])
    places = rng.choice(10_000, count, replace=False)
    values = np.zeros(10_000)
    values[places] = rng.uniform(0.5, 2, count) * rng.choice([-1, 1], count)
    oracle = Oracle(values)
    assert sorted(oracle.found()) == [[int(i)] for i in np.sort(places)]
    assert oracle.questions <= 4 + 16 * count


def test_where_all_are_wrong_some_are_found_at_once():
    oracle = Oracle(np.random.default_rng(1).normal(size=10_000))
    found = oracle.found()
    assert [len(members) for members in found] == [1] * 5
    assert oracle.questions < 100


def test_the_larger_one_comes_first():
    assert Oracle(faults(64, _3=1e-3, _11=1.0)).found() == [[11], [3]]


def test_nothing_wrong_is_nothing_found():
    assert Oracle(np.zeros(100)).found() == []


def test_what_cannot_be_told_apart_stays_a_group():
    oracle = Oracle(faults(8, _2=1.0), hides=lambda members: len(members) < 4)
    (found,) = oracle.found()
    assert 2 in found
    assert 4 <= len(found) < 8
