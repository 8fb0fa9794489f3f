"""A gradient checker with an error bound: a verdict one can trust with nothing to tune.

Names are imported when they are first used, so that `python -m gradcheck --help` and a pytest
run that checks no gradient load neither NumPy nor YAML.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.api import assert_gradients as assert_gradients
    from gradcheck.api import check as check
    from gradcheck.api import check_rule as check_rule
    from gradcheck.api import derivative as derivative
    from gradcheck.api import load_cases as load_cases
    from gradcheck.api import run as run
    from gradcheck.cases.python_file import case as case
    from gradcheck.errors import CaseError as CaseError
    from gradcheck.errors import GradientError as GradientError
    from gradcheck.errors import InconclusiveError as InconclusiveError
    from gradcheck.numeric.central import numerical_diff as numerical_diff
    from gradcheck.vocabulary import Case as Case
    from gradcheck.vocabulary import Estimate as Estimate
    from gradcheck.vocabulary import Outcome as Outcome
    from gradcheck.vocabulary import Report as Report
    from gradcheck.vocabulary import Verdict as Verdict

__version__ = "0.1.0"

_HOMES = {
    "gradcheck.api": (
        "assert_gradients",
        "check",
        "check_rule",
        "derivative",
        "load_cases",
        "run",
    ),
    "gradcheck.cases.python_file": ("case",),
    "gradcheck.errors": ("CaseError", "GradientError", "InconclusiveError"),
    "gradcheck.numeric.central": ("numerical_diff",),
    "gradcheck.vocabulary": ("Case", "Estimate", "Outcome", "Report", "Verdict"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    *_HOME_OF,
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME_OF])
