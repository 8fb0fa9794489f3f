"""What is timed of a case, and how an engine lets it be timed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

PHASES = ("forward", "backward", "check")
"""What can be timed of a case: building y, the backward pass alone, the whole gradient check."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What is timed of a case: `phases`, at every combination of the `sizes` of its `$` names.

    `largest` maps an engine or a phase to the largest value of a size at which it is timed.
    """

    sizes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    phases: tuple[str, ...] = PHASES
    largest: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Passes(Protocol):
    """The two halves of one derivative, to be timed apart; each does the same on every call.

    `forward()` computes the outputs and records what the backward pass needs; it returns what keeps
    that record alive.  `backward(kept)` goes back from cotangents of ones, through a record that
    serves again.  `nodes(kept)` counts the operations recorded, None where the engine cannot say.
    """

    def forward(self) -> Any: ...
    def backward(self, kept: Any) -> Any: ...
    def nodes(self, kept: Any) -> int | None: ...
