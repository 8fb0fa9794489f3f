"""Generators of primals, tangents and cotangents: all random choice of the harness."""

from gradcheck.inputs.directions import cotangent, direction, rebalanced
from gradcheck.inputs.layouts import copied, laid_out_like, scattered
from gradcheck.inputs.primals import InputTooLarge, make, nbytes

__all__ = [
    "InputTooLarge",
    "copied",
    "cotangent",
    "direction",
    "laid_out_like",
    "make",
    "nbytes",
    "rebalanced",
    "scattered",
]
