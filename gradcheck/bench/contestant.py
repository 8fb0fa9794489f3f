"""A side's worker seen from outside: started when needed, asked for turns, ended always."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from gradcheck.bench.duel import CannotRun, Lacks
from gradcheck.bench.machine import ONE_THREAD
from gradcheck.bench.side import Side
from gradcheck.bench.turns import Turn

_HOME = Path(__file__).resolve().parents[2]
# Modules of the harness come from here even where the side's own folder has some of that name.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); import gradcheck.bench.worker as worker; "
    "del sys.path[0]; worker.main()"
)
START_LIMIT = 120.0
"""Seconds for a worker to import everything and to read its cases."""

CALL_LIMIT = 60.0
"""Seconds for one request: a workload that takes longer is given up."""

SETTINGS = {
    **ONE_THREAD,
    # glibc would give the memory of large arrays back and fetch it again, page by page, in some
    # processes and not in others: up to three times the time, and five times the scatter.
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TOP_PAD_": str(2**26),
}
"""The environment of workers: what else would differ between processes of the same code."""


class Contestant:
    """One side with its worker, which is started again after a case has ended or hung it."""

    def __init__(
        self, name: str, side: Side, hash_seed: int, *, call_limit: float = CALL_LIMIT
    ) -> None:
        self._name = name
        self._side = side
        self._hash_seed = hash_seed
        self._call_limit = call_limit
        self._process: _Process | None = None
        self._broken = ""
        self.pinned = False

    def start(self) -> None:
        """Start the worker, without waiting for it to be ready."""
        if self._process is None:
            self._process = _Process(self._side, self._hash_seed)

    def open(self, key: str) -> float:
        """Prepare a workload and return the seconds of one call; CannotRun if it has none."""
        self._await()
        return float(self._ask(self._call_limit, do="open", key=key)["seconds"])

    def _await(self) -> None:
        """Wait until the worker is ready.  Code that ended one at its start would end the next."""
        if self._broken:
            raise CannotRun(self._name, self._broken)
        self.start()
        assert self._process is not None
        if self._process.is_ready:
            return
        try:
            self.pinned = self._ask(START_LIMIT)["pinned"]
        except CannotRun as stopped:
            self._broken = str(stopped)
            raise
        self._process.is_ready = True

    def turn(self, turn: Turn) -> float:
        """Take a turn and return the shortest seconds of one call."""
        return float(self._ask(self._call_limit, do="turn", **asdict(turn))["seconds"])

    def rearrange(self) -> None:
        """Prepare the workload anew, in another place in memory."""
        self._ask(self._call_limit, do="rearrange")

    def opcodes(self) -> int | None:
        """Return how many instructions a call executes; None where counting takes too long."""
        count: int | None = self._ask(self._call_limit, do="opcodes")["count"]
        return count

    def close(self) -> None:
        """Let the workload go; the worker stays."""
        # One that nobody waited for has none, and its next word is its greeting.
        if self._process is not None and self._process.is_ready:
            self._ask(self._call_limit, do="close")

    def stop(self) -> None:
        """End the worker."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _ask(self, limit: float, **request: Any) -> Mapping[str, Any]:
        """Send a request (none: wait for the greeting) and return the reply, or raise CannotRun."""
        process = self._process
        if process is None:
            raise CannotRun(self._name, "its worker was ended")
        reply = process.ask(request, limit)
        if isinstance(reply, str):
            self.stop()
            raise CannotRun(self._name, reply)
        if "lacks" in reply:
            raise Lacks(self._name, reply["lacks"])
        if "error" in reply:
            raise CannotRun(self._name, reply["error"])
        return reply


class _Process:
    """The process itself, a line of JSON to it and one from it."""

    def __init__(self, side: Side, hash_seed: int) -> None:
        self.is_ready = False
        self._heard = 0
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `kill`
        environment = os.environ | SETTINGS | {"PYTHONHASHSEED": str(hash_seed)}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(_HOME)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us; we end the workers
        )
        self._replies: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._send(asdict(side))

    def ask(self, request: Mapping[str, Any], limit: float) -> Mapping[str, Any] | str:
        """Return the reply to a request, or in words how the worker ended."""
        if request:
            self._heard = os.fstat(self._said.fileno()).st_size  # what others said explains nothing
            self._send(request)
        try:
            line = self._replies.get(timeout=limit)
        except queue.Empty:
            return f"it took longer than {limit:g} s"
        if not line:
            return self._ended()
        reply: Mapping[str, Any] = json.loads(line)
        return reply

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        # A worker that has ended does not read: the end of its output says so.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):  # closed by `kill`
            for line in self._process.stdout:
                self._replies.put(line)
        self._replies.put(b"")

    def _ended(self) -> str:
        code = self._process.wait()
        self._said.seek(self._heard)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"its worker ended with {how}" + (f": {lines[-1]}" if lines else "")
