"""What the process runs that serves cases which may end it, hang it or fill it.

Requests come in on what was its stdin, answers go out on what was its stdout, both pickled.  What
the cases print goes to stderr, and what they ask for finds nobody.  A case comes as its id, and is
read here from its file: no code travels.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import math
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gradcheck.adapters import adapter, unusable
from gradcheck.errors import told
from gradcheck.executors.channel import taken
from gradcheck.reading import read_cases
from gradcheck.runner import Options, ended, run_case
from gradcheck.vocabulary import Case, Outcome

BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from gradcheck.executors.child import main; main()"
)
READY = "ready"
BEGUN = "begun"
_GRACE = 10  # seconds


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Asks why `engine` cannot be used; the answer is text, empty if it can."""

    engine: str


@dataclass(frozen=True, slots=True)
class Trial:
    """Asks to run the case with the id `case`; the answer is its outcomes, or None for no such.

    After `seconds` nobody waits for it any more.
    """

    case: str
    engine: str
    options: Options
    seconds: float


Answer = str | tuple[Outcome, ...] | None


def command(root: Path, *, python: bool, memory: int) -> list[str]:
    """Return the command line of a child.

    root: the folder that case files are shown relative to.
    python: whether Python case files may be read.
    memory: the most bytes of data that it may hold, where the system can say so; 0 for no limit.
    """
    settings = json.dumps({"root": str(root), "python": python, "memory": memory})
    # -P: nothing that stands in the current folder hides a module while the path is not yet ours.
    return [
        sys.executable,
        "-P",
        "-c",
        BOOT,
        json.dumps([str(place) for place in sys.path]),
        settings,
    ]


def main() -> None:
    """Answer requests until there are no more."""
    settings = json.loads(sys.argv.pop())
    requests, answers = taken()
    faulthandler.enable(answers, all_threads=False)  # last words: where it was when it died
    inbox: queue.SimpleQueue[Inquiry | Trial] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, inbox), daemon=True).start()
    _limit(settings["memory"])
    files = _CaseFiles(Path(settings["root"]), settings["python"])
    _send(answers, READY)
    while True:
        for answer in _answers(inbox.get(), files):
            _send(answers, answer)


def _receive(requests: IO[bytes], inbox: queue.SimpleQueue[Inquiry | Trial]) -> None:
    """Pass requests on; when they end, whoever asked is gone, and so is the use of this process."""
    with contextlib.suppress(Exception):  # the end, or a request torn in the middle
        while True:
            inbox.put(pickle.load(requests))
    # What the cases started goes along, where a group of its own can be told from everybody's.
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _limit(memory: int) -> None:
    """Keep to `memory` bytes, and leave no core file behind; not every system can."""
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory:
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (memory, hard))


def _send(answers: IO[bytes], answer: Answer) -> None:
    with contextlib.suppress(Exception):  # a case may have closed or replaced it
        sys.stdout.flush()
    pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _answers(request: Inquiry | Trial, files: _CaseFiles) -> Iterator[Answer]:
    """Yield BEGUN when the time counts, and then the answer."""
    if isinstance(request, Inquiry):
        yield BEGUN
        yield unusable(request.engine)
        return
    case = files.case(request.case)
    _import(request.engine)
    yield BEGUN
    with _ending(request.seconds):
        yield _outcomes(case, request) if case else None


def _import(engine: str) -> None:
    """Import what an engine stands for, a framework perhaps: that is no work of the case's."""
    with contextlib.suppress(Exception):  # the case meets it again, and tells it
        if not unusable(engine):
            getattr(adapter(engine), "module", None)


@contextlib.contextmanager
def _ending(seconds: float) -> Iterator[None]:
    """End the process if the block takes much longer than `seconds`.

    Whoever asked does that long before, unless it was killed; and a block of compiled code may keep
    the thread that would notice from running.
    """
    if not hasattr(signal, "alarm"):
        yield
        return
    signal.alarm(math.ceil(seconds) + _GRACE)
    try:
        yield
    finally:
        signal.alarm(0)


def _outcomes(case: Case, trial: Trial) -> tuple[Outcome, ...]:
    try:
        return run_case(case, trial.engine, trial.options)
    except BaseException as error:  # a KeyboardInterrupt of the case's own, say
        return ended(case, trial.engine, trial.options, told(error))


class _CaseFiles:
    """Cases by id, each file read when the first of its cases is asked for."""

    def __init__(self, root: Path, python: bool) -> None:
        self._root = root
        self._python = python
        self._files: dict[str, dict[str, Case]] = {}

    def case(self, case_id: str) -> Case | None:
        file = case_id.partition("::")[0]
        if file not in self._files:
            loaded = read_cases([str(self._root / file)], self._root, python=self._python)
            self._files[file] = {case.id: case for case in loaded.cases}
        return self._files[file].get(case_id)
