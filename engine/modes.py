"""What the engine asks before it takes a short cut: is recording on, is a rule replaced?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

# The number of `no_grad` blocks open in the process. Asking the context costs 40 ns an operation,
# so it is asked only while somebody, in whatever thread, is inside such a block.
paused = 0
_paused_lock = Lock()
_recording: ContextVar[bool] = ContextVar("recording", default=True)

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
