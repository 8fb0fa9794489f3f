"""The pytest plugin: every case, variant and engine becomes a test.

It is loaded in every pytest run of everybody who has the package: until there is a case file it
imports nothing but pytest, and what pytest itself has imported.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.pytest_files import is_other_python, reads_as_cases

if TYPE_CHECKING:
    from gradcheck.reporters.rows import Row
    from gradcheck.vocabulary import Case

ACTING_MARKERS = frozenset(
    ["skip", "skipif", "xfail", "usefixtures", "filterwarnings", "parametrize"]
)
"""Markers that pytest acts upon: a tag of that name must not, it only names the case."""

_folders = pytest.StashKey[tuple[str, ...]]()
_tags = pytest.StashKey[set[str]]()

# ---------------------------------------------------------------- options


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options; nothing is computed from them yet."""
    group = parser.getgroup("gradcheck", "gradient checks")
    group.addoption(
        "--gradcheck-engine",
        action="append",
        default=[],
        metavar="ENGINE",
        help="engine to run cases on, where they allow it; may be given several times; one of your "
        "own (./steps.py) runs in a process beside, with 10 s for each case",
    )
    group.addoption(
        "--gradcheck-seed", type=int, metavar="N", help="origin of all random choices (default 0)"
    )
    group.addoption(
        "--gradcheck-report-dir",
        metavar="DIR",
        help="folder to write results.jsonl and summary.md to (default: nothing is written)",
    )
    group.addoption(
        "--gradcheck-inconclusive",
        choices=("fail", "warn"),
        default="fail",
        help="what an undecided case is (default fail)",
    )
    parser.addini("gradcheck_cases", "where case files are, from the root", "args", ["cases"])
    parser.addini("gradcheck_seed", "origin of all random choices of gradient checks", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that cannot be met, before anything is collected."""
    places = config.getini("gradcheck_cases")
    folders = (os.path.abspath(config.rootpath / each) for each in places)
    config.stash[_folders] = tuple(os.path.join(folder, "") for folder in folders)
    config.stash[_tags] = set()
    seed = _seed(config)
    if config.getoption("gradcheck_engine"):
        from gradcheck.pytest_engines import require

        require(config.getoption("gradcheck_engine"), config)
    folder = config.getoption("gradcheck_report_dir")
    # A worker of xdist has a `workerinput`; the process that started it writes for all.
    if folder and not hasattr(config, "workerinput"):
        from gradcheck.pytest_report import ReportWriter, unwritable

        place = config.invocation_params.dir / folder
        if reason := unwritable(place):
            raise pytest.UsageError(f"--gradcheck-report-dir: {place}: {reason}")
        writer = ReportWriter(place, seed)
        config.pluginmanager.register(writer, "gradcheck-report")


def _seed(config: pytest.Config) -> int:
    option: int | None = config.getoption("gradcheck_seed")
    if option is not None:
        return option
    text: str = config.getini("gradcheck_seed")
    try:
        return int(text or 0)
    except ValueError:
        raise pytest.UsageError(f"gradcheck_seed = {text}: expected a whole number") from None


def _engines(config: pytest.Config) -> tuple[str, ...]:
    return tuple(dict.fromkeys(config.getoption("gradcheck_engine")))


def pytest_report_header(config: pytest.Config) -> str | None:
    """Show the seed where somebody chose it."""
    return _shown_seed(config) if _is_seed_chosen(config) else None


def pytest_report_collectionfinish(
    config: pytest.Config, items: Sequence[pytest.Item]
) -> str | None:
    """Show the seed where there are cases; a project without any never sees a word of us."""
    if _is_seed_chosen(config) or config.get_verbosity() < 0:
        return None
    return _shown_seed(config) if any(isinstance(item, CaseItem) for item in items) else None


def _is_seed_chosen(config: pytest.Config) -> bool:
    return config.getoption("gradcheck_seed") is not None or bool(config.getini("gradcheck_seed"))


def _shown_seed(config: pytest.Config) -> str:
    return f"gradcheck: seed {_seed(config)}"


# ---------------------------------------------------------------- files


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Collect a case file."""
    if file_path.suffix == ".py" and parent.session.isinitpath(file_path):
        # Named on the command line, it is a test file to pytest: pytest_pycollect_makemodule.
        return None
    return _case_file(file_path, parent)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Take the place of the module that pytest would import a case file as."""
    return _case_file(module_path, parent)


def _case_file(path: Path, parent: pytest.Collector) -> CaseFile | None:
    if not _holds_cases(path, parent.config):
        return None
    file: CaseFile = CaseFile.from_parent(parent, path=path)
    return file


def _holds_cases(path: Path, config: pytest.Config) -> bool:
    """Whether a file is below the folders of cases, and its text says that it holds some."""
    if path.suffix not in (".py", ".yaml", ".yml") or path.name.startswith("."):
        return False
    # As text: every file of everybody's project comes by here, and paths take ten times as long.
    if not f"{path}{os.sep}".startswith(config.stash[_folders]):
        return False
    if path.suffix == ".py" and is_other_python(path, config.getini("python_files")):
        return False
    return reads_as_cases(path)


class CaseFile(pytest.File):
    """A YAML or Python file of cases."""

    def collect(self) -> Iterator[pytest.Function]:
        """Yield an item for each case, variant and engine; every mistake is one error."""
        from gradcheck.pytest_benchmarks import is_only_timing, is_timing, timed_items
        from gradcheck.quoting import printable
        from gradcheck.reading import read_cases

        loaded = read_cases([str(self.path)], self.config.rootpath)
        if loaded.mistakes:
            raise self.CollectError(printable("\n".join(map(str, loaded.mistakes))))
        for case in loaded.cases:
            if is_timing(self.config):
                engines, seed = _engines(self.config), _seed(self.config)
                yield from timed_items(self, case, engines, seed)
            if not is_only_timing(self.config):
                yield from self._items(case)

    def _items(self, case: Case) -> Iterator[CaseItem]:
        from gradcheck.runner import engines_of

        engines = engines_of(case, _engines(self.config))
        # A case that allows none of the chosen engines is there, to be counted as deselected.
        for engine in engines or engines_of(case, ())[:1]:
            item = self._item(case, engine)
            item.is_wanted = bool(engines)
            yield item

    def _item(self, case: Case, engine: str) -> CaseItem:
        from gradcheck.errors import GradientError

        variant = "-".join(part for part in (case.variant, engine) if part)
        name = f"{case.slug}[{variant}]"
        # No originalname=: pytest 9.2 makes the node id of it, and variants would share one.
        item: CaseItem = CaseItem.from_parent(self, name=name, callobj=_check_case)
        item.case, item.engine = case, engine
        item.extra_keyword_matches.update([case.slug, case.variant, engine, *case.tags])
        for tag in filter(_is_marker, case.tags):
            item.add_marker(_registered(tag, self.config))
        if reason := case.xfail.get(engine) or case.xfail.get("*"):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True, raises=GradientError))
        return item


def _is_marker(tag: str) -> bool:
    return not tag.startswith("_") and tag not in ACTING_MARKERS


def _registered(tag: str, config: pytest.Config) -> str:
    """Return `tag`, made known to --strict-markers."""
    if tag not in config.stash[_tags]:
        config.stash[_tags].add(tag)
        config.addinivalue_line("markers", f"{tag}: a tag of gradient cases")
    return tag


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the cases that allow none of the chosen engines."""
    unwanted = [item for item in items if isinstance(item, CaseItem) and not item.is_wanted]
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [i for i in items if not isinstance(i, CaseItem) or i.is_wanted]


# ---------------------------------------------------------------- items


def _check_case(request: pytest.FixtureRequest) -> None:
    """The test function of every case: its parameters are the fixtures that it needs."""
    __tracebackhide__ = True
    assert isinstance(request.node, CaseItem)
    request.node.check()


class CaseItem(pytest.Function):
    """One case on one engine."""

    case: Case
    engine: str
    is_wanted = True
    _row: Row | None = None
    _raised: BaseException | None = None

    @property
    def id(self) -> Any:
        """Return the node id with the variant apart from the slug, as it is read from a cache.

        pytest 9.2 compares ids by these parts, and a Function that pytest did not parametrize
        itself has but one: --lf, --ff, --nf and --sw would find none of ours.
        """
        known = super().id
        parse = getattr(type(known), "parse", None)
        return parse(self.nodeid) if parse else known

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return where the case stands: what pytest would show is where this plugin does."""
        return self.path, max(self.case.place.line - 1, 0), self.name

    def check(self) -> None:
        """Run the case; raise unless it passed, with the command line's text."""
        __tracebackhide__ = True
        from gradcheck.pytest_engines import executor_of
        from gradcheck.pytest_report import told
        from gradcheck.quoting import printable
        from gradcheck.reporters.rows import rows_of
        from gradcheck.runner import Options
        from gradcheck.vocabulary import Verdict

        run_case = executor_of(self.config).run_case
        [self._row] = rows_of(run_case(self.case, self.engine, Options(seed=_seed(self.config))))
        self._note_properties(self._row)
        if self._row.verdict is Verdict.SKIP:
            pytest.skip(printable(self._row.outcomes[0].reason))
        text = told(self._row)
        self._raised = self._failure(self._row, text)
        if self._raised is not None:
            raise self._raised
        self.add_report_section("call", "gradcheck", text)

    def _failure(self, row: Row, text: str) -> BaseException | None:
        """Return what to raise.  An XPASS is none: pytest's strict xfail makes it a failure."""
        from gradcheck.errors import GradientError, InconclusiveError
        from gradcheck.pytest_report import in_short
        from gradcheck.vocabulary import Verdict

        if row.verdict in (Verdict.FAIL, Verdict.XFAIL):
            return GradientError(text)
        if row.verdict is Verdict.ERROR:
            # xfail covers GradientError and nothing else.
            return pytest.fail.Exception(text, pytrace=False)
        if row.verdict is not Verdict.INCONCLUSIVE:
            return None
        if self.config.getoption("gradcheck_inconclusive") == "fail":
            return InconclusiveError(text)
        with _undecided_warns():
            self.warn(pytest.PytestWarning(in_short(row)))
        return None

    def _note_properties(self, row: Row) -> None:
        from gradcheck.reporters.text import detection

        seed = row.outcomes[0].seed
        self.user_properties += [("verdict", str(row.verdict)), ("engine", self.engine)]
        self.user_properties += [("seed", seed), ("detects", detection(row.detects))]

    def repr_failure(  # type: ignore[override]  # as pytest.Function's own
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Any:
        """Return the command line's text without a traceback; --full-trace brings that back."""
        ours = self._row is not None and excinfo.value is self._raised
        if not ours or self._row is None or self.config.getoption("fulltrace"):
            return super().repr_failure(excinfo)
        from gradcheck.pytest_report import in_short

        shown = excinfo.getrepr(style="value")
        if crash := shown.reprcrash:
            # What the short summary, --tb=line and junit say in one line.
            crash.path, crash.lineno = str(self.path), self.case.place.line
            crash.message = in_short(self._row)
        return shown

    def complete(self, report: pytest.TestReport) -> None:
        """Attach the outcomes for the process that writes reports, and let go of them."""
        if self._row is None:
            return
        if report.skipped and isinstance(report.longrepr, tuple):
            path, line, _ = self.reportinfo()
            report.longrepr = (str(path), (line or 0) + 1, report.longrepr[2])
        if self.config.getoption("gradcheck_report_dir"):
            from gradcheck.pytest_report import attach

            attach(self._row.outcomes, report)
        self._row = self._raised = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Complete the report of a case."""
    report = yield
    if isinstance(item, CaseItem) and call.when == "call":
        item.complete(report)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(benchmarks: Sequence[Any], output_json: dict[str, Any]) -> None:
    """Describe what the timings of cases depend on."""
    from gradcheck.pytest_benchmarks import describe

    describe(benchmarks, output_json)


@contextlib.contextmanager
def _undecided_warns() -> Iterator[None]:
    """Keep what was asked to be a warning one, where warnings are errors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("always", "INCONCLUSIVE")
        yield


# ---------------------------------------------------------------- fixture


@pytest.fixture(name="gradcheck", scope="session")
def _gradcheck(pytestconfig: pytest.Config) -> Callable[..., None]:
    """`gradcheck.assert_gradients` with the session's seed: gradcheck(f, *inputs, ...)."""
    from gradcheck.api import assert_gradients

    session = {
        "seed": _seed(pytestconfig),
        "inconclusive": pytestconfig.getoption("gradcheck_inconclusive"),
    }

    def gradcheck(f: Callable[..., Any], *inputs: Any, **options: Any) -> None:
        __tracebackhide__ = True
        try:
            with _undecided_warns():
                assert_gradients(f, *inputs, **(session | options))
        except AssertionError as error:
            # The test's line and the report: the frames in between are the library's.
            raise error.with_traceback(None) from None

    return gradcheck
