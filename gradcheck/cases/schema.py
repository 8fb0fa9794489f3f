"""The keys of a case and their types: pydantic models, and the JSON Schema made of them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from gradcheck.cases.numbers import number, numbers, rectangular
from gradcheck.cases.wording import HERE, found, unknown
from gradcheck.inputs.distributions import distributions
from gradcheck.vocabulary import PHASES

SLUG = r"^[A-Za-z_][A-Za-z0-9_.\-]*$"
IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]*$"
SYMBOL = r"^\$[A-Za-z_][A-Za-z0-9_]*$"
MATRIX_TEXT = re.compile(r"[\w.+-]+", re.ASCII)

FLOATING = ("float64", "float32", "float16", "longdouble", "complex64", "complex128", "clongdouble")
INTEGRAL = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
DTYPES = (*FLOATING, *INTEGRAL, "bool")
LAYOUTS = ("contiguous", "fortran", "strided", "readonly")
MAX_NAMES = 200
FAULTS = ("scale", "sign", "zero", "transpose", "entry", "dropped_term")
RESERVED: Mapping[str, tuple[str, ...]] = {"dtype": FLOATING, "layout": LAYOUTS}


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a case may use; the caller knows which plug-ins there are."""

    operations: Collection[str]
    checks: Collection[str]
    engines: Collection[str]
    findings: Collection[str]


# ---------------------------------------------------------------- kinds of values


@dataclass(frozen=True, slots=True)
class _OrSymbol:
    """Tells editors that a `$` name may stand here; it is replaced before validation."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [handler(schema), {"type": "string", "pattern": SYMBOL}]}


@dataclass(frozen=True, slots=True)
class _Choice:
    """One of several names; those of a registry are read when they are needed."""

    what: str
    options: Callable[[], Collection[str]]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return no_info_after_validator_function(self._check, handler(source))

    def _check(self, name: str) -> str:
        if name not in self.options():
            raise mistake(unknown(self.what, name, self.options(), f"{self.what}s"))
        return name

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        symbol = {"type": "string", "pattern": SYMBOL}
        return {"anyOf": [{"enum": sorted(self.options())}, symbol]}


def mistake(message: str, at: tuple[str | int, ...] = ()) -> PydanticCustomError:
    """Return the error that carries `message` as it is, `at` a place below the value."""
    return PydanticCustomError("words", "{words}", {"words": message, "at": at})


def _known(what: str, *more: str) -> AfterValidator:
    """Return the check of a name against those that the caller knows; all pass without a caller."""

    def check(name: str, info: ValidationInfo) -> str:
        if info.context is None or name in more:
            return name
        options = getattr(info.context, f"{what}s")
        if name not in options:
            raise mistake(unknown(what, name, options, f"{what}s"))
        return name

    return AfterValidator(check)


def _placed(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return `check`, which raises ValueError(message, place below), in pydantic's terms."""

    def validate(value: Any) -> Any:
        try:
            return check(value)
        except ValueError as error:
            message, at = error.args
            raise mistake(message, at) from error

    return validate


def _for_all(value: Any) -> Any:
    if not isinstance(value, str | dict):
        raise mistake(f"expected a reason, or reasons by engine{HERE}, found {found(value)}")
    return {"*": value} if isinstance(value, str) else value


def _cleared(value: Any) -> Any:
    fine = isinstance(value, list) and value and all(isinstance(name, str) for name in value)
    if fine or value == "all":
        return value
    raise mistake(f"expected a list of inputs or 'all' for 'cleargrad', found {found(value)}")


def _no_keyword(name: str) -> str:
    if keyword.iskeyword(name) or name.startswith("__"):
        raise mistake(f"{name!r} has a meaning in expressions; take another name")
    return name


def _matrix_value(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str) and MATRIX_TEXT.fullmatch(value):
        return value
    raise mistake(
        f"expected a number or a text of letters, digits and _.+- in 'matrix', found {found(value)}"
    )


def _numbers_schema(*more: JsonSchemaValue) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": ["number", "array", "boolean", "string"]}, *more]})


