"""From validated models to the harness's dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.cases.schema import (
    CaseModel,
    ExpectationModel,
    GeneratorModel,
    LiteralModel,
    StepExpectation,
)
from gradcheck.inputs.distributions import distributions
from gradcheck.vocabulary import Benchmark, Expectation, Fault, Generator, Input, Tolerance


def input_of(model: Any, symbols: Mapping[str, Any]) -> Input:
    """Return a declared input; `$dtype` and `$layout` set what a floating input leaves open."""
    if not isinstance(model, GeneratorModel | LiteralModel):
        model = LiteralModel.model_construct(data=model)
    dtype = model.dtype or _default_dtype(model, symbols)
    floating = np.dtype(dtype).kind in "fc"
    layout = symbols.get("layout", "contiguous") if floating else "contiguous"
    return Input(
        data=getattr(model, "data", None),
        generator=generator_of(model) if isinstance(model, GeneratorModel) else None,
        dtype=dtype,
        layout=model.layout or layout,
        differentiable=model.differentiable and floating,
    )


def _default_dtype(model: GeneratorModel | LiteralModel, symbols: Mapping[str, Any]) -> str:
    if isinstance(model, GeneratorModel):
        if distributions[model.distribution].integer:
            return "int64"
    elif np.iscomplexobj(model.data):
        return "complex128"
    return str(symbols.get("dtype", "float64"))


def generator_of(model: GeneratorModel) -> Generator:
    """Return the declared generator."""
    domain = None if model.domain is None else (model.domain[0], model.domain[1])
    return Generator(
        shape=tuple(model.shape),
        distribution=model.distribution,
        low=model.low,
        high=model.high,
        scale=model.scale,
        domain=domain,
        avoid=tuple(model.avoid),
        margin=model.margin,
        seed=model.seed,
    )


def expectation_of(model: StepExpectation | None) -> Expectation:
    """Return what is expected, Expectation() where nothing is."""
    if model is None:
        return Expectation()
    if not isinstance(model, ExpectationModel):
        return Expectation(model.value, model.gradient)
    return Expectation(model.value, model.gradient, model.verdict, model.finding)


def options_of(model: CaseModel) -> dict[str, Any]:
    """Return the keys of a case that need nothing but their model, as Case's arguments."""
    return {
        "expect": expectation_of(model.expect),
        "checks": tuple(model.checks),
        "engines": tuple(model.engines),
        "tags": tuple(model.tags),
        "xfail": model.xfail,
        "skip": model.skip,
        "tolerance": _tolerance(model),
        "kink": model.kink or "",
        "fault": _fault(model),
        "benchmark": _benchmark(model),
    }


def _tolerance(model: CaseModel) -> Tolerance | None:
    given = model.tolerance
    return None if given is None else Tolerance(rtol=given.rtol, atol=given.atol)


def _fault(model: CaseModel) -> Fault | None:
    given = model.fault
    if given is None:
        return None
    return Fault(given.operation, given.kind, given.factor, given.entry)


def _benchmark(model: CaseModel) -> Benchmark | None:
    given = model.benchmark
    if given is None:
        return None
    sizes = {name: tuple(values) for name, values in given.sizes.items()}
    return Benchmark(sizes, tuple(given.phases), given.largest)
