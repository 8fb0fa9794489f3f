"""What a case must satisfy beyond the types of its keys: one rule a function, one loop over all.

A rule yields (location, message); the loop is `broken_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from gradcheck.cases.convert import generator_of, input_of
from gradcheck.cases.document import Loc
from gradcheck.cases.schema import (
    CaseModel,
    GeneratorModel,
    LiteralModel,
    StepExpectation,
    StepModel,
)
from gradcheck.cases.wording import undeclared, unknown
from gradcheck.inputs.distributions import distributions, mistakes
from gradcheck.inputs.primals import literal, nbytes_of
from gradcheck.vocabulary import Input

Broken = Iterator[tuple[Loc, str]]
Rule = Callable[[CaseModel, dict[str, Any]], Broken]

MOST_BYTES = 2**36
"""Beyond what any run may allow its inputs; below that, the run's own limit decides."""

_RULES: list[Rule] = []


def rule(check: Rule) -> Rule:
    """Enter a rule: it takes the model and the variant's `$` values."""
    _RULES.append(check)
    return check


def broken_rules(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    """Yield every rule that the case breaks."""
    for check in _RULES:
        yield from check(model, symbols)


# ---------------------------------------------------------------- what is run


@rule
def one_thing_is_run(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    ways = [key for key in ("function", "steps", "rule") if getattr(model, key, None) is not None]
    if not ways:
        yield (), f"case {model.id!r} lacks the key 'function' (or 'steps')"
    for second in ways[1:]:
        yield (second,), f"a case has one of 'function' and 'steps'; found {' and '.join(ways)}"


@rule
def let_names_are_new(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    if model.let and not isinstance(model.function or "", str):
        yield ("let",), "'let' belongs to an expression; a function has variables"
    for name in model.let:
        if name in model.inputs:
            yield ("let", name), f"the name {name!r} is an input already"


@rule
def steps_stand_alone(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    if model.steps is None:
        return
    if model.benchmark is not None:
        yield ("benchmark",), "a case with 'steps' has no 'benchmark'"
    if model.expect is not None:
        yield ("expect",), "a case with 'steps' has no 'expect' of its own; each step has one"


@rule
def a_step_is_one_move(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    ran = False
    for i, step in enumerate(model.steps or ()):
        yield from (((*("steps", i), *loc), message) for loc, message in _step(step, ran))
        ran = ran or step.function is not None
        names = step.cleargrad if isinstance(step.cleargrad, list) else ()
        for j, name in enumerate(names):
            if name not in model.inputs:
                yield ("steps", i, "cleargrad", j), unknown("input", name, model.inputs, "inputs")


def _step(step: StepModel, ran: bool) -> Broken:
    moves = [key for key in ("function", "cleargrad", "backward") if getattr(step, key) is not None]
    if len(moves) != 1:
        found = " and ".join(moves) or "none of them"
        yield (), f"a step has one of 'function', 'cleargrad' and 'backward'; found {found}"
    if step.backward and not ran:
        yield ("backward",), "'backward: again' needs a step with 'function' before it"
    if step.expect is not None and moves == ["cleargrad"]:
        yield ("expect",), "nothing to expect from 'cleargrad'; expect it of the next step"


# ---------------------------------------------------------------- what is expected


@rule
def gradients_are_of_inputs(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    for loc, expect in _expectations(model):
        for name, expected in (expect.gradient or {}).items():
            if name not in model.inputs:
                yield (*loc, "gradient", name), unknown("input", name, model.inputs, "inputs")
            else:
                yield from _fits(model, symbols, name, expected, (*loc, "gradient", name))


def _fits(model: CaseModel, symbols: dict[str, Any], name: str, expected: Any, loc: Loc) -> Broken:
    declared = input_of(model.inputs[name], symbols)
    if declared.generator is not None:
        return
    shape, found = _shape(declared.data), _shape(expected)
    if shape is not None and found != shape:
        has = "rows of unequal length" if found is None else list(found)
        yield loc, f"the gradient of input {name!r} has its shape, {list(shape)}; found {has}"


def _shape(data: Any) -> tuple[int, ...] | None:
    try:
        return tuple(np.shape(data))
    except ValueError:
        return None


@rule
def values_are_arrays(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    for loc, expect in _expectations(model):
        outputs = expect.value if isinstance(expect.value, list) else ()
        for k, value in enumerate(outputs):
            # Of several outputs each has a shape of its own.
            if _shape(value) is None:
                yield (*loc, "value", k), "rows of unequal length: a value is an array"


@rule
def generated_inputs_have_no_numbers(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    generated = [name for name, x in model.inputs.items() if isinstance(x, GeneratorModel)]
    if not generated:
        return
    message = f"cases with generated inputs have no expected numbers; {generated[0]!r} is generated"
    for loc, expect in _expectations(model):
        yield from (
            ((*loc, key), message)
            for key in ("value", "gradient")
            if getattr(expect, key) is not None
        )


@rule
def verdicts_stand_alone(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    if model.expect is None:
        return
    if model.expect.verdict is not None and model.xfail:
        yield ("xfail",), "an expected verdict excludes 'xfail': meeting it is a PASS already"
    if model.expect.finding is not None and model.expect.verdict != "fail":
        yield ("expect", "finding"), "a 'finding' needs 'verdict: fail' beside it"


def _expectations(model: CaseModel) -> Iterator[tuple[Loc, StepExpectation]]:
    if model.expect is not None:
        yield ("expect",), model.expect
    for i, step in enumerate(model.steps or ()):
        if step.expect is not None:
            yield ("steps", i, "expect"), step.expect


# ---------------------------------------------------------------- inputs


@rule
def inputs_can_be_made(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    for name, declared in model.inputs.items():
        at: Loc = ("inputs", name)
        if isinstance(declared, GeneratorModel):
            for key, message in mistakes(generator_of(declared)):
                yield (*at, key), message
            dtype = input_of(declared, symbols).dtype
            if np.dtype(dtype).kind in "iub" and not distributions[declared.distribution].whole:
                said = f"{declared.distribution} draws no integers, as {dtype} has them"
                yield (*at, "dtype"), f"{said}; write distribution: integers"
        else:
            at = (*at, "data") if isinstance(declared, LiteralModel) else at
            yield from ((at, message) for message in _unfit(input_of(declared, symbols)))


def _unfit(declared: Input) -> Iterator[str]:
    try:
        literal(declared.data, declared.dtype)
    except ValueError as error:
        yield str(error)


@rule
def inputs_are_of_this_world(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    for name, declared in model.inputs.items():
        if (size := nbytes_of(input_of(declared, symbols))) > MOST_BYTES:
            yield ("inputs", name), f"input {name!r} takes {size:,} bytes; at most {MOST_BYTES:,}"


# ---------------------------------------------------------------- the rest


@rule
def names_stand_once(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    for key in ("checks", "engines", "tags"):
        names: list[str] = getattr(model, key)
        for i, name in enumerate(names):
            if name in names[:i]:
                yield (key, i), f"{name!r} stands twice in {key!r}"


@rule
def faults_have_their_own_parameter(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    if model.fault is None:
        return
    for key, kind in (("factor", "scale"), ("entry", "entry")):
        if getattr(model.fault, key) is not None and model.fault.kind != kind:
            yield ("fault", key), f"{key!r} belongs to a fault of kind {kind!r}"


@rule
def sizes_are_declared(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    sizes: Collection[str] = model.benchmark.sizes if model.benchmark is not None else ()
    for name in sizes:
        if name not in model.matrix:
            yield ("benchmark", "sizes", name), undeclared(name, model.matrix)


@rule
def limits_are_on_sizes(model: CaseModel, symbols: dict[str, Any]) -> Broken:
    if model.benchmark is None:
        return
    sizes = model.benchmark.sizes
    for of, limits in model.benchmark.largest.items():
        for name in [name for name in limits if name not in sizes]:
            yield ("benchmark", "largest", of, name), unknown("size", name, sizes, "sizes")
