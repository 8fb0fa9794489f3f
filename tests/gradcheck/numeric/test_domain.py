import numpy as np
import pytest

from gradcheck.numeric.domain import Start, find_start
from gradcheck.numeric.line import Line


def start(f, x, u=1.0):
    with np.errstate(all="ignore"):
        return find_start(Line(f, (np.asarray(x),), (np.asarray(u),), None, 150), 2.0**-7, 2.0**-46)


def test_a_function_finite_everywhere_starts_at_the_first_step():
    assert start(np.sin, 0.5) == Start(2.0**-7)


def test_near_an_edge_the_start_shrinks_until_both_sides_are_finite():
    found = start(np.log, 1e-6)
    assert found.side == 0
    assert 1e-6 / 8 <= 6 * found.step < 1e-6


@pytest.mark.parametrize(("u", "side"), [(1.0, 1), (-1.0, -1)])
def test_at_an_edge_the_finite_side_is_named(u, side):
    assert start(np.sqrt, 0.0, u) == Start(2.0**-7, side)


def test_a_point_that_is_finite_alone_has_no_start():
    assert start(lambda x: np.where(x == 1, 1.0, np.nan), 1.0) is None
