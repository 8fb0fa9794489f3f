"""The Python interface: check a function, a rule, or case files."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcheck import runner
from gradcheck.adapters.define_by_run import as_outputs
from gradcheck.adapters.received import engine_of, framework_of, nested_arrays, received
from gradcheck.errors import CaseError, GradientError, InconclusiveError
from gradcheck.numeric import directional_derivative
from gradcheck.options import checked, checked_tolerance
from gradcheck.reading import find_root as find_root
from gradcheck.reading import operation_names as operation_names
from gradcheck.reading import read_cases as read_cases
from gradcheck.reporters.rows import rows_of
from gradcheck.reporters.table import table
from gradcheck.reporters.text import all_described
from gradcheck.runner import run as run
from gradcheck.vocabulary import (
    Case,
    Estimate,
    Input,
    Outcome,
    Place,
    Report,
    Tolerance,
    Verdict,
)

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def check(
    f: Callable[..., Any],
    *inputs: Any,
    kwargs: Mapping[str, Any] | None = None,
    engine: str | None = None,
    checks: Sequence[str] | None = None,
    seed: int = 0,
    tolerance: Tolerance | Mapping[str, float] | None = None,
    budget: int | None = None,
) -> Report:
    """Check the gradients that an engine finds for `f` at `inputs`.

    f: takes that engine's arrays, returns one or a tuple of them.
    inputs: numbers, ndarrays or Variables, torch tensors or jax arrays, and for frameworks tuples,
        lists and dicts of these; floating and complex ones are differentiated, and of tensors
        those with requires_grad=True. The parameters of a torch.nn.Module are inputs too.
    kwargs: passed to `f` as they are, but for tensors with requires_grad=True, which are inputs.
    engine: the engine's name; guessed from the inputs otherwise.
    checks: names of the only checks to run; all that apply otherwise.
    seed: the origin of every random choice.
    tolerance: `Tolerance(rtol, atol)` or a dict of these; it only loosens the verdict.
    budget: the most evaluations of `f` that one numerical derivative may cost.

    Returns a Report; `bool(report)` is whether everything passed, `str(report)` the text to read.
    Raises TypeError where an input is no array, ValueError where none is to be differentiated.

    >>> import numpy as np
    >>> from engine import sin
    >>> bool(check(sin, np.array([0.5, 1.0])))
    True
    """
    _require_callable("f", f)
    if engine is not None and not isinstance(engine, str):
        raise TypeError(f"engine={engine!r:.60}: expected the name of an engine")
    given = kwargs or _NOTHING
    engine = engine or engine_of((f, *inputs, *given.values())) or runner.DEFAULT_ENGINE
    framework = framework_of(engine)
    names = _input_names(getattr(f, "forward", f) if framework else f, len(inputs))
    arguments = dict(zip(names, inputs, strict=True))
    if framework:
        declared, function = received(framework, f, arguments, given)
    else:
        leaves, function = nested_arrays(f, arguments, given)
        declared = _declared({name: _as_array(leaf) for name, leaf in leaves.items()})
    case = _case_of(f, declared, tolerance, function=function)
    return _report(case, engine, checks, seed, budget)


def check_rule(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *inputs: Any,
    checks: Sequence[str] | None = None,
    seed: int = 0,
    tolerance: Tolerance | Mapping[str, float] | None = None,
    budget: int | None = None,
) -> Report:
    """Check a hand-written rule on ndarrays.

    forward(*xs): returns an array or a tuple of arrays.
    backward(y_bars, xs, ys): all tuples; returns one gradient for each input in a tuple (None
        where an input has none), or one array if there is one input.
    The other arguments and the result are those of `check`.

    >>> import numpy as np
    >>> rule = (np.sin, lambda y_bars, xs, ys: y_bars[0] * np.cos(xs[0]))
    >>> check_rule(*rule, np.array([0.5, 1.0])).verdict
    <Verdict.PASS: 'PASS'>
    """
    _require_callable("forward", forward)
    _require_callable("backward", backward)
    names = _input_names(forward, len(inputs))
    arrays = dict(zip(names, map(_as_array, inputs), strict=True))
    case = _case_of(forward, _declared(arrays), tolerance, rule=(forward, backward))
    return _report(case, "rule", checks, seed, budget)


def assert_gradients(f: Callable[..., Any], *inputs: Any, **options: Any) -> None:
    """Check like `check` and raise unless everything passed.

    inconclusive: "fail" (the default), or "warn" to let what cannot be judged be a warning.

    Raises GradientError for a wrong gradient (or a case in error), InconclusiveError where no
    verdict can be reached; both are AssertionErrors whose text is the report.
    """
    inconclusive = options.pop("inconclusive", "fail")
    if inconclusive not in ("fail", "warn"):
        raise ValueError(f'inconclusive={inconclusive!r}: expected "fail" or "warn"')
    report = check(f, *inputs, **options)
    if report.verdict is Verdict.INCONCLUSIVE:
        _inconclusive(report, inconclusive)
    elif not report.passed:
        raise GradientError(str(report))


def _inconclusive(report: Report, how: str) -> None:
    if how == "fail":
        raise InconclusiveError(str(report))
    import warnings

    warnings.warn(str(report), stacklevel=3)


def derivative(
    f: Callable[..., Any],
    x: Any,
    x_dot: Any,
    *,
    y_bar: Any = None,
    scale: float = 0.0,
    budget: int = 150,
) -> Estimate:
    """Return d/dt <y_bar, f(x + t x_dot)> at t = 0 with a bound on its error.

    f: takes ndarrays (one for each array in `x`), returns an array or a tuple of arrays.
    x, x_dot: an array or a tuple of arrays, of equal shapes.
    y_bar: an array or tuple in the shape of f's result; f must return one number without it.
    scale: a size of the derivative known beforehand; smaller errors are not worth evaluations.
    budget: the most evaluations of `f`.

    Source of the method: finite differences of order up to 12 (Fornberg 1988) whose step is
    chosen by Lepski's rule (1991) from fits that measure truncation and round-off.
    Raises ValueError where `f` returns several numbers and there is no `y_bar`.

    >>> import numpy as np
    >>> estimate = derivative(np.sin, np.array(0.5), np.array(1.0))
    >>> abs(estimate.value - np.cos(0.5)) <= estimate.error
    True
    """
    return directional_derivative(
        lambda *xs: as_outputs(f(*xs)),
        _arrays(x),
        _arrays(x_dot),
        None if y_bar is None else _arrays(y_bar),
        scale=scale,
        budget=budget,
    )


def load_cases(
    paths: Sequence[str | Path] | str | Path = ("cases",), *, root: Path | None = None
) -> list[Case]:
    """Return every case variant declared below `paths`, shown relative to `root`.

    A path is a folder, a file, `file::slug` or `file::slug[variant]`; `root` is the nearest folder
    with a pyproject.toml or tox.ini otherwise.
    Raises CaseError with every mistake of every file, LookupError where a path is missing.
    """
    several = [paths] if isinstance(paths, str | Path) else list(paths)
    loaded = read_cases(list(map(str, several)), root or find_root(Path.cwd()))
    if loaded.mistakes:
        raise CaseError(loaded.mistakes)
    return list(loaded.cases)


# ---------------------------------------------------------------- from arguments to a case


def _require_callable(name: str, f: object) -> None:
    if not callable(f):
        raise TypeError(f"{name}={f!r:.60}: expected a function")


def _input_names(f: Callable[..., Any], count: int) -> list[str]:
    """Name inputs as `f` names its parameters; x0, x1, ... where it does not."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # NumPy's ufuncs have no signature
        parameters = ()  # type: ignore[assignment]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in positional][:count]
    if len(names) == count:
        return names
    return ["x"] if count == 1 else [f"x{i}" for i in range(count)]


