"""Signals that tell a process to stop, within a block."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any


def terminable() -> contextlib.AbstractContextManager[None]:
    """Take what stops a job in CI, or closes a terminal, as Ctrl-C: what there is, is kept.

    What is ignored, as under nohup, stays so.
    """
    return _on(("SIGTERM", "SIGHUP"), signal.default_int_handler)


def deaf() -> contextlib.AbstractContextManager[None]:
    """Let nothing stop the block."""
    return _on(("SIGINT", "SIGTERM", "SIGHUP"), signal.SIG_IGN)


@contextlib.contextmanager
def _on(names: Sequence[str], handler: Any) -> Iterator[None]:
    """Handle signals so within the block, where there are such and a thread may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    there = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # None: what is not Python's own cannot be put back.
    heard = [n for n in there if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
