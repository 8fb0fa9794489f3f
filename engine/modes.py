"""What the engine asks before it takes a short cut: is recording on, is a rule replaced?"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

# The number of `no_grad` blocks open in the process. Asking the context costs 40 ns an operation,
# so it is asked only while somebody, in whatever thread, is inside such a block.
paused = 0
_paused_lock = Lock()
_recording: ContextVar[bool] = ContextVar("recording", default=True)

# Whether a transform is differentiating at the moment: what is nested in it stays differentiable.
_nested: ContextVar[bool] = ContextVar("nested", default=False)

# The number of rules of users that run, in whatever thread, under watch for reads of `.data`.
watching = 0
_reads: ContextVar[list[Any] | None] = ContextVar("reads", default=None)

# The number of `debug` blocks open in the process (see debugging.py).
debugging = 0

# Whether a `set_creator` was ever called: creation numbers may then be out of order.
adopted = False

# Operation classes whose `forward` or `backward` was replaced at run time (see function.py).
replaced: set[type] = set()


def recording() -> bool:
    """Whether operations of this thread (and this asynchronous task) are recorded."""
    return not paused or _recording.get()


@contextmanager
def no_grad() -> Iterator[None]:
    """Record nothing inside the block: what is computed there has no creator.

    Only the thread, or asynchronous task, that entered the block is concerned. Serves as a
    decorator too.

    >>> with no_grad():
    ...     y = square(Variable(np.array(3.0)))
    >>> y.creator is None
    True
    """
    before = _recording.get()
    _count_paused(1)
    _recording.set(False)
    try:
        yield
    finally:
        _recording.set(before)
        _count_paused(-1)


def _count_paused(change: int) -> None:
    global paused
    with _paused_lock:
        paused += change


def count_debugging(change: int) -> None:
    """Open or close a `debug` block."""
    global debugging
    with _paused_lock:
        debugging += change


def nested() -> bool:
    """Whether a function that a transform differentiates is running in this context."""
    return _nested.get()


@contextmanager
def without_collector() -> Iterator[None]:
    """Build a big graph without Python's cyclic garbage collector.

    A graph of a million operations, or of 100,000 in a program with many objects, takes half the
    time.

    The collector looks at the objects of a growing graph again and again, and there is nothing for
    it to find: a graph has no cycle and is freed by reference counting. Off for the whole process
    until the last such block ends; the collector's own setting comes back.

    >>> with without_collector():
    ...     y = square(Variable(np.array(3.0)))
    """
    global _collecting, _uncollected
    with _paused_lock:
        if not _uncollected:
            _collecting = gc.isenabled()
            gc.disable()
        _uncollected += 1
    try:
        yield
    finally:
        with _paused_lock:
            _uncollected -= 1
            if not _uncollected and _collecting:
                gc.enable()


_uncollected = 0  # the number of such blocks open in the process
_collecting = True  # whether the collector was on before the first


@contextmanager
def tracing() -> Iterator[None]:
    """Record inside the block, also within `no_grad`: a transform runs a function."""
    recording_token, nested_token = _recording.set(True), _nested.set(True)
    try:
        yield
    finally:
        _recording.reset(recording_token)
        _nested.reset(nested_token)


@contextmanager
def watched() -> Iterator[list[Any]]:
    """Collect the Variables whose `.data` is read inside the block."""
    global watching
    reads: list[Any] = []
    with _paused_lock:
        watching += 1
    token = _reads.set(reads)
    try:
        yield reads
    finally:
        _reads.reset(token)
        with _paused_lock:
            watching -= 1


def note_read(x: Any) -> None:
    """Tell the block that watches this context, if there is one, that `x.data` was read."""
    reads = _reads.get()
    if reads is not None:
        reads.append(x)
