"""How do cost and detection grow with the number of inputs?

`python -m tests.power.scale` prints, for 10 to 1,000,000 inputs, the evaluations, seconds and
memory of a check, the smallest faults that half and 99 % of the seeds show, and what it costs to
find the wrong entry; torch's two modes stand beside it where they are feasible.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from unittest import mock

import numpy as np
from tabulate import tabulate

from gradcheck import Verdict, check_rule
from gradcheck.adapters import adapter
from gradcheck.checks import CHECKS, vjp
from gradcheck.checks.confirmation import AGAIN, confirmed
from gradcheck.checks.projection import Tangents, evidence
from gradcheck.judge import judge
from gradcheck.vocabulary import Case, Evidence, Input, Place, Subject
from tests.power.rules.base import Arrays, Backward, BaseRule, normal, rule, unary

SIZES = (10, 1_000, 100_000, 1_000_000)
SEEDS = {("elementwise", 1_000_000): 20, ("softmax", 1_000_000): 20}  # else 100
TORCH = {"slow": {10: 100, 1_000: 2}, "fast": {10: 100, 1_000: 100, 100_000: 100, 1_000_000: 20}}
SMALLEST, LARGEST = -16.0, 4.0  # decades of fault sizes
STEPS, PARTS = 30, 7  # how often they are halved: where that costs nothing, and where a check each
CONFIRMED, MARGIN = 3, 1.25  # thresholds tried by whole checks, and how far to both sides


def weighted_sines(n: int) -> BaseRule:
    """f = sum(w sin(x)) with fixed random weights."""
    w = np.random.default_rng(n).normal(size=n)
    return rule("scale", "weighted sines", lambda x: (w * np.sin(x)).sum(),
                lambda g, y, x: g * w * np.cos(x), normal(n))  # fmt: skip


def elementwise(n: int) -> BaseRule:
    """y = x tanh x, as many outputs as inputs."""
    return unary("scale", "elementwise", lambda x: x * np.tanh(x),
                 lambda x, y: np.tanh(x) + x * (1 - np.tanh(x) ** 2), normal(n))  # fmt: skip


def normalised(n: int) -> BaseRule:
    """softmax: every output depends on every input."""

    def forward(x: np.ndarray) -> np.ndarray:
        e = np.exp(x - x.max())
        return e / e.sum()

    return rule("scale", "softmax", forward, lambda g, y, x: y * (g - (g * y).sum()), normal(n))


FUNCTIONS = {"weighted sines": weighted_sines, "elementwise": elementwise, "softmax": normalised}


# ---------------------------------------------------------------- faults of a size


@dataclass(frozen=True, slots=True)
class SizedFault:
    """A fault of any relative size: the rule that has it, and what it adds to a projection.

    `shift(terms, place)` is what it adds for a size of one, `squares` its part in ||g * u||_2^2.
    """

    plant: Callable[[BaseRule, float, float], Backward]
    shift: Callable[[np.ndarray, float], float]
    squares: Callable[[np.ndarray, float], float]


def entry_fault(rule: BaseRule, size: float, place: float) -> Backward:
    """Make one entry, at a fraction of all, wrong by a relative size."""

    def backward(y_bars: Arrays, xs: Arrays, ys: Arrays) -> np.ndarray:
        g = np.array(rule.backward(y_bars, xs, ys))
        g.flat[int(place * g.size)] *= 1 + size
        return g

    return backward


def constant_fault(rule: BaseRule, size: float, place: float) -> Backward:
    """Make the whole gradient wrong by a constant factor."""
    return lambda y_bars, xs, ys: (1 + size) * rule.backward(y_bars, xs, ys)


def _at(terms: np.ndarray, place: float) -> float:
    return float(terms[int(place * terms.size)])


FAULTS = {
    "entry": SizedFault(entry_fault, _at, lambda terms, place: _at(terms, place) ** 2),
    "constant": SizedFault(
        constant_fault,
        lambda terms, place: math.fsum(terms.tolist()),
        lambda terms, place: float(terms @ terms),
    ),
}


# ---------------------------------------------------------------- what is seen


Seen = Callable[[BaseRule, Backward, Arrays, int], bool]


def subject_of(rule: BaseRule, backward: Backward, xs: Arrays) -> tuple[Subject, Case]:
    case = Case("scale", Place(""), {"x": Input(data=xs[0])}, rule=(rule.forward, backward))
    return adapter("rule").subject(case, {"x": xs[0]}), case


def seen_by_us(rule: BaseRule, backward: Backward, xs: Arrays, seed: int) -> bool:
    """Whether our check of the reverse mode fails, without what it does to explain itself."""
    evidence = CHECKS["vjp"].run(*subject_of(rule, backward, xs), np.random.default_rng(seed))
    return any(judge(one).verdict is Verdict.FAIL for one in evidence)


@dataclass(frozen=True, slots=True)
class Projection:
    """A projection of the right rule: how it was taken, and what came of it."""

    subject: Subject
    y_bars: Arrays
    tangents: Tangents
    terms: np.ndarray
    evidence: Evidence

    def again(self) -> Evidence:
        """The second measurement that a FAIL must survive."""
        tangents = tuple(None if u is None else AGAIN * u for u in self.tangents)
        return evidence(self.subject, self.y_bars, tangents, AGAIN * self.terms, trusted=False)


def projections(rule: BaseRule, xs: Arrays, seed: int) -> list[Projection]:
    """Return all that a check of the right rule measures with a seed."""
    recorded = []

    def recording(subject, case, y_bars, found, tangents, *precision):
        evidence = confirmed(subject, case, y_bars, found, tangents, *precision)
        terms = np.ravel(found[0] * tangents[0])
        recorded.append(Projection(subject, y_bars, tangents, terms, evidence))
        return evidence

    with mock.patch.object(vjp, "confirmed", recording):
        subject, case = subject_of(rule, rule.backward, xs)
        list(CHECKS["vjp"].run(subject, case, np.random.default_rng(seed)))
    return recorded


def smallest_failing(found: Evidence, shift: float, squares: float) -> float:
    """Return the fault's size from which on this evidence is judged to fail."""

    def fails(exponent: float) -> bool:
        size = 10**exponent
        norm = math.sqrt(found.norm**2 + (2 * size + size**2) * squares)
        wrong = replace(found, analytic=found.analytic + size * shift, norm=norm)
        return judge(wrong).verdict is Verdict.FAIL

    return bisected(fails, STEPS)


