"""Numerical derivatives of callables on arrays; `directional_derivative` bounds its error."""

from gradcheck.numeric.central import numerical_diff
from gradcheck.numeric.derivative import directional_derivative, one_sided_derivatives
from gradcheck.numeric.line import BEYOND_DOMAIN, exact_sum, length
from gradcheck.numeric.search import FULL, Precision
from gradcheck.numeric.slopes import output_slopes

__all__ = [
    "BEYOND_DOMAIN",
    "FULL",
    "Precision",
    "directional_derivative",
    "exact_sum",
    "length",
    "numerical_diff",
    "one_sided_derivatives",
    "output_slopes",
]
