"""Cases declared in Python: the decorator `case`, and the loading of files that use it.

YAML and pydantic are imported when a file is loaded, not with `case`.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from gradcheck.cases.wording import nearest
from gradcheck.errors import Mistake
from gradcheck.vocabulary import Place

if TYPE_CHECKING:
    from gradcheck.cases.schema import Known
    from gradcheck.vocabulary import Case

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(slots=True)
class Declaration:
    """A call of `case`: its keywords, and the line where it stands."""

    keys: dict[str, Any]
    line: int


@dataclass(slots=True)
class _Collection:
    """The declarations of the file that is being loaded."""

    path: str
    declarations: list[Declaration]


_collection: ContextVar[_Collection | None] = ContextVar("collection", default=None)


def case(function: Any = None, /, **keys: Any) -> Any:
    """Declare a case; the keywords are the keys of a YAML case.

    As a decorator, `@case(inputs={"x": 3.0})`, it declares the function, which takes the engine's
    namespace first, then the inputs by name, `def diamond(xp, x)`, and by the names of `matrix`
    the variant's values, `def chain(xp, x, n)`.  The function comes back unchanged; its name is the
    case's id unless `id` says otherwise.  A hand-written rule is declared by a call:
    `case(id="my_rule", rule=(forward, backward), inputs={"x": [1.0, 2.0]})` with `forward(*xs)` and
    `backward(y_bars, xs, ys)` on ndarrays.

    Declarations count while a case file is loaded, and do nothing elsewhere.
    """
    declaration = Declaration(keys, 0)
    if (collection := _collection.get()) is not None:
        declaration.line = _line(collection.path)
        collection.declarations.append(declaration)

    def declare(function: Function) -> Function:
        declaration.keys = {"id": getattr(function, "__name__", "")} | keys
        declaration.keys["function"] = function
        return function

    return declare if function is None else declare(function)


def _line(path: str) -> int:
    """Return the line of the file being loaded from which `case` was reached."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename != path:
        frame = frame.f_back
    return frame.f_lineno if frame.f_code.co_filename == path else 0


# ---------------------------------------------------------------- loading


def read_python(
    path: Path, shown_path: str, known: Known, modules: Mapping[str, ModuleType] | None = None
) -> tuple[list[Case], list[Mistake]]:
    """Run the Python file at `path` and return the cases that it declares, with every mistake.

    `modules` stand in `sys.modules` while the file loads, and what stood there returns.
    """
    collection = _Collection(str(path), [])
    token = _collection.set(collection)
    try:
        with _standing_in(modules or {}):
            _run(path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return [], [_failure(error, path, shown_path)]
    finally:
        _collection.reset(token)
    return _cases(collection.declarations, shown_path, known)


def _cases(
    declarations: list[Declaration], shown_path: str, known: Known
) -> tuple[list[Case], list[Mistake]]:
    from gradcheck.cases.complaints import doubled
    from gradcheck.cases.declaration import read_case
    from gradcheck.cases.schema import PythonCaseModel

    places = [Place(shown_path, declaration.line) for declaration in declarations]
    twice = doubled(zip([d.keys.get("id") for d in declarations], places, strict=True))
    cases: list[Case] = []
    mistakes = list(twice)
    for declaration, place in zip(declarations, places, strict=True):
        keys = {name: _key(name, value) for name, value in declaration.keys.items()}
        mistakes += [Mistake(place, message) for message in _unfit(keys)]
        made, wrong = read_case(keys, OnePlace(place), (), known, PythonCaseModel)
        mistakes += wrong
        cases += made
    # by identity: a loop declares many cases in one line
    spoilt = {id(mistake.place) for mistake in mistakes}
    return [case for case in cases if id(case.place) not in spoilt], mistakes


def _run(path: Path) -> None:
    """Execute a file as a module of its own name, without a place on `sys.path`."""
    module = ModuleType(f"_gradcheck_cases_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}")
    module.__file__ = str(path)
    # dataclasses and pickle look their module up by name
    sys.modules[module.__name__] = module
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)


