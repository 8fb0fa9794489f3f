"""Standard streams that outlive their reader: who has read enough (head, less) ends no run."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any

_STREAMS = ("stdin", "stdout", "stderr")  # in the order of their descriptors
# Windows says EINVAL where others say EPIPE.
_GONE = (errno.EPIPE, errno.EINVAL) if sys.platform == "win32" else (errno.EPIPE,)


@contextlib.contextmanager
def lasting() -> Iterator[None]:
    """Let writing to stdout and stderr go on quietly when nobody reads any more.

    What is closed from the start reads and writes nothing, and what the terminal's encoding lacks
    is shown escaped.  Other errors of writing, a full disk say, are raised once.
    """
    _open_closed()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(_Lasting, before)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        sys.stdout, sys.stderr = before


def _open_closed() -> None:
    """Keep the descriptors of closed streams from becoming those of files that are opened later."""
    for name in _STREAMS:
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  # for as long as we run


class _Lasting:
    """A text stream whose reader may leave."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._outliving():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._outliving():
            self._stream.flush()

    @contextlib.contextmanager
    def _outliving(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # What is still in the buffer is written once more at exit: to nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            if error.errno not in _GONE:
                raise