def bisected(fails: Callable[[float], bool], steps: int) -> float:
    """Return the size from which on faults are seen, by halving the decades of sizes."""
    low, high = SMALLEST, LARGEST
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (low, middle) if fails(middle) else (middle, high)
    return 10**high if high < LARGEST else np.inf


def smallest_seen(rule: BaseRule, faults: Sequence[SizedFault], seed: int) -> list[float]:
    """Return for each fault the size from which on our check sees it with this seed.

    A fault of some size only shifts what a rule says, so that one check of the right rule tells
    for all sizes: the first projection to fail is the one whose FAIL the second measurement
    confirms at the smallest size.  (That more digits overturn it is left out: their bounds are
    smaller.  `python -m tests.power.scale` tries whole checks on both sides of some thresholds.)
    """
    xs, place = drawn(rule, seed)
    measured = projections(rule, xs, seed)
    return [_smallest_confirmed(measured, fault, place) for fault in faults]


def _smallest_confirmed(measured: Sequence[Projection], fault: SizedFault, place: float) -> float:
    known, best = [], np.inf
    for one in measured:
        effect = fault.shift(one.terms, place), fault.squares(one.terms, place)
        known.append((smallest_failing(one.evidence, *effect), one, effect))
    for size, one, (shift, squares) in sorted(known, key=lambda row: row[0]):
        if size >= best:
            break
        later = smallest_failing(one.again(), AGAIN * shift, AGAIN**2 * squares)
        best = min(best, max(size, later))
    return best


def drawn(rule: BaseRule, seed: int) -> tuple[Arrays, float]:
    """Return the point and the place of the fault for a seed."""
    rng = np.random.default_rng(seed)
    return rule.draw(rng), rng.random()


def is_confirmed(rule: BaseRule, fault: SizedFault, seed: int, size: float) -> bool:
    """Whether whole checks fail just above a threshold and pass just below it."""
    xs, place = drawn(rule, seed)
    above, below = (fault.plant(rule, size * f, place) for f in (MARGIN, 1 / MARGIN))
    return seen_by_us(rule, above, xs, seed) and not seen_by_us(rule, below, xs, seed)


def seen_by_torch(rule: BaseRule, backward: Backward, xs: Arrays, seed: int, *, mode: str) -> bool:
    """Whether torch rejects; its directions are always the same, its points are not."""
    import torch  # noqa: F401  (it makes the module below)

    from tests.power.peers import accepted_by

    # To word a rejection the fast mode runs the slow one, which here takes minutes.
    wording = mock.patch.object(
        sys.modules["torch.autograd.gradcheck"], "_run_slow_mode_and_get_error", return_value=""
    )
    try:
        with wording:
            return not accepted_by(f"torch {mode}", rule, backward, xs)
    except Exception:  # torch raises a RuntimeError of its own for a wrong gradient
        return True


