"""A few operations of the table `python -m tests.power.frameworks`, and the table itself."""

import pytest

from tests.power.checkers import OURS, installed, surroundings
from tests.power.frameworks import ENGINES, FAULTS, Trial, fault_of, summary, table, trials
from tests.power.operations import OPERATIONS

NAMES = [operation.name for operation in OPERATIONS]


@pytest.mark.parametrize("name", ["tanh", "matmul", "gather"])
@pytest.mark.parametrize("engine", ENGINES)
def test_right_is_accepted_and_wrong_rejected(engine, name):
    if engine not in installed():
        pytest.skip(f"{engine} is not installed")
    position = NAMES.index(name)
    found = {t.checker: t for t in trials(engine, OPERATIONS[position], position, 1)}
    assert found[OURS].is_right, found[OURS]


def test_there_are_forty_operations_and_every_kind_of_fault_has_its_turn():
    assert len(set(NAMES)) == len(OPERATIONS) == 40
    if "torch" in installed():
        with surroundings():
            kinds = {fault_of("torch", o, i) for i, o in enumerate(OPERATIONS)}
        assert kinds == set(FAULTS)


def test_the_tables():
    ours = Trial(
        "torch", "exp", "float64", "sign", OURS, ("accepts", "accepts", "rejects"), (1, 1, 4)
    )
    peer = Trial(
        "torch", "exp", "float64", "sign", "slow", ("accepts", "rejects", "accepts"), (2, 2, 2)
    )
    assert "a r a (!)" in table([ours, peer])
    lines = summary([ours, peer]).splitlines()
    assert lines[-2].split()[1:8] == ["2", "of", "2", "1", "of", "1", "1"]
    assert lines[-1].split()[-4:] == ["x", "0.5", "x", "2"]