Slug = Annotated[str, Field(pattern=SLUG)]
Identifier = Annotated[str, Field(pattern=IDENTIFIER), AfterValidator(_no_keyword)]
Text = Annotated[str, Field(min_length=1)]
Expression = Annotated[str, Field(min_length=1)]
Number = Annotated[float, BeforeValidator(_placed(number)), _OrSymbol()]
Size = Annotated[int, Field(ge=0, lt=2**63), _OrSymbol()]
Flag = Annotated[bool, _OrSymbol()]
Dtype = Annotated[str, _Choice("dtype", lambda: DTYPES)]
Layout = Annotated[str, _Choice("layout", lambda: LAYOUTS)]
Distribution = Annotated[str, _Choice("distribution", lambda: tuple(distributions))]
FaultKind = Annotated[str, _Choice("kind", lambda: FAULTS)]
Numbers = Annotated[Any, AfterValidator(_placed(numbers)), _numbers_schema()]
Rectangular = Annotated[Any, AfterValidator(_placed(rectangular)), _numbers_schema()]
Phase = Annotated[str, _Choice("phase", lambda: PHASES)]
CheckName = Annotated[str, _known("check")]
EngineName = Annotated[str, _known("engine")]
Reasons = Annotated[
    dict[Annotated[str, _known("engine", "*")], Text],
    BeforeValidator(_for_all),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"additionalProperties": {"type": "string"}}]}),
]
Cleared = Annotated[
    Any,
    AfterValidator(_cleared),
    WithJsonSchema({"anyOf": [{"const": "all"}, {"items": {"type": "string"}, "type": "array"}]}),
]
MatrixValues = Annotated[
    list[
        Annotated[
            Any,
            AfterValidator(_matrix_value),
            WithJsonSchema({"type": ["number", "string", "boolean"]}),
        ]
    ],
    Field(min_length=1),
]


# ---------------------------------------------------------------- the models


class Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", use_attribute_docstrings=True)


class Placed(Model):
    """What every input can say, however its numbers come about."""

    dtype: Dtype | None = None
    """Default: float64, or the matrix's dtype; int64 for distributions of integers."""
    layout: Layout | None = None
    """How the array lies in memory."""
    differentiable: Flag = True
    """Whether a gradient is due; integers and booleans never get one."""


class GeneratorModel(Placed):
    """An input drawn at random from a seed that depends on the case, never on engine or path."""

    shape: Annotated[list[Size], Field(max_length=64)]
    """Lengths of the axes; [] is a single number."""
    distribution: Distribution = "normal"
    """How the numbers are drawn."""
    low: Number | None = None
    """Lower end of uniform, log_uniform, integers, linspace."""
    high: Number | None = None
    """Upper end; integers stay below it."""
    scale: Annotated[Number, Field(gt=0)] | None = None
    """Factor on normal, positive, spd, orthogonal."""
    domain: Annotated[list[Number | None], Field(min_length=2, max_length=2)] | None = None
    """[low, high], null for open: numbers (real parts) outside are drawn again."""
    avoid: list[Annotated[Number, Field(allow_inf_nan=False)]] = []
    """Numbers to keep away from, by `margin`: kinks, poles."""
    margin: Annotated[Number, Field(ge=0, allow_inf_nan=False)] | None = None
    """How far to keep from the numbers in `avoid`; default 0.1."""
    seed: Annotated[int, Field(ge=0), _OrSymbol()] | None = None
    """A seed that stands alone instead of the derived one."""


class LiteralModel(Placed):
    """Numbers as they stand, with a dtype or a layout."""

    data: Rectangular
    """A number or nested lists of numbers."""


class StepExpectation(Model):
    value: Numbers = None
    """What the function returns; of several outputs a list with one for each."""
    gradient: dict[str, Numbers] | None = None
    """The accumulated gradient of each input named."""


class ExpectationModel(StepExpectation):
    verdict: Literal["pass", "fail", "inconclusive", "error"] | None = None
    """The verdict that must come out: for cases that test the tester."""
    finding: Annotated[str, _known("finding")] | None = None
    """The kind of mistake that must be named."""


