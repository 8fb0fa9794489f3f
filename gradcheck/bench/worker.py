"""A worker: a process that serves turns of one side's workloads, until its input ends.

Requests and replies are JSON, one a line.  `open` prepares a workload and tells the seconds of one
call, `turn` tells the least of so many calls, `opcodes` counts instructions, `close` lets the
workload go.  What cannot be done is answered with `lacks` (the engine is not there, or has no such
operation) or `error`.
"""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import IO, Any

from gradcheck.bench.measure import opcodes, undisturbed
from gradcheck.bench.turns import Turn, least, seconds_of
from gradcheck.bench.workload import Unmeasurable
from gradcheck.errors import MissingOperation
from gradcheck.executors.channel import taken

COUNTED = 0.02
"""Seconds of a call whose opcodes are counted: the count takes some 50 times as long."""

Call = Callable[[], object]
Reply = dict[str, Any]


class Server:
    """Answers requests about the workloads that `prepare` makes ready by key."""

    def __init__(
        self, prepare: Callable[[str], Call], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._prepare = prepare
        self._clock = clock
        self._call: Call = _nothing
        self._seconds = 0.0
        self._quiet = ExitStack()

    def answer(self, request: Reply) -> Reply:
        """Return the reply to one request; a case's mistake is an answer too."""
        try:
            reply: Reply = getattr(self, f"_{request.pop('do')}")(**request)
        except (MissingOperation, Unmeasurable) as missing:
            return {"lacks": str(missing)}
        except (Exception, SystemExit) as error:  # a case is code, which may raise anything
            return {"error": _told(error)}
        return reply

    def _open(self, key: str) -> Reply:
        self._close()
        call = self._prepare(key)
        self._quiet.enter_context(undisturbed())
        self._seconds = seconds_of(call, self._clock)
        self._call = call
        return {"seconds": self._seconds}

    def _turn(self, batches: int, calls: int) -> Reply:
        seconds = least(self._call, Turn(batches, calls), self._clock)
        gc.collect()  # an engine's cycles would pile up; what was there before is frozen
        return {"seconds": seconds}

    def _opcodes(self) -> Reply:
        return {"count": opcodes(self._call) if self._seconds <= COUNTED else None}

    def _close(self) -> Reply:
        self._call = _nothing
        self._quiet.close()
        return {}


def _nothing() -> None:
    raise RuntimeError("no workload is open")


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()


def serve(requests: Iterable[str], replies: IO[str], server: Server) -> None:
    """Answer each line of `requests` with a line of `replies`."""
    for line in requests:
        replies.write(json.dumps(server.answer(json.loads(line))) + "\n")
        replies.flush()


def main() -> None:
    """Serve the side that the first line of standard input describes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    requests, replies = _text(*taken())
    from gradcheck.bench.side import Side, workloads_of

    line = requests.readline()
    if line:
        side = Side(**json.loads(line))
        prepare = workloads_of(side)
        pinned = _pin(side.core)
        replies.write(json.dumps({"pinned": pinned}) + "\n")
        replies.flush()
        serve(requests, replies, Server(prepare))


def _text(requests: IO[bytes], replies: IO[bytes]) -> tuple[IO[str], IO[str]]:
    return io.TextIOWrapper(requests, "utf-8"), io.TextIOWrapper(replies, "utf-8")


def _pin(core: int | None) -> bool:
    """Stay on one core, where the system lets a process choose."""
    if core is None or not hasattr(os, "sched_setaffinity"):
        return False
    try:
        os.sched_setaffinity(0, {core})
    except OSError:
        return False
    return True
