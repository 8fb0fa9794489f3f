"""Generators of primals, tangents and cotangents: all random choice of the harness."""

from gradcheck.inputs.directions import cotangent, direction, rebalanced
from gradcheck.inputs.primals import InputTooLarge, make, nbytes

__all__ = ["InputTooLarge", "cotangent", "direction", "make", "nbytes", "rebalanced"]
