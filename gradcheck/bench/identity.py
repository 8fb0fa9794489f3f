"""What a case computes, as a hash: whether two timings are of the same thing."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType
from typing import Any

from gradcheck.cases.expression import Program
from gradcheck.vocabulary import Case, plain


def case_hash(case: Case) -> str:
    """Return the sha256 of what `case` computes: its functions' source, inputs, values and steps.

    The same in every process and on every machine; neither the path nor what is expected counts.
    """
    computed = {
        "functions": [_source(f) for f in (case.function, *(case.rule or ())) if f is not None],
        "inputs": plain(case.inputs),
        "symbols": plain(case.symbols),
        "steps": [[step.source, step.cleargrad, step.again] for step in case.steps],
    }
    return hashlib.sha256(json.dumps(computed, default=repr).encode()).hexdigest()


def _source(function: Callable[..., Any]) -> str:
    if isinstance(function, Program):
        return function.source
    if isinstance(function, partial):  # the `$` values it holds are hashed as symbols
        function = function.func
    if not isinstance(function, FunctionType):
        return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"
    return "\n".join(_text(f) for f in _with_called(function))


def _with_called(function: FunctionType) -> Iterator[FunctionType]:
    """Yield `function` and the functions of the same file that it uses, each once."""
    waiting, seen = [function], {function}
    for f in waiting:  # which grows on the way
        yield f
        for value in _used(f):
            same_file = isinstance(value, FunctionType) and (
                value.__code__.co_filename == function.__code__.co_filename
            )
            if same_file and value not in seen:
                seen.add(value)
                waiting.append(value)


def _used(function: FunctionType) -> list[Any]:
    """What a function reads from its module and from around it, in the order of its code."""
    code = function.__code__
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    return [*(function.__globals__.get(name) for name in code.co_names), *cells]


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _text(function: FunctionType) -> str:
    """The source without decorators, which say how a case is timed and not what it computes."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
        [statement] = ast.parse(text).body
    except (OSError, SyntaxError, ValueError):  # made at run time, or a lambda amid other code
        return function.__code__.co_code.hex() + repr(function.__code__.co_consts)
    first = getattr(statement, "lineno", 1) - 1
    return "\n".join(line.rstrip() for line in text.splitlines()[first:])