def _as_array(value: Any) -> np.ndarray:
    data = getattr(value, "data", None)
    if isinstance(data, np.ndarray) and not isinstance(value, np.ndarray):
        return data
    kind = type(value).__name__
    if isinstance(value, tuple | dict):
        raise TypeError(f"an input is a {kind}: pass its parts one by one")
    try:
        array = np.asarray(value)
    except Exception as error:  # lists of unequal lengths, arrays of other libraries
        raise TypeError(f"an input is a {kind} that is no array here: {error}") from error
    if array.dtype.kind not in "fciub":
        of = f" of {array.dtype}" if isinstance(value, np.ndarray | list) else ""
        raise TypeError(f"an input is a {kind}{of}: expected numbers or an array of numbers")
    # A whole number is meant as a real one, as in a case file; an integer array is meant as it is.
    return array.astype(np.float64) if isinstance(value, int | float) else array


def _arrays(value: Any) -> tuple[np.ndarray, ...]:
    return tuple(map(_as_array, value if isinstance(value, tuple) else (value,)))


def _declared(arrays: Mapping[str, np.ndarray]) -> dict[str, Input]:
    return {n: Input(data=a, dtype=str(a.dtype)) for n, a in arrays.items()}


def _case_of(
    f: Callable[..., Any],
    inputs: Mapping[str, Input],
    tolerance: Tolerance | Mapping[str, float] | None,
    **kind: Any,
) -> Case:
    return Case(
        slug=getattr(f, "__name__", type(f).__name__),
        place=Place(""),
        inputs=inputs,
        tolerance=checked_tolerance(tolerance),
        **kind,
    )


def _report(
    case: Case, engine: str, checks: Sequence[str] | None, seed: int, budget: int | None
) -> Report:
    options = checked((engine,), checks or (), seed, budget)
    again = f"the same call, with seed={options.seed}"
    outcomes = [replace(o, repeat=again) for o in runner.run_case(case, engine, options)]
    return Report(tuple(outcomes), _text(outcomes))


_TOLD = tuple(v for v in Verdict if v not in (Verdict.PASS, Verdict.SKIP))


def _text(outcomes: Sequence[Outcome]) -> str:
    told = all_described(outcomes, _TOLD)
    if not told and not any(outcome.verdict is Verdict.PASS for outcome in outcomes):
        told = all_described(outcomes, (Verdict.SKIP,))  # why nothing was compared
    if told:
        return told
    # A PASS of forward mode alone must not be taken for one of the gradient.
    no_gradient = [outcome for outcome in outcomes if outcome.check == "vjp"]
    parts = [table(rows_of(outcomes)), all_described(no_gradient, (Verdict.SKIP,))]
    return "\n\n".join(filter(None, parts))
