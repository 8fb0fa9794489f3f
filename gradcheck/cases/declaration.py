"""One declared case -> its variants as `Case`s, or its mistakes: the same for YAML and Python."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pydantic import ValidationError

from gradcheck.cases.complaints import Complaints, Located, plain
from gradcheck.cases.convert import expectation_of, input_of, options_of
from gradcheck.cases.document import Loc
from gradcheck.cases.expression import Compiler, Program
from gradcheck.cases.rules import broken_rules
from gradcheck.cases.scalars import BROKEN
from gradcheck.cases.schema import MAX_NAMES, RESERVED, CaseModel, Known, StepModel
from gradcheck.cases.symbols import MAX_VARIANTS, Substitution, count, variants
from gradcheck.cases.wording import found
from gradcheck.errors import Mistake
from gradcheck.vocabulary import Case, Place, Step

MAX_ERRORS = 100

_WAYS = frozenset(("function", "steps", "rule"))
"""The keys of what is run; where one of them is wrong, the rules would ask for another."""


def read_case(
    raw: Any, located: Located, base: Loc, known: Known, model: type[CaseModel] = CaseModel
) -> tuple[list[Case], list[Mistake]]:
    """Return the variants of the case that `raw` declares, or every mistake in it.

    `located` knows where the values below `base` stand; `known` has the names that may be used.
    """
    complaints = Complaints(located, base)
    if not isinstance(raw, dict):
        complaints.value((), f"expected a case, a mapping with 'id', found {found(raw)}")
        return [], list(complaints)
    reading = _Reading(raw, located.value(base), known, model, complaints)
    cases = reading.cases()
    return ([], list(complaints)) if complaints else (cases, [])


@dataclass(slots=True)
class _Reading:
    """The reading of one case: what its variants share."""

    _raw: dict[str, Any]
    _place: Place
    _known: Known
    _model: type[CaseModel]
    _complaints: Complaints
    _used: set[str] = field(default_factory=lambda: set(RESERVED))
    _programs: dict[Loc, Program | None] | None = None

    def cases(self) -> list[Case]:
        matrix = self._raw.get("matrix")
        cases = [self._variant(symbols) for symbols in variants(matrix, self._complaints)]
        self._note_equal(cases)
        for name in matrix if isinstance(matrix, Mapping) else ():
            if name not in self._used:
                self._complaints.key(("matrix", name), f"'${name}' is declared but never used")
        return self._with_sizes([case for case in cases if case is not None])

    def _with_sizes(self, cases: list[Case]) -> list[Case]:
        """Give each case what is timed of it: its variants at the sizes of `benchmark`."""
        if not cases or cases[0].benchmark is None or not cases[0].benchmark.sizes:
            return cases
        sizes = cases[0].benchmark.sizes
        values = {**self._raw["matrix"], **{name: list(each) for name, each in sizes.items()}}
        if (many := count(values)) > MAX_VARIANTS:
            most = f"a case has at most {MAX_VARIANTS:,}"
            self._complaints.value(("benchmark", "sizes"), f"{many:,} sizes; {most}")
            return cases
        product = itertools.product(*values.values())
        sized = [self._variant(dict(zip(values, each, strict=True))) for each in product]
        kept = [case for case in sized if case is not None]
        return [replace(c, sized=tuple(s for s in kept if _is_size_of(s, c))) for c in cases]

    def _note_equal(self, cases: list[Case | None]) -> None:
        """Note variants of one name: a-b, c and a, b-c are both a-b-c."""
        seen: set[str] = set()
        for case in filter(None, cases):
            if case.variant in seen:
                self._complaints.value(("matrix",), f"two variants are called {case.variant!r}")
            seen.add(case.variant)

    def _variant(self, symbols: dict[str, Any]) -> Case | None:
        substitution = Substitution(symbols, self._complaints)
        data = substitution.case(self._raw)
        self._used |= substitution.used
        model = self._validated(data)
        programs = self._compiled(data, symbols)
        if model is not None:
            for loc, message in broken_rules(model, symbols):
                self._complaints.value(loc, message)
        if model is None or self._complaints:
            return None
        return self._case(model, symbols, programs)

    def _validated(self, data: dict[str, Any]) -> CaseModel | None:
        """Return the model; after mistakes, of what is left without them, for the rules to read."""
        try:
            return self._model.model_validate(data, context=self._known)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        self._complaints.invalid(errors[:MAX_ERRORS], str(data.get("id", "")), self._model)
        if len(errors) > MAX_ERRORS or any(each["input"] is BROKEN for each in errors):
            return None
        left = data
        for each in errors:
            left = _without(left, plain(each))
        if _WAYS & (data.keys() - left.keys()):
            return None
        try:
            return self._model.model_validate(left, context=self._known)
        except ValidationError:
            return None

    def _compiled(self, data: dict[str, Any], symbols: dict[str, Any]) -> dict[Loc, Program | None]:
        """Return the program of every expression, by location; None where it has a flaw."""
        if self._programs is not None:
            return self._programs
        let, inputs = _texts(data.get("let")), data.get("inputs")
        names = list(inputs) if isinstance(inputs, dict) else []
        if max(len(let), len(names)) > MAX_NAMES:
            return {}
        compiler = Compiler(names, self._known.operations, let, symbols)
        programs: dict[Loc, Program | None] = {}
        flawed = 0
        for loc, text in _expressions(data):
            programs[loc] = compiler.program(text)
            for flaw in compiler.flaws[flawed:]:
                at: Loc = ("let", flaw.name) if flaw.name else loc
                self._complaints.within(at, flaw.offset, flaw.message)
            flawed = len(compiler.flaws)
        self._used |= compiler.used
        if not compiler.used:
            # without `$` constants all variants share their programs
            self._programs = programs
        return programs

    def _case(
        self, model: CaseModel, symbols: dict[str, Any], programs: dict[Loc, Program | None]
    ) -> Case:
        given = programs.get(("function",)) or model.function
        function, taken = _bound(given, symbols, model.inputs)
        self._used |= taken
        steps = tuple(
            _step(step, programs.get(("steps", i, "function")), tuple(model.inputs))
            for i, step in enumerate(model.steps or ())
        )
        rule = getattr(model, "rule", None)
        return Case(
            slug=model.id,
            place=self._place,
            inputs={name: input_of(x, symbols) for name, x in model.inputs.items()},
            function=function,
            rule=rule,
            steps=steps,
            source=_source(given or rule, steps),
            symbols=symbols,
            **options_of(model),
        )


def _expressions(data: dict[str, Any]) -> Iterator[tuple[Loc, str]]:
    """Yield the case's own expression and those of its steps, whatever else is wrong with them."""
    if isinstance(data.get("function"), str):
        yield ("function",), data["function"]
    steps = data.get("steps")
    for i, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict) and isinstance(step.get("function"), str):
            yield ("steps", i, "function"), step["function"]


