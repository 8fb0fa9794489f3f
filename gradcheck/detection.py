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
    """What was detected by input, and in `factor`, `entry` and `absolute` the weakest of all.

    Absolute and relative faults have no unit in common: where there are both, these speak of the
    inputs whose derivative is not zero.
    """

    @property
    def weakest(self) -> Detects | None:
        """The weakest of all inputs; None where no derivative was compared."""
        relative = [one for one in self.values() if not one.absolute]
        return _weakest_of(relative or list(self.values())) if self else None

    @property
    def factor(self) -> float:
        return self.weakest.factor if self.weakest else math.inf

    @property
    def entry(self) -> float:
        return self.weakest.entry if self.weakest else math.inf

    @property
    def absolute(self) -> bool:
        return self.weakest.absolute if self.weakest else False

    def summary(self) -> dict[str, object] | None:
        """Return the weakest of all beside those by input; None where nothing was compared."""
        if not self:
            return None
        weakest = {"factor": self.factor, "entry": self.entry, "absolute": self.absolute}
        return {**weakest, "inputs": dict(self)}


def weakest(several: Iterable[Mapping[str, Detects]]) -> Detections:
    """Merge what several comparisons detect, by input; the weaker of two stands.

    One that found the input's derivative to be zero stands before a relative one, which then is of
    a projection that other inputs have a part in.
    """
    found: dict[str, list[Detects]] = {}
    for detects in several:
        for name, one in detects.items():
            found.setdefault(name, []).append(one)
    merged = Detections()
    for name, all_of in found.items():
        absolute = [one for one in all_of if one.absolute]
        merged[name] = _weakest_of(absolute or all_of)
    return merged


def _weakest_of(same: list[Detects]) -> Detects:
    """The weakest of several in one unit."""
    factor, entry = max(one.factor for one in same), max(one.entry for one in same)
    return Detects(factor, entry, same[0].absolute)