@contextlib.contextmanager
def _standing_in(modules: Mapping[str, ModuleType]) -> Iterator[None]:
    """Put `modules` into `sys.modules`, and afterwards back what they and their children hid."""
    hidden = {name: module for name, module in sys.modules.items() if _below(name, modules)}
    for name in hidden:
        del sys.modules[name]
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _below(name, modules)]:
            del sys.modules[name]
        sys.modules.update(hidden)


def _below(name: str, modules: Mapping[str, ModuleType]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in modules)


def _failure(error: BaseException, path: Path, shown_path: str) -> Mistake:
    """Return what went wrong while a file loaded, with the line of that file."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        place = Place(shown_path, error.lineno or 0, error.offset or 0)
        return Mistake(place, f"{type(error).__name__}: {error.msg}")
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 0 for frame in frames if frame.filename == str(path)]
    return Mistake(Place(shown_path, lines[-1] if lines else 0), f"{said} (while the file loads)")


@dataclass(frozen=True, slots=True)
class OnePlace:
    """A source of which only the line of the whole declaration is known."""

    place: Place

    def value(self, loc: object) -> Place:
        return self.place

    def key(self, loc: object) -> Place:
        return self.place

    def within(self, loc: object, offset: int) -> Place:
        return self.place


# ---------------------------------------------------------------- what Python says otherwise


def _plain(value: Any) -> Any:
    """Return arrays, tuples and NumPy's numbers as the lists and numbers that YAML has."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.tolist() if _is_array(value) else value


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "tolist")


def _input(value: Any) -> Any:
    """Return an input as YAML has it; an array says its dtype, unless that is the default."""
    if isinstance(value, dict):
        data = _input(value.get("data"))
        return {**(data if isinstance(data, dict) else {}), **_plain(value)}
    if not _is_array(value) or value.dtype == "float64":
        return _plain(value)
    name = {"g": "longdouble", "G": "clongdouble"}.get(value.dtype.char, str(value.dtype))
    return {"data": _plain(value), "dtype": name}


def _key(name: str, value: Any) -> Any:
    """Return the value of a case's key in YAML's terms; a rule stays a pair of functions."""
    if name == "inputs" and isinstance(value, dict):
        return {str(key): _input(each) for key, each in value.items()}
    return value if name == "rule" else _plain(value)


def _unfit(keys: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the function or the rule of a declaration."""
    function, rule = keys.get("function"), keys.get("rule")
    if rule is not None and not (
        isinstance(rule, tuple) and len(rule) == 2 and all(map(callable, rule))
    ):
        yield "'rule' is a pair of functions, (forward, backward)"
    if function is not None and not callable(function) and not isinstance(function, str):
        yield "'function' is a function or an expression"
    if callable(function) and isinstance(keys.get("inputs"), dict):
        matrix = keys["matrix"] if isinstance(keys.get("matrix"), dict) else {}
        yield from _unfit_parameters(function, list(keys["inputs"]), matrix)


def _unfit_parameters(
    function: Callable[..., Any], inputs: list[str], matrix: Collection[str]
) -> Iterator[str]:
    """Yield how the parameters after `xp` differ from the inputs and the names of `matrix`."""
    name = getattr(function, "__name__", "the function")
    try:
        _xp, *rest = inspect.signature(function).parameters.values()
    except ValueError:
        yield f"{name} takes the engine's namespace first: def {name}(xp, {', '.join(inputs)})"
        return
    listed = ", ".join(p.name for p in rest) or "none"
    takes_any = any(p.kind is p.VAR_KEYWORD for p in rest)
    for missing in [] if takes_any else [x for x in inputs if x not in {p.name for p in rest}]:
        hint = nearest(missing, [p.name for p in rest])
        yield f"input {missing!r} is no parameter of {name}{hint or ';'} after xp: {listed}"
    for parameter in rest:
        needed = parameter.default is parameter.empty and parameter.kind in _BY_NAME
        if needed and parameter.name not in inputs and parameter.name not in matrix:
            hint = nearest(parameter.name, inputs)
            yield (
                f"parameter {parameter.name!r} of {name} is no input{hint or ';'} "
                f"inputs: {', '.join(inputs)}"
            )


_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