def _texts(mapping: Any) -> dict[str, str]:
    items = mapping.items() if isinstance(mapping, dict) else ()
    return {key: value for key, value in items if isinstance(value, str)}


def _is_size_of(sized: Case, case: Case) -> bool:
    """Whether the two differ in what `benchmark` gives other values to, and in nothing else."""
    sizes = case.benchmark.sizes if case.benchmark else ()
    return all(sized.symbols[name] == v for name, v in case.symbols.items() if name not in sizes)


def _bound(
    function: Any, symbols: Mapping[str, Any], inputs: Collection[str]
) -> tuple[Callable[..., Any] | None, set[str]]:
    """Return a Python function with the `$` values that its parameters name, and their names."""
    if function is None or isinstance(function, Program):
        return function, set()
    named = {name for name in _parameters(function) if name in symbols and name not in inputs}
    return (partial(function, **{n: symbols[n] for n in named}) if named else function), named


def _parameters(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a mistake that is told elsewhere
        return []


def _step(model: StepModel, program: Program | None, inputs: tuple[str, ...]) -> Step:
    return Step(
        function=program,
        cleargrad=inputs if model.cleargrad == "all" else tuple(model.cleargrad or ()),
        again=model.backward is not None,
        expect=expectation_of(model.expect),
        source=program.source if program is not None else "",
    )


def _source(function: Any, steps: tuple[Step, ...]) -> str:
    """Return what is run, as text to show."""
    if isinstance(function, Program):
        return function.source
    if isinstance(function, tuple):
        return ", ".join(getattr(f, "__name__", repr(f)) for f in function)
    if function is not None:
        return str(getattr(function, "__name__", repr(function)))
    return "\n".join(step.source for step in steps if step.source)


def _without(data: Any, loc: Loc) -> Any:
    """Return `data` without the entry at `loc`, or where that is in a list, without the list."""
    if not loc or not isinstance(data, dict) or loc[0] not in data:
        return data
    inner = data[loc[0]]
    kept = {key: value for key, value in data.items() if key != loc[0]}
    if len(loc) > 1 and isinstance(inner, dict):
        return {**kept, loc[0]: _without(inner, loc[1:])}
    return kept
