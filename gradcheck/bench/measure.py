"""How a call is timed without disturbance, and what is counted beside its time."""

from __future__ import annotations

import gc
import importlib
import math
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType
from typing import Any

from gradcheck.adapters import adapter
from gradcheck.bench.workload import FLOOR, Ready, Workload, case_hash, nodes

TURN = 2.5e-3
"""Seconds that one round lasts at least: as many calls as fill it, and one at least."""

MOST_ROUNDS = 100

COUNTED = 5e-3
"""Seconds of a call whose opcodes are counted: the count takes some 50 times as long."""

TRACED = 0.5
"""Seconds of a call whose memory is traced, which takes some 5 times as long."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep out the cyclic collector, which walks all that is alive, and further BLAS threads.

    The threads are kept out where threadpoolctl is installed; else the environment must say so.
    """
    enabled = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        with _one_thread():
            yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


def _one_thread() -> AbstractContextManager[Any]:
    try:
        limits = importlib.import_module("threadpoolctl").threadpool_limits
    except ModuleNotFoundError:
        return nullcontext()
    one: AbstractContextManager[Any] = limits(1)
    return one


def seconds_of(call: Callable[[], Any]) -> float:
    """Return about how long a call lasts, from as many as fill a turn."""
    calls = 0
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < TURN or not calls:
        call()
        calls += 1
    return passed / calls


def schedule(seconds: float, longest: float, least: int) -> tuple[int, int]:
    """Return rounds and calls a round for a call of `seconds`.

    All together take about `longest` seconds, but there are `least` rounds.
    """
    calls = max(1, math.ceil(TURN / seconds)) if seconds > 0 else 1_000
    wanted = int(longest / max(seconds * calls, TURN))
    return min(max(wanted, least), max(MOST_ROUNDS, least)), calls


def facts(workload: Workload, found: Ready, seconds: float) -> dict[str, Any]:
    """Return what rides along with a timing, for JSON; None for what was too dear to find out."""
    case, engine = workload.case, workload.engine
    return {
        "case": case.id,
        "case_hash": case_hash(case),
        "engine": engine,
        "phase": workload.phase,
        "symbols": dict(case.symbols),
        "sizes": list(case.benchmark.sizes) if case.benchmark else [],
        "nodes": nodes(workload, found),
        "opcodes": opcodes(found.call) if seconds <= COUNTED else None,
        "memory": memory(found.call) if seconds <= TRACED and is_traced(engine) else None,
    }


def opcodes(call: Callable[[], Any]) -> int:
    """Return how many bytecode instructions a call executes: the same in every process."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def memory(call: Callable[[], Any]) -> int:
    """Return the most bytes that a call holds at a time, of what Python and NumPy allocate."""
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if not tracing:
            tracemalloc.stop()


def is_traced(engine: str) -> bool:
    """Whether an engine allocates where it can be seen; torch and jax do not."""
    return engine == FLOOR or not getattr(adapter(engine), "allocates_itself", False)
