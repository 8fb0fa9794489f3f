"""Right rules, written for the measurement of detection power: one theme a file."""

from tests.power.rules import (
    broadcast,
    composites,
    corners,
    elementwise,
    extremes,
    layers,
    products,
    reductions,
    shapes,
)
from tests.power.rules.base import BaseRule, as_float32, as_tuple

RULES: tuple[BaseRule, ...] = (
    *elementwise.RULES,
    *broadcast.RULES,
    *reductions.RULES,
    *shapes.RULES,
    *products.RULES,
    *layers.RULES,
    *composites.RULES,
    *corners.RULES,
    *extremes.RULES,
)
AT_KINKS: tuple[BaseRule, ...] = tuple(corners.AT_KINKS)
UNSTABLE: tuple[BaseRule, ...] = tuple(extremes.UNSTABLE)
MILLION: tuple[BaseRule, ...] = tuple(corners.MILLION_RULES)

__all__ = ["AT_KINKS", "MILLION", "RULES", "UNSTABLE", "BaseRule", "as_float32", "as_tuple"]