class StepModel(Model):
    """One of `function`, `cleargrad`, `backward`, with what is expected after it."""

    function: Expression | None = None
    """An expression; it is run backward."""
    cleargrad: Cleared = None
    """The inputs whose gradients are cleared, or all."""
    backward: Literal["again"] | None = None
    """Runs the last step's graph backward once more."""
    expect: StepExpectation | None = None
    """What must hold after the step."""


class ToleranceModel(Model):
    rtol: Annotated[Number, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Times the norm of the gradient's projection."""
    atol: Annotated[Number, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Times the norm of the direction."""


class FaultModel(Model):
    """A wrong rule planted into one operation."""

    operation: Annotated[str, _known("operation")]
    """The operation whose rule is made wrong."""
    kind: FaultKind
    """What is done to it."""
    factor: Number | None = None
    """The factor of `scale`."""
    entry: Annotated[int, Field(ge=0), _OrSymbol()] | None = None
    """The entry, in C order, that `entry` makes wrong."""


class BenchmarkModel(Model):
    """Asks for the case to be timed."""

    sizes: dict[Identifier, MatrixValues] = {}
    """Values of `$` names to time the case at; default: those of `matrix`."""
    phases: Annotated[list[Phase], Field(min_length=1)] = list(PHASES)
    """What is timed: forward, backward, check; default: all three."""
    largest: dict[Annotated[str, _known("engine", *PHASES)], dict[Identifier, float]] = {}
    """The largest value of a size at which an engine, or a phase, is timed."""


_DATA = ("data", "value", "values")
"""The key of literal numbers, and what people write for it."""


def _input_kind(value: Any) -> str:
    if not isinstance(value, dict):
        return "<numbers>"
    return "<generator>" if value.keys().isdisjoint(_DATA) else "<literal>"


InputModel = Annotated[
    Annotated[Rectangular, Tag("<numbers>")]
    | Annotated[LiteralModel, Tag("<literal>")]
    | Annotated[GeneratorModel, Tag("<generator>")],
    Discriminator(_input_kind),
    _OrSymbol(),
]


class CaseModel(Model):
    """One case: a function, the point it is checked at, and what is asked of it."""

    id: Slug
    """The case's name, unique in its file."""
    inputs: Annotated[dict[Identifier, InputModel], Field(min_length=1, max_length=MAX_NAMES)]
    """Each input by name: a number, nested lists, or a generator."""
    function: Expression | None = None
    """An expression over operations and inputs, such as mean(square(x @ w))."""
    let: Annotated[dict[Identifier, Expression], Field(max_length=MAX_NAMES)] = {}
    """Named intermediate values, in order."""
    steps: Annotated[list[StepModel], Field(min_length=1)] | None = None
    """Several backward passes on one set of variables, instead of `function`."""
    expect: ExpectationModel | None = None
    """Numbers or a verdict that must come out."""
    matrix: dict[Identifier, MatrixValues] = {}
    """Values of each `$` name: a variant of the case for every combination."""
    checks: list[CheckName] = []
    """Default: all that the engine supports."""
    engines: list[EngineName] = []
    """Default: the engine of this project."""
    tags: list[Slug] = []
    """Words to select by; markers under pytest."""
    benchmark: BenchmarkModel | None = None
    """Asks for the case to be timed."""
    xfail: Reasons = {}
    """Why the case fails today, or the reason by engine."""
    skip: Reasons = {}
    """Why the case is not run, or the reason by engine."""
    tolerance: ToleranceModel | None = None
    """Loosens what is accepted."""
    kink: Literal["subgradient"] | None = None
    """Accepts any subgradient of entries that stand at a kink."""
    fault: FaultModel | None = None
    """Plants a wrong rule: for cases that test the tester."""


class PythonCaseModel(CaseModel):
    """What Python adds: functions where YAML has expressions, and hand-written rules."""

    function: Any = None
    rule: Any = None


class FileModel(Model):
    """A file of gradcheck cases."""

    cases: list[CaseModel]
    """The cases of this file."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a YAML case file, for editors."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **FileModel.model_json_schema()}
