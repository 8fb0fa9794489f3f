"""Timing in a process of its own: one BLAS thread, and a crash costs one workload."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcheck.bench.machine import ONE_THREAD

MODULE = "gradcheck.pytest_session"


class ProcessFailed(Exception):
    """The measuring process ended before it began with a workload; the text is what it said."""


@dataclass(slots=True)
class Measured:
    """What has been measured so far: pytest-benchmark's JSON, and why the rest is not in it.

    `skipped` and `failed` map a workload's key to the reason, in words.
    """

    document: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def timings(self) -> list[dict[str, Any]]:
        """The timings of cases, each with what is said of it."""
        found = self.document.get("benchmarks", ())
        return [each for each in found if "gradcheck" in each["extra_info"]]


def measure(
    request: Mapping[str, Any], keys: Sequence[str], timeout: float, measured: Measured
) -> Iterator[str]:
    """Measure workloads into `measured`; yield the key of each when it is done with.

    A workload that crashes its process, or takes more than `timeout` seconds, is noted as failed,
    and the others go on in a new process. Raises ProcessFailed where no process can work.
    """
    left = list(keys)
    while left:
        before = len(left)
        for key in _session({**request, "keys": left}, timeout, measured):
            left.remove(key)
            yield key
        if len(left) == before:
            raise ProcessFailed("the measuring process ended before it measured anything")


def _session(request: Mapping[str, Any], timeout: float, measured: Measured) -> Iterator[str]:
    process = _started(request)
    current = ""
    try:
        for event in _events(process, timeout):
            current = event.get("begins", current)
            if key := _noted(event, measured):
                current = ""
                yield key
        code = process.wait()
    except _TooLong:
        process.kill()
        code = 0
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
    if current:
        measured.failed[current] = _death(code, timeout)
        yield current


def _started(request: Mapping[str, Any]) -> subprocess.Popen[str]:
    # Options of a pytest around us, and that it is a worker of xdist, which measures nothing.
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    surroundings |= {**ONE_THREAD, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONHASHSEED": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=surroundings,
    )
    assert process.stdin is not None
    with process.stdin as stream:
        json.dump(request, stream)
    return process


class _TooLong(Exception):
    """A workload takes more time than it may."""


def _events(process: subprocess.Popen[str], timeout: float) -> Iterator[dict[str, Any]]:
    """Yield the events of a process as they come in, at most `timeout` seconds apart."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            for line in stream:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=timeout)
        except queue.Empty:
            raise _TooLong from None
        if line is None:
            return
        yield json.loads(line)


def _noted(event: dict[str, Any], measured: Measured) -> str:
    """Enter what an event says; return the key of the workload that is done with it, if any."""
    key: str = event.get("key", "")
    if "document" in event:
        measured.document = event["document"] | {
            "benchmarks": measured.document.get("benchmarks", [])
        }
    elif "timing" in event:
        measured.document["benchmarks"].append(event["timing"])
    elif "skipped" in event:
        measured.skipped[key] = event["skipped"]
    elif "failed" in event:
        measured.failed[key] = event["failed"]
    return key


def _death(code: int, timeout: float) -> str:
    if code < 0:
        return f"the process died of signal {-code} ({signal.Signals(-code).name})"
    if code:
        return f"the process ended with exit code {code}"
    return f"it took more than {timeout:g} s"
