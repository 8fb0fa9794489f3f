"""The harness's words as frozen dataclasses: what flows from a case file to a report."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gradcheck.detection import Detections as Detections
from gradcheck.detection import Detects as Detects
from gradcheck.detection import weakest as weakest
from gradcheck.plain import plain as plain
from gradcheck.timing import PHASES as PHASES
from gradcheck.timing import Benchmark as Benchmark
from gradcheck.timing import Passes as Passes

if TYPE_CHECKING:
    import numpy as np

Arrays = tuple["np.ndarray", ...]


class Verdict(enum.Enum):
    """What a comparison came to; the members stand in order from worst to best."""

    ERROR = "ERROR"
    FAIL = "FAIL"
    XPASS = "XPASS"
    INCONCLUSIVE = "INCONCLUSIVE"
    PASS = "PASS"
    XFAIL = "XFAIL"
    SKIP = "SKIP"

    def __str__(self) -> str:
        return self.value


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of `verdicts`; none at all is an ERROR, for nothing was compared."""
    return min(verdicts, key=_RANK.__getitem__, default=Verdict.ERROR)


# ---------------------------------------------------------------- numbers and their error


@dataclass(frozen=True, slots=True)
class Estimate:
    """A numerical derivative: `value` is within `error` of the truth, unless `reason` says why not.

    `magnitude` is the largest sum |y_bar f| met on the way (the unit of its rounding), `eps` the
    machine epsilon of the arithmetic that f ran in, `output` is ||y_bar f(x)||_2, `step` the
    spacing of the `points` whose values gave the answer, `evaluations` all that were asked of f.
    `clean` says that what the fit left over is rounding and nothing else.  `variation` is by how
    much f changes on average for one unit of t, over the widest level that was measured.  At a kink
    `slopes` are the derivatives
    from the left and from the right.
    """

    value: float
    error: float
    reason: str = ""
    magnitude: float = 0.0
    eps: float = 2.0**-52
    step: float = 0.0
    points: int = 0
    evaluations: int = 0
    clean: bool = False
    variation: float = 0.0
    slopes: tuple[float, float] | None = None
    output: float = 0.0


# ---------------------------------------------------------------- cases


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; line and column count from one, zero is unknown."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.path, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True)
class Generator:
    """An input drawn at random: `distribution` names an entry of `gradcheck.inputs`."""

    shape: tuple[int, ...]
    distribution: str = "normal"
    low: float | None = None
    high: float | None = None
    scale: float | None = None
    domain: tuple[float | None, float | None] | None = None
    avoid: tuple[float, ...] = ()
    margin: float | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One declared input: literal numbers (`data`) or a `generator`, never both."""

    data: Any = None
    generator: Generator | None = None
    dtype: str = "float64"
    layout: str = "contiguous"
    differentiable: bool = True


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A loosening asked for: accept |a - D| <= atol ||u|| + rtol G2 as well."""

    rtol: float = 0.0
    atol: float = 0.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a case or a step says must come out; None where it says nothing."""

    value: Any = None
    gradient: Mapping[str, Any] | None = None
    verdict: str | None = None
    finding: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a `steps` case: run a function backward, clear gradients, or go backward again.

    Exactly one of `function`, `cleargrad` and `again` is set.
    """

    function: Callable[..., Any] | None = None
    cleargrad: tuple[str, ...] = ()
    again: bool = False
    expect: Expectation = Expectation()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A wrong rule planted on purpose into one operation."""

    operation: str
    kind: str
    factor: float | None = None
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One variant of one declared case.

    `function(xp, **inputs)` takes an engine's namespace and that engine's arrays by input name; a
    `rule` is a pair (forward, backward) on ndarrays instead; `steps` replaces both.  Empty
    `checks` and `engines` mean the default.  `xfail` and `skip` map an engine's name, or "*" for
    all, to the reason.  `symbols` are this variant's `$` values in order of declaration.
    `benchmark` asks for the case to be timed, `sized` are its variants at the sizes to time it at
    (none: it is timed as it stands).
    """

    slug: str
    place: Place
    inputs: Mapping[str, Input]
    function: Callable[..., Any] | None = None
    rule: tuple[Callable[..., Any], Callable[..., Any]] | None = None
    steps: tuple[Step, ...] = ()
    source: str = ""
    symbols: Mapping[str, Any] = field(default_factory=dict)
    expect: Expectation = Expectation()
    checks: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    xfail: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)
    tolerance: Tolerance | None = None
    kink: str = ""
    fault: Fault | None = None
    benchmark: Benchmark | None = None
    sized: tuple[Case, ...] = ()

    @property
    def variant(self) -> str:
        """The matrix values in order, "8-float32"; empty without a matrix."""
        return "-".join(str(value) for value in self.symbols.values())

    @property
    def id(self) -> str:
        """The full id, "cases/loss.yaml::softmax[8-float32]"; a slug alone outside of files."""
        variant = f"[{self.variant}]" if self.symbols else ""
        file = f"{self.place.path}::" if self.place.path else ""
        return f"{file}{self.slug}{variant}"


# ---------------------------------------------------------------- subjects


@dataclass(frozen=True, slots=True)
class Runs:
    """What ran how often in one forward and one backward pass of an engine.

    `operations` are, by class, the most often that `forward` and `backward` ran on one object;
    `sets` is the most often that the gradient of one variable was set.
    """

    operations: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    sets: int = 0


