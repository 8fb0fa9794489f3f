"""What a PASS would have caught."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detects:
    """The smallest fault that a PASS would have caught, worst over the projections.

    `factor`: a constant factor on the gradient; `entry`: a relative fault in its median entry;
    both absolute (in the gradient's projection) where `absolute`, because the derivative is zero.
    """

    factor: float
    entry: float
    absolute: bool = False


class Detections(dict[str, Detects]):
    """What was detected by input, and in `factor`, `entry` and `absolute` the weakest of all."""

    @property
    def factor(self) -> float:
        return max((one.factor for one in self.values()), default=math.inf)

    @property
    def entry(self) -> float:
        return max((one.entry for one in self.values()), default=math.inf)

    @property
    def absolute(self) -> bool:
        return any(one.absolute for one in self.values())

    def summary(self) -> dict[str, object] | None:
        """Return the weakest of all beside those by input; None where nothing was compared."""
        if not self:
            return None
        weakest = {"factor": self.factor, "entry": self.entry, "absolute": self.absolute}
        return {**weakest, "inputs": dict(self)}


def weakest(several: Iterable[Mapping[str, Detects]]) -> Detections:
    """Merge what several comparisons detect, by input; the weaker of two stands."""
    merged = Detections()
    for detects in several:
        for name, one in detects.items():
            other = merged.get(name, one)
            merged[name] = Detects(
                max(one.factor, other.factor),
                max(one.entry, other.entry),
                one.absolute or other.absolute,
            )
    return merged
