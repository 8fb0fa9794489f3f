"""A worker: a process that serves turns of one side's workloads, until its input ends.

Requests and replies are JSON, one a line.  `open` prepares a workload and tells the seconds of one
call, `rearrange` prepares it anew in another place in memory, `turn` tells the least of so many
calls, `opcodes` counts instructions, `close` lets the workload go.  What cannot be done is answered
with `lacks` (the engine is not there, or has no such operation) or `error`.
"""

from __future__ import annotations

import gc
import io
import json
import os
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import IO, Any

from gradcheck.bench.ballast import ballast
from gradcheck.bench.measure import opcodes, undisturbed
from gradcheck.bench.turns import Turn, least, seconds_of
from gradcheck.bench.workload import Unmeasurable
from gradcheck.errors import MissingOperation
from gradcheck.executors.channel import taken

COUNTED = 0.02
"""Seconds of a call whose opcodes are counted: the count takes some 50 times as long."""

STRAY = 100
"""Frozen objects more than before that are no reason to look for cycles, which takes long."""

Call = Callable[[], object]
Reply = dict[str, Any]


class Server:
    """Answers requests about the workloads that `prepare` makes ready by key."""

    def __init__(
        self, prepare: Callable[[str], Call], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._prepare = prepare
        self._clock = clock
        self._rng = random.Random(os.environ.get("PYTHONHASHSEED"))  # the same on both sides
        self._key = ""
        self._call: Call = _nothing
        self._ballast: list[object] = []
        self._seconds = 0.0
        self._quiet = ExitStack()
        self._frozen = 0

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
        self._key, self._frozen = key, 0
        self._lay_out()
        self._quiet.enter_context(undisturbed())
        self._seconds = seconds_of(self._call, self._clock)
        return {"seconds": self._seconds}

    def _rearrange(self) -> Reply:
        self._call = _nothing
        if gc.get_freeze_count() > self._frozen + STRAY:
            _collect_frozen()
            self._frozen = gc.get_freeze_count()
        self._lay_out()
        gc.freeze()
        return {}

    def _lay_out(self) -> None:
        """Prepare the workload, with other ballast around it than before."""
        self._ballast = ballast(self._rng)
        self._call = self._prepare(self._key)

    def _turn(self, batches: int, calls: int) -> Reply:
        seconds = least(self._call, Turn(batches, calls), self._clock)
        gc.collect()  # an engine's cycles would pile up; what was there before is frozen
        return {"seconds": seconds}

    def _opcodes(self) -> Reply:
        return {"count": opcodes(self._call) if self._seconds <= COUNTED else None}

    def _close(self) -> Reply:
        self._call, self._ballast = _nothing, []
        self._quiet.close()
        return {}


def _collect_frozen() -> None:
    """Free the cycles of what was frozen, which the collector passes over."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


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