class Tape(Protocol):
    """A define-by-run engine's own objects, for what accumulates: leaves and their gradients.

    A tape may say with `may_replace = True` that its engine need not accumulate over passes, and
    offer `runs(function, leaves)`, which plays a pass and returns its `Runs`.
    """

    def leaf(self, array: np.ndarray) -> Any: ...
    def call(self, function: Callable[..., Any], leaves: Mapping[str, Any]) -> Any: ...
    def value(self, y: Any) -> np.ndarray: ...
    def backward(self, y: Any, y_bar: np.ndarray | None = None) -> None: ...
    def grad(self, leaf: Any) -> np.ndarray | None: ...
    def cleargrad(self, leaf: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: a function and its derivative rules on ndarrays, at one point.

    `primal(*xs)` returns a tuple of ys; `vjp(xs, y_bars)` one gradient (or None) for each x;
    `jvp(xs, x_dots)` one tangent for each y; `vjp_vjp(xs, y_bars, v)` the derivatives of <v, vjp>
    by xs and by y_bars.  `rule(y_bars, xs, ys)` is the rule itself where it can be called so.
    `recorded(*xs)` returns the floating ys as they come where a pass back is prepared, which custom
    rules may compute by themselves; `alone(i)` is vjp where nothing but input i is differentiated.
    `batched_primal` is primal
    with a first axis more on every input and output, for several points in one call, and
    `batched_vjp` is vjp with one more on every cotangent and gradient.
    `differentiable` says by position which inputs are due a gradient,
    `budget` how many evaluations of `primal` one derivative may cost; `held` masks, by position,
    entries that no projection moves.
    """

    names: tuple[str, ...]
    xs: Arrays
    differentiable: tuple[bool, ...]
    primal: Callable[..., Arrays]
    vjp: Callable[[Arrays, Arrays], tuple[np.ndarray | None, ...]] | None = None
    jvp: Callable[[Arrays, Arrays], Arrays] | None = None
    vjp_vjp: Callable[[Arrays, Arrays, Arrays], tuple[Arrays, Arrays]] | None = None
    batched_primal: Callable[..., Arrays] | None = None
    batched_vjp: Callable[[Arrays, Arrays], tuple[np.ndarray | None, ...]] | None = None
    rule: Callable[[Arrays, Arrays, Arrays], tuple[np.ndarray | None, ...]] | None = None
    recorded: Callable[..., Arrays] | None = None
    alone: Callable[[int], Callable[[Arrays, Arrays], tuple[np.ndarray | None, ...]]] | None = None
    tape: Tape | None = None
    budget: int = 150
    held: tuple[np.ndarray | None, ...] = ()


class Adapter(Protocol):
    """An engine seen from the harness.

    Optional: `passes(case, xs)` returns the case's Passes at the point `xs`, for benchmarks.
    """

    name: str

    def operations(self) -> Mapping[str, Callable[..., Any]]:
        """Return the engine's operations by the names that cases use."""

    def subject(self, case: Case, xs: Mapping[str, np.ndarray]) -> Subject:
        """Return `case` at the point `xs`, ready to be checked."""


# ---------------------------------------------------------------- from evidence to verdict


@dataclass(frozen=True, slots=True)
class Evidence:
    """A rule's projected derivative beside the numerical one.

    `analytic` is a = <J^T y_bar, u>; `norm` is ||g * u||_2, `median` the median |g_i u_i| and
    `direction_norm` ||u||_2 over the entries of `inputs` that moved; `eps` is the machine epsilon
    of the arithmetic that the rule ran in; `output` is ||y_bar * f(x)||_2, `noise` what the rule's
    own rounding was measured to be, where it was, and `lost` what may have vanished because it is
    smaller than the smallest numbers.
    """

    quantity: str
    inputs: tuple[str, ...]
    analytic: float
    estimate: Estimate
    norm: float
    median: float
    direction_norm: float
    eps: float
    output: float = 0.0
    noise: float = 0.0
    lost: float = 0.0


@dataclass(frozen=True, slots=True)
class Fact:
    """A claim without a derivative in it, about a shape, a sum, an untouched array."""

    claim: str
    holds: bool
    expected: str = ""
    found: str = ""

    @classmethod
    def either(cls, claim: str, holds: bool, expected: str, otherwise: str) -> Fact:
        """Return the fact that found what was expected if it holds, and `otherwise` if not."""
        return cls(claim, holds, expected, expected if holds else otherwise)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One piece of evidence with what the judge made of it; `reason` says why it is no PASS."""

    evidence: Evidence | Fact
    verdict: Verdict
    tolerance: float = 0.0
    reason: str = ""
    detects: Detects | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where: `kind` of mistake and a sentence for people."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check of one case on one engine came to."""

    case: str
    engine: str
    check: str
    verdict: Verdict
    place: Place = Place("")
    reason: str = ""
    judgements: tuple[Judgement, ...] = ()
    findings: tuple[Finding, ...] = ()
    detects: Mapping[str, Detects] = field(default_factory=dict)
    evaluations: int = 0
    seconds: float = 0.0
    seed: int = 0
    repeat: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All outcomes of one call, with the text that people read."""

    outcomes: tuple[Outcome, ...]
    text: str = ""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict; ERROR where nothing was compared."""
        return worst(outcome.verdict for outcome in self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether there is at least one PASS and nothing worse."""
        return self.verdict is Verdict.PASS

    @property
    def detects(self) -> Detections:
        """What the passes would have caught, by input, worst over the checks."""
        return weakest(outcome.detects for outcome in self.outcomes)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as what JSON knows; NaN and infinities become text."""
        return {
            "verdict": str(self.verdict),
            "passed": self.passed,
            "detects": plain(self.detects.summary()),
            "outcomes": [plain(outcome) for outcome in self.outcomes],
        }

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return self.text
