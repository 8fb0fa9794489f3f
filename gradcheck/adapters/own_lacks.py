"""Whether an exception says that a learner's engine lacks something, and what, in its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

# What Python says at the call, the operator or the subscript that an engine was not made for.
_WORDS = (
    (r"unsupported operand type\(s\) for (\S+?)(?: or pow\(\))?:", "Variable has no operator {0}"),
    (r"bad operand type for unary (\S+):", "Variable has no operator {0} in front of it"),
    (r"'(\S+)' not supported between instances", "Variable has no operator {0}"),
    (r"bad operand type for abs", "Variable has no abs()"),
    (r"object is not subscriptable", "Variable has no operator []"),
    (r"object is not iterable", "Variable cannot be iterated over"),
    (r"has no len\(\)", "Variable has no len()"),
    (r"(\S+)\(\) got an unexpected keyword argument '(\w+)'", "{0} takes no argument {1!r}"),
    (r"(\S+)\(\) takes (.*) but (\d+) w", "{0} takes {1}, and the case gives {2}"),
    (r"(\S+)\(\) missing .* required (.*)", "{0} wants more than the case gives: {1}"),
    (r"loop of ufunc does not support", "NumPy's own functions do not know its Variable"),
)
_NO_VARIABLE = "its operations take Variables only, and the case passes a number or an array"
_OURS = str(Path(__file__).parents[1])
_NUMPYS = str(Path(np.__file__).parent)


def lacking(error: TypeError | AttributeError, function: Callable[..., Any], variable: type) -> str:
    """Return what the engine lacks; empty where `error` is a mistake in the engine or the case.

    function: the case's, from which the engine was called.
    variable: the class of the engine's Variables.
    """
    is_outside = _is_raised_outside(error.__traceback__, function)
    if isinstance(error, AttributeError):
        return _attribute(error, variable, is_outside)
    text = str(error)
    if "memoryview" in text:  # what the `.data` of an ndarray is
        return _NO_VARIABLE
    matches = ((re.search(pattern, text), words) for pattern, words in _WORDS if is_outside)
    return next((words.format(*found.groups()) for found, words in matches if found), "")


def _attribute(error: AttributeError, variable: type, is_outside: bool) -> str:
    if isinstance(error.obj, variable) and is_outside:
        return f"Variable has no attribute {error.name!r}"
    is_array = isinstance(error.obj, int | float | complex | np.ndarray | np.generic | list | tuple)
    name = error.name or ""
    of_variables = name in ("data", "grad", "creator") or hasattr(variable, name)
    return _NO_VARIABLE if is_array and of_variables else ""


def _is_raised_outside(trace: TracebackType | None, function: Callable[..., Any]) -> bool:
    """Whether the innermost frame is the case's or ours, but for NumPy's, and not the engine's."""
    frames = []
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    code = getattr(function, "__code__", None)
    innermost = next((f for f in reversed(frames) if not f.startswith(_NUMPYS)), "")
    in_case = code is not None and innermost == code.co_filename
    # An expression of a YAML case has no file: its code is named "<...>".
    return in_case or innermost.startswith((_OURS, "<"))
