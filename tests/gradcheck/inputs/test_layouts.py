"""Layouts: equal numbers that lie in memory in another way."""

import numpy as np
import pytest

from gradcheck.inputs import laid_out_like, scattered
from gradcheck.vocabulary import Input
from tests.gradcheck.subjects import outcomes_of, rule_case

VALUES = np.arange(24.0).reshape(2, 3, 4)
BUFFER = np.zeros((4, 6, 8))


@pytest.mark.parametrize(
    "like",
    [
        VALUES,
        np.asfortranarray(VALUES),
        VALUES.transpose(1, 0, 2).copy().transpose(1, 0, 2),
        BUFFER[::2, ::2, ::2],
        BUFFER.T[::4, ::2, ::1],
        np.zeros((8, 6, 4)).T[::2, ::2, ::2],
    ],
    ids=["c", "fortran", "turned", "gaps", "fortran gaps", "both"],
)
def test_axes_lie_as_in_the_other_array(like):
    like = like[:2, :3, :4]
    found = laid_out_like(VALUES.astype(np.float32), like)
    assert np.array_equal(found, VALUES)
    assert np.argsort(found.strides).tolist() == np.argsort(like.strides).tolist()
    for flag in ("C_CONTIGUOUS", "F_CONTIGUOUS"):
        assert found.flags[flag] == like.flags[flag]


def test_it_is_a_copy_that_can_be_written():
    for like in (VALUES, VALUES[::-1], np.broadcast_to(VALUES[0], (2, 3, 4))):
        found = laid_out_like(VALUES, like)
        found += 1.0
        assert np.array_equal(found, VALUES + 1.0)
    assert VALUES[0, 0, 0] == 0.0


@pytest.mark.parametrize("shape", [(), (1,), (5,), (0,), (3, 0), (2, 3), (2, 3, 4)])
def test_scattered_values_are_neither_dense_nor_in_order(shape):
    values = np.arange(float(np.prod(shape))).reshape(shape)
    found = scattered(values)
    assert np.array_equal(found, values)
    if values.size > 1:
        assert not found.flags.forc


LAID_OUT = {
    "contiguous": lambda x: x.flags.c_contiguous and x.flags.writeable,
    "fortran": lambda x: x.flags.f_contiguous and not x.flags.c_contiguous,
    "strided": lambda x: not x.flags.forc,
    "readonly": lambda x: not x.flags.writeable,
}


@pytest.mark.parametrize("layout", LAID_OUT)
def test_a_rule_is_given_its_inputs_in_the_layout_that_a_case_declares(layout):
    seen = []

    def backward(y_bars, xs, ys):
        seen.append(LAID_OUT[layout](xs[0]))
        return y_bars[0] * np.cos(xs[0])

    x = Input(data=[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], layout=layout)
    outcomes_of(rule_case(np.sin, backward, x=x))
    assert seen
    # Points nearby are ours, and may well be written to.
    assert all(seen[:1] if layout == "readonly" else seen)
