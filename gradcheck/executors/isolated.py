"""Cases in child processes: what ends, hangs or fills one of these costs its own case only."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from gradcheck.adapters import unusable
from gradcheck.adapters.own_file import is_own
from gradcheck.errors import users_place
from gradcheck.executors import Pair
from gradcheck.executors.child import BEGUN, Answer, Inquiry, Trial, command
from gradcheck.runner import Options, ended, run_case
from gradcheck.vocabulary import Case, Outcome

OWN_SECONDS = 10.0
"""How long a case may take on an engine of one's own, if nobody says otherwise."""

OWN_MEMORY = 4 * 2**30
"""Bytes of data that a process with an engine of one's own may hold."""

_START_SECONDS = 120.0  # to import everything, or read a case file, on the slowest of machines
_END_SECONDS = 2.0  # from the end of the answers to that of the process, or to its last words

# A process group of its own: Ctrl-C is for the run to deal with, and what a case starts ends
# with its process.
_APART: dict[str, Any] = (
    {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    if sys.platform == "win32"
    else {"process_group": 0}
)


class Isolated:
    """Runs cases on engines of one's own, and with a `timeout` on all, in processes beside this.

    A process serves many cases, is replaced after it died, and each engine of one's own has one to
    itself.  All other cases run here.

    root: the folder that case files are shown relative to.
    python: whether Python case files may be read.
    timeout: seconds that a case may take; engines of one's own have `OWN_SECONDS` otherwise.
    """

    def __init__(self, root: Path, *, python: bool = True, timeout: float | None = None) -> None:
        self._root = root
        self._python = python
        self._timeout = timeout
        self._seconds = OWN_SECONDS if timeout is None else timeout
        self._children: dict[str, Child] = {}

    def __enter__(self) -> Isolated:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process."""
        while self._children:
            self._children.popitem()[1].close()

    def unusable(self, engine: str) -> str:
        """Return why `engine` cannot be used here; empty if it can."""
        if not is_own(engine):
            return unusable(engine)
        try:
            return str(self._ask(engine, Inquiry(engine)))
        except Ended as end:
            return f"{engine}: while it is imported: {end}"

    def run(self, pairs: Iterable[Pair], options: Options) -> Iterator[tuple[Outcome, ...]]:
        """Yield the outcomes of each pair of case and engine, in order."""
        for case, engine in pairs:
            yield self.run_case(case, engine, options)

    def run_case(self, case: Case, engine: str, options: Options) -> tuple[Outcome, ...]:
        """Return the outcomes of one case on one engine."""
        if self._timeout is None and not is_own(engine):
            return run_case(case, engine, options)
        options = replace(options, timeout=self._timeout)
        try:
            outcomes = self._ask(engine, Trial(case.id, engine, options, self._seconds))
        except Late as late:
            return ended(case, engine, options, f"{late}: {_WHY_LATE}")
        except Ended as end:
            return ended(case, engine, options, str(end))
        if not isinstance(outcomes, tuple):
            reason = "the case is no longer in its file, or is another each time the file is read"
            return ended(case, engine, options, reason)
        return outcomes

    def _ask(self, engine: str, request: Inquiry | Trial) -> Answer:
        own = engine if is_own(engine) else ""
        if own in self._children and not self._children[own].is_fit:
            self._children.pop(own).close()
        if own not in self._children:
            memory = OWN_MEMORY if own else 0
            self._children[own] = Child(command(self._root, python=self._python, memory=memory))
        try:
            return self._children[own].ask(request, self._seconds)
        except BaseException:  # an interrupt too: what it is doing, nobody waits for any more
            self._children.pop(own).close()
            raise


class Ended(Exception):
    """A process gave no answer; the text says why."""


class Late(Ended):
    """A process gave no answer in time; the text says where it was."""


_WHY_LATE = (
    "a loop without end, a backward pass that walks shared variables again and again, or work that "
    "needs a longer --timeout"
)


@dataclass(frozen=True, slots=True)
class _LastWords:
    """The end of the answers: what the interpreter says of the place where a process died."""

    text: str

    @property
    def place(self) -> str:
        found = re.findall(r'File "(.*)", line (\d+)', self.text)  # the innermost first
        return users_place([(file, int(line)) for file, line in reversed(found)])


class Child:
    """A process that answers one request after the other."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **_APART
        )
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        reader = threading.Thread(
            target=_receive, args=(self._process.stdout, self._inbox), daemon=True
        )
        reader.start()
        self._is_ready = self._is_spent = False

    @property
    def is_fit(self) -> bool:
        """Whether it can be asked once more."""
        return not self._is_spent and self._process.poll() is None

    def ask(self, request: Inquiry | Trial, seconds: float) -> Answer:
        """Return the answer to `request`; Ended where there is none within `seconds`."""
        if not self._is_ready:
            self._next(_START_SECONDS)
            self._is_ready = True
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has died since: the answers say so
            pickle.dump(request, self._process.stdin)
            self._process.stdin.flush()
        begun = self._next(_START_SECONDS)
        assert begun == BEGUN
        answer: Answer = self._next(seconds)
        return answer

    def _next(self, seconds: float) -> Any:
        try:
            message = self._inbox.get(timeout=seconds)
        except queue.Empty:
            return self._late(seconds)
        if isinstance(message, _LastWords):
            raise Ended(self._death(message.place))
        return message

    def _late(self, seconds: float) -> Any:
        """Ask where it is, and take what has come after all: both of us may have been stopped."""
        self._is_spent = True
        if hasattr(signal, "SIGABRT") and sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGABRT)
        place = ""
        with contextlib.suppress(queue.Empty):
            message = self._inbox.get(timeout=_END_SECONDS)
            if not isinstance(message, _LastWords):
                return message
            place = message.place
        where = f" (it was at {place})" if place else ""
        raise Late(f"no result within {seconds:g} s{where}")

    def _death(self, place: str) -> str:
        """Say how the process ended."""
        try:
            code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return "the process that ran it closed its connection"
        where = f" at {place}" if place else ""
        if code >= 0:
            return f"the process that ran it ended{where}: exit code {code}, as os._exit has it"
        return f"the process that ran it died{where}: {_named(-code)}"

    def close(self) -> None:
        """End the process, and all that it started."""
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()


_CAUSES = {
    "SIGSEGV": "as after a recursion too deep for the stack, or a fault in compiled code",
    "SIGKILL": "as the system does where memory runs out",
}


def _named(number: int) -> str:
    """Return a signal as people look it up, with what it usually means."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    cause = f", {_CAUSES[name]}" if name in _CAUSES else ""
    return f"signal {number} ({name}){cause}"


def _receive(answers: IO[bytes], inbox: queue.SimpleQueue[Any]) -> None:
    """Put answers into `inbox`, and last words when there are no more."""
    words = b""
    with answers, contextlib.suppress(Exception):  # torn in the middle is the end, too
        while not words and (first := answers.peek(1)[:1]):  # type: ignore[attr-defined]
            if first == b"\x80":  # every pickle begins so, and no text
                inbox.put(pickle.load(answers))
            else:
                words = answers.read()
    inbox.put(_LastWords(words.decode(errors="replace")))
