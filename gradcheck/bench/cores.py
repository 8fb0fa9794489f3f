"""Which core the workers of a duel share."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

_WATCHED = 0.1  # seconds


def quiet_core() -> int | None:
    """Return the core, of those allowed, that is least busy; None where none can be chosen."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        return cores[0]
    before = _idle()
    time.sleep(_WATCHED)
    after = _idle()
    # The last of several that are equal: the first serves the system's interrupts.
    return max(cores, key=lambda core: (after.get(core, 0) - before.get(core, 0), core))


def _idle(statistics: Path = Path("/proc/stat")) -> Mapping[int, int]:
    """Return the ticks that each core has been idle; nothing where the system does not say."""
    try:
        lines = statistics.read_text().splitlines()
    except OSError:
        return {}
    fields = [line.split() for line in lines if line.startswith("cpu") and line[3].isdigit()]
    return {int(name.removeprefix("cpu")): int(idle) for name, _, _, _, idle, *_ in fields}
