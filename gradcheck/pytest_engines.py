"""The engines of a pytest session: which there are, and where cases run on them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gradcheck.adapters import ADAPTERS, is_known
from gradcheck.cases.wording import unknown
from gradcheck.executors.isolated import Isolated
from gradcheck.reading import make_importable

_executor = pytest.StashKey[Isolated]()


def executor_of(config: pytest.Config) -> Isolated:
    """Return what runs the cases of a session; its processes end with the session."""
    if _executor not in config.stash:
        config.stash[_executor] = Isolated(config.rootpath)
        config.add_cleanup(config.stash[_executor].close)
    return config.stash[_executor]


def require(engines: Iterable[str], config: pytest.Config) -> None:
    """Raise UsageError where one of the `engines` asked for is unknown or cannot be used."""
    for folder in (config.invocation_params.dir, config.rootpath):
        make_importable(folder)
    # Its own processes: those of the cases begin when pytest captures what they print.
    with Isolated(config.rootpath) as asked:
        for name in engines:
            if not is_known(name):
                message = unknown("engine", name, tuple(ADAPTERS), "engines")
                raise pytest.UsageError(f"--gradcheck-engine: {message}")
            if reason := asked.unusable(name):
                raise pytest.UsageError(f"--gradcheck-engine: {reason}")