def smallest_seen_by(
    seen: Seen, rule: BaseRule, faults: Sequence[SizedFault], seed: int
) -> list[float]:
    """Return for each fault the size from which on a checker sees it, by whole checks."""
    xs, place = drawn(rule, seed)

    def fails(fault: SizedFault, exponent: float) -> bool:
        return seen(rule, fault.plant(rule, 10**exponent, place), xs, seed)

    return [bisected(partial(fails, fault), PARTS) for fault in faults]


# ---------------------------------------------------------------- cost


@dataclass(slots=True)
class Counted:
    """A forward that counts its calls."""

    forward: Callable[..., np.ndarray]
    calls: int = 0

    def __call__(self, *xs: np.ndarray) -> np.ndarray:
        self.calls += 1
        return self.forward(*xs)


def cost(rule: BaseRule, backward: Backward) -> tuple[int, float, str]:
    """Return the forward calls, the processor's seconds and the text of one whole check."""
    xs = rule.draw(np.random.default_rng(0))
    counted = Counted(rule.forward)
    start = time.process_time()
    report = check_rule(counted, backward, *xs)
    return counted.calls, time.process_time() - start, str(report)


def peak_memory(rule: BaseRule) -> float:
    """Return the peak of a check's memory, as a multiple of its inputs'."""
    xs = rule.draw(np.random.default_rng(0))
    tracemalloc.start()
    check_rule(rule.forward, rule.backward, *xs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / sum(x.nbytes for x in xs)


def cost_row(name: str, n: int) -> list[object]:
    """Return what a check costs, and how much more it costs to find one wrong entry."""
    rule = FUNCTIONS[name](n)
    calls, seconds, _ = cost(rule, rule.backward)
    wrong_calls, wrong_seconds, text = cost(rule, entry_fault(rule, 10.0, 0.7))
    located = f"[{int(0.7 * n)}]" in text
    memory = peak_memory(rule)
    return [name, n, calls, f"{seconds:.3f}", f"{memory:.1f}", wrong_calls - calls,
            f"{wrong_seconds:.3f}", "yes" if located else "no"]  # fmt: skip


# ---------------------------------------------------------------- tables


def detection_rows(name: str, n: int, share: float) -> Iterator[list[object]]:
    """Yield a line for each checker: the sizes that half and 99 % of the seeds see."""
    rule, faults = FUNCTIONS[name](n), tuple(FAULTS.values())
    seeds = max(1, int(SEEDS.get((name, n), 100) * share))
    found = np.array([smallest_seen(rule, faults, seed) for seed in range(seeds)])
    yield [name, n, "gradcheck", seeds, *quantiles(found), confirmations(rule, found)]
    if not importlib.util.find_spec("torch"):
        return
    for mode, feasible in TORCH.items():
        if n in feasible:
            seen = partial(seen_by_torch, mode=mode)
            tried = range(max(1, int(feasible[n] * share)))
            found = np.array([smallest_seen_by(seen, rule, faults, seed) for seed in tried])
            yield [name, n, f"torch {mode}", len(tried), *quantiles(found)]


def quantiles(found: np.ndarray) -> Iterator[str]:
    """Yield for each fault the sizes that half and 99 % of the seeds see; a row is a seed."""
    for sizes in found.T:
        yield from (f"{size:.0e}" for size in np.quantile(sizes, [0.5, 0.99], method="higher"))


def confirmations(rule: BaseRule, found: np.ndarray) -> str:
    """Try some thresholds by whole checks and say how many hold."""
    tried = [
        is_confirmed(rule, fault, seed, size)
        for seed, sizes in enumerate(found[:CONFIRMED])
        for fault, size in zip(FAULTS.values(), sizes, strict=True)
    ]
    return f"{sum(tried)} of {len(tried)}"


COST = ["", "n", "evaluations", "s", "memory/inputs", "to locate", "s in all", "located"]
DETECTION = ["", "n", "checker", "seeds", "entry 50 %", "99 %", "constant 50 %", "99 %",
             "by whole checks"]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, choices=SIZES, default=SIZES)
    parser.add_argument("--functions", nargs="+", choices=list(FUNCTIONS), default=FUNCTIONS)
    parser.add_argument("--share", type=float, default=1.0, help="of the seeds")
    options = parser.parse_args()
    pairs = [(name, n) for name in options.functions for n in options.sizes]
    costs = told(cost_row(*pair) for pair in pairs)
    print(tabulate(costs, COST, disable_numparse=True), end="\n\n", flush=True)
    found = told(row for pair in pairs for row in detection_rows(*pair, options.share))
    print(tabulate(found, DETECTION, disable_numparse=True))


def told(rows: Iterable[list[object]]) -> Iterator[list[object]]:
    """Pass rows on and show each at once: the whole takes long."""
    for row in rows:
        print(*row, sep="  ", file=sys.stderr, flush=True)
        yield row


if __name__ == "__main__":
    main()
