"""The process that `gradcheck bench` measures in: a pytest session of nothing but its workloads.

It reads a request from stdin, and writes what happens to stdout as it happens, one JSON object a
line, so that a crash loses the workload that crashed and no other.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from gradcheck.pytest_benchmarks import TimedItem, timed_item
from gradcheck.pytest_plugin import CaseFile


def main() -> int:
    """Measure the workloads of the request; return pytest's exit code."""
    request = json.load(sys.stdin)
    events = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    # Cases may print, and pytest does: not between the lines that are read.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    session = Measuring(request, events)
    return int(pytest.main(_arguments(request), plugins=[session]))


def _arguments(request: Mapping[str, Any]) -> list[str]:
    """A session that no configuration file and no other plugin takes part in."""
    plugins = ("pytest_benchmark.plugin", "gradcheck.pytest_plugin", "no:cacheprovider")
    return [
        *(part for name in plugins for part in ("-p", name)),
        *("-c", os.devnull, "--rootdir", request["root"], "--benchmark-only", "-q"),
        *("--benchmark-timer", request["timer"]),
        *("--benchmark-max-time", str(request["max_time"])),
        *("--benchmark-min-rounds", str(request["min_rounds"])),
    ]


class Measuring:
    """Collects the workloads that are asked for and tells what becomes of each."""

    def __init__(self, request: Mapping[str, Any], events: IO[str]) -> None:
        self._request = request
        self._events = events

    def _tell(self, **event: Any) -> None:
        self._events.write(json.dumps(event) + "\n")

    def pytest_collection(self, session: pytest.Session) -> bool:
        """Collect the workloads of the request instead of files."""
        session.items = list(self._items(session))
        session.testscollected = len(session.items)
        self._tell(document=_document(session.config))
        return True

    def _items(self, session: pytest.Session) -> Generator[TimedItem]:
        from gradcheck.api import read_cases
        from gradcheck.bench.workload import with_floor, workloads

        request = self._request
        root = Path(request["root"])
        cases = read_cases(request["paths"], root, python=request["python"]).cases
        found = {each.key: each for each in with_floor(workloads(cases, request["engines"]))}
        for key in request["keys"]:
            path = root / found[key].case.place.path
            file: CaseFile = CaseFile.from_parent(session, path=path)
            yield timed_item(file, found[key], request["seed"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Tell which workload comes next: the last one told is the one that crashed."""
        assert isinstance(item, TimedItem)
        self._tell(begins=item.workload.key)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell what was measured, or why nothing was."""
        report = yield
        assert isinstance(item, TimedItem)
        key = item.workload.key
        if report.skipped and isinstance(call.excinfo, pytest.ExceptionInfo):
            self._tell(key=key, skipped=str(call.excinfo.value))
        elif report.failed and call.excinfo is not None:
            self._tell(key=key, failed=str(call.excinfo.value))
        elif report.when == "call":
            self._tell(key=key, timing=_timing(item))
        return report


def _timing(item: TimedItem) -> dict[str, Any]:
    benchmark: Any = item.funcargs["benchmark"]
    timing: dict[str, Any] = benchmark.stats.as_dict()
    return timing


def _document(config: pytest.Config) -> dict[str, Any]:
    """Return pytest-benchmark's JSON as its own hooks make it, still without timings."""
    from gradcheck.bench.machine import machine

    session: Any = vars(config)["_benchmarksession"]
    commit = config.hook.pytest_benchmark_generate_commit_info(config=config)
    document: dict[str, Any] = config.hook.pytest_benchmark_generate_json(
        config=config,
        benchmarks=[],
        include_data=True,
        machine_info=session.get_machine_info(),
        commit_info=commit,
    )
    return {**document, "gradcheck": machine()}


if __name__ == "__main__":
    sys.exit(main())
