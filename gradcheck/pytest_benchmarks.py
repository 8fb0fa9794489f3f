"""Cases under pytest-benchmark: with --benchmark-only or --benchmark-enable, what is timed of them.

Nothing here is imported, and no item made, in a run without these options.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradcheck.bench.workload import Workload
    from gradcheck.vocabulary import Case


def is_timing(config: pytest.Config) -> bool:
    """Whether benchmarks are asked for and can be measured: pytest-benchmark is on, xdist off."""
    session = getattr(config, "_benchmarksession", None)
    if session is None or session.disabled or session.skip:
        return False
    return bool(session.only or config.getoption("benchmark_enable"))


def is_only_timing(config: pytest.Config) -> bool:
    """Whether nothing but benchmarks is wanted."""
    return is_timing(config) and bool(config.getoption("benchmark_only"))


def timed_items(
    parent: pytest.Collector, case: Case, engines: Sequence[str], seed: int
) -> Iterator[TimedItem]:
    """Yield an item for each size of `case`, engine and phase."""
    from gradcheck.bench.workload import workloads

    return (timed_item(parent, each, seed) for each in workloads([case], engines))


def timed_item(parent: pytest.Collector, workload: Workload, seed: int) -> TimedItem:
    """Return the item that times `workload`."""
    case = workload.case
    parts = "-".join(part for part in (case.variant, workload.engine, workload.phase) if part)
    name = f"{case.slug}[{parts}]"
    item: TimedItem = TimedItem.from_parent(parent, name=name, callobj=_time)
    item.workload, item.seed = workload, seed
    words = (case.slug, case.variant, workload.engine, workload.phase, *case.tags)
    item.extra_keyword_matches.update(words)
    # A workload that fails before it is timed has one thing to say.
    item.add_marker(pytest.mark.filterwarnings("ignore:Benchmark fixture was not used"))
    return item


def _time(request: pytest.FixtureRequest, benchmark: Any) -> None:
    """The test function of every workload, which pytest-benchmark times in its own fixture."""
    __tracebackhide__ = True
    assert isinstance(request.node, TimedItem)
    request.node.time(benchmark)


class TimedItem(pytest.Function):
    """One workload: a case at one size, on one engine, in one phase."""

    workload: Workload
    seed: int

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return where the case stands."""
        return self.path, max(self.workload.case.place.line - 1, 0), self.name

    def time(self, benchmark: Any) -> None:
        """Time the workload by pytest-benchmark; skip it where there is nothing to time."""
        __tracebackhide__ = True
        from gradcheck.bench.measure import undisturbed

        with undisturbed():
            failure = self._failure(benchmark)
        if failure:  # the case's own, without frames of ours
            pytest.fail(failure, pytrace=False)

    def _failure(self, benchmark: Any) -> str:
        """Time the workload and return what it raised, in words; empty for nothing."""
        from gradcheck.errors import told

        try:
            self._time(benchmark)
        except (Exception, SystemExit) as error:
            return told(error)
        return ""

    def _time(self, benchmark: Any) -> None:
        from gradcheck.bench.measure import facts, schedule, seconds_of
        from gradcheck.bench.workload import Unmeasurable, ready

        try:
            found = ready(self.workload, self.seed)
        except Unmeasurable as reason:
            pytest.skip(str(reason))
        longest = float(self.config.getoption("benchmark_max_time"))
        least = int(self.config.getoption("benchmark_min_rounds"))
        seconds = seconds_of(found.call)
        rounds, calls = schedule(seconds, longest, least)
        benchmark.pedantic(found.call, rounds=rounds, iterations=calls)
        benchmark.group = f"{self.workload.case.id} {self.workload.phase}"
        benchmark.extra_info["gradcheck"] = facts(self.workload, found, seconds)


def describe(benchmarks: Sequence[Any], document: dict[str, Any]) -> None:
    """Add what the timings depend on to pytest-benchmark's JSON, if any of them is of a case."""
    if any("gradcheck" in each.extra_info for each in benchmarks):
        from gradcheck.bench.machine import machine

        document["gradcheck"] = machine()
