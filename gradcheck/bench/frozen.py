"""Timings as ratios to the frozen engine, which carry over to other machines and other hours."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.bench import frozen_engine
from gradcheck.bench.comparison import NEW, OLD, Arena, Progress
from gradcheck.bench.contestant import CALL_LIMIT
from gradcheck.bench.duel import LIMITS, CannotRun, Limits, duel
from gradcheck.bench.ratio import Ratio, pooled
from gradcheck.bench.side import Side
from gradcheck.bench.workload import Workload
from gradcheck.errors import MissingOperation
from gradcheck.vocabulary import Case, Passes

FROZEN = __name__
"""The name of the frozen engine, as that of an engine of one's own: this module has its adapter."""

SHA256 = "cc7d8e4c0ba4b39397190ca6cf647615c9f3b9e32eba98eca6ef26a68007bb3d"
SESSIONS = 3
"""How many pairs of fresh processes a saved ratio rests on."""

SHORT = replace(LIMITS, longest=1.0)
"""The frozen engine is some four times slower than ours: not every size is worth waiting for."""

_FILE = Path(frozen_engine.__file__)
_ONLY_PASSES = "the whole check is this harness on both sides: compare it with a revision"


class Thawed(Exception):
    """The frozen engine is not the one that saved ratios refer to."""


def frozen_hash(file: Path = _FILE) -> str:
    """Return the sha256 of the frozen engine's text; Thawed where it is not what it must be."""
    found = hashlib.sha256(file.read_text(encoding="utf-8").encode()).hexdigest()
    if found != SHA256:
        raise Thawed(
            f"{file.name} was changed (sha256 {found[:12]}, expected {SHA256[:12]}): put it back "
            "as it was, for saved ratios are ratios to it"
        )
    return found


class Adapter:
    """The frozen engine, for passes alone."""

    name = FROZEN

    def __init__(self) -> None:
        frozen_hash()
        self._engine: Any = frozen_engine  # which has no types, and will get none
        self._xp = self._engine.Namespace(MissingOperation)

    def operations(self) -> Mapping[str, Callable[..., Any]]:
        operations: Mapping[str, Callable[..., Any]] = self._engine.OPERATIONS
        return operations

    def passes(self, case: Case, xs: Mapping[str, np.ndarray]) -> Passes:
        if case.function is None:
            raise MissingOperation("the frozen engine runs functions, not rules")
        passes: Passes = self._engine.Passes(case.function, self._xp, xs)
        return passes


def said_of(ratio: Ratio | str) -> dict[str, Any]:
    """Return what a saved timing says of its ratio, or of why it has none."""
    if isinstance(ratio, str):
        return {"log_ratio_frozen": None, "se": None, "sessions": 0, "no_ratio": ratio}
    sessions = ratio.sessions
    return {"log_ratio_frozen": ratio.log_ratio, "se": ratio.se, "sessions": sessions}


def frozen_ratios(
    side: Side,
    workloads: Sequence[Workload],
    progress: Progress,
    *,
    sessions: int = SESSIONS,
    limits: Limits = SHORT,
    call_limit: float = CALL_LIMIT,
) -> dict[str, Ratio | str]:
    """Return, by key, how much longer each workload takes than on the frozen engine.

    In words why not, where the frozen engine cannot run it.  Raises Thawed.
    """
    frozen_hash()
    arena = Arena(
        {OLD: replace(side, instead=FROZEN), NEW: side}, random.Random(), limits, call_limit
    )
    found: dict[str, list[Ratio]] = {w.key: [] for w in workloads}
    why = {w.key: _ONLY_PASSES for w in workloads if w.phase == "check"}
    for number in range(1, sessions + 1):
        left = [w for w in workloads if w.key not in why]
        with arena.fresh() as contestants:
            for workload in progress(left, f"ratio, session {number}"):
                try:
                    session = duel(contestants, workload.key, arena.rng, limits=limits)
                    found[workload.key].append(session.ratios[NEW])
                except CannotRun as stopped:
                    why[workload.key] = str(stopped)
    return {key: why[key] if key in why else pooled(ratios) for key, ratios in found.items()}
