"""What happens in a backward pass of a learner's engine, seen from outside whatever it keeps."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from gradcheck.vocabulary import Runs

_OURS = str(Path(__file__).parents[1])


def watched(play: Callable[[], None], variable: Any) -> Runs:
    """Run `play` and return how often operations ran, and gradients were set.

    variable: the class of the engine's Variables.
    """
    called: dict[int, tuple[Any, Counter[Any]]] = {}
    sets: dict[int, tuple[Any, Counter[Any]]] = {}

    def count(of: dict[int, tuple[Any, Counter[Any]]], thing: Any, what: Any) -> None:
        # The object is kept, for another may get its number.
        of.setdefault(id(thing), (thing, Counter()))[1][what] += 1

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        is_rule = event == "call" and code.co_name in ("forward", "backward") and code.co_argcount
        if is_rule and not code.co_filename.startswith(_OURS):
            owner = frame.f_locals.get(code.co_varnames[0])
            if not isinstance(owner, variable):
                count(called, owner, code)  # not its name: a method may call its super's

    def note_set(thing: Any, name: str, value: Any) -> None:
        if name == "grad" and value is not None:
            count(sets, thing, name)

    with _profile(note), _setattr(variable, note_set):
        play()
    operations: dict[str, tuple[int, int]] = {}
    for owner, counts in called.values():
        name, most = type(owner).__name__, Counter[str]()
        for code, times in counts.items():
            most[code.co_name] = max(most[code.co_name], times)
        forward, backward = operations.get(name, (0, 0))
        operations[name] = (max(forward, most["forward"]), max(backward, most["backward"]))
    return Runs(operations, max((counts["grad"] for _, counts in sets.values()), default=0))


@contextlib.contextmanager
def _profile(note: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


@contextlib.contextmanager
def _setattr(variable: Any, note: Callable[[Any, str, Any], None]) -> Iterator[None]:
    """Tell `note` of every attribute that is set on a Variable."""
    is_its_own = "__setattr__" in vars(variable)
    original = variable.__setattr__

    def setting(self: Any, name: str, value: Any) -> None:
        note(self, name, value)
        original(self, name, value)

    variable.__setattr__ = setting
    try:
        yield
    finally:
        if is_its_own:
            variable.__setattr__ = original
        else:
            del variable.__setattr__
