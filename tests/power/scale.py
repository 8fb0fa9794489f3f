"""How do cost and detection grow with the number of inputs?

`python -m tests.power.scale` prints, for 10 to 1,000,000 inputs, the evaluations, seconds and
memory of a check, the smallest faults that half and 99 % of the seeds show, and what it costs to
find the wrong entry; torch's two modes stand beside it where they are feasible.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from unittest import mock

import numpy as np
from tabulate import tabulate

from gradcheck import Verdict, check_rule
from gradcheck.adapters import adapter
from gradcheck.checks import CHECKS
from gradcheck.judge import judge
from gradcheck.vocabulary import Case, Input, Place
from tests.power.rules.base import Arrays, Backward, BaseRule, normal, rule, unary

SIZES = (10, 1_000, 100_000, 1_000_000)
SEEDS = {10: 100, 1_000: 100, 100_000: 20, 1_000_000: 2}
SMALLEST, LARGEST, PARTS = -16.0, 4.0, 7  # decades of fault sizes, and how finely they are cut
FEASIBLE = {"slow": 1_000, "fast": 1_000_000}


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


Seen = Callable[[BaseRule, Backward, Arrays, int], bool]


def seen_by_us(rule: BaseRule, backward: Backward, xs: Arrays, seed: int) -> bool:
    """Whether our check of the reverse mode fails, without what it does to explain itself."""
    case = Case("scale", Place(""), {"x": Input(data=xs[0])}, rule=(rule.forward, backward))
    subject = adapter("rule").subject(case, {"x": xs[0]})
    evidence = CHECKS["vjp"].run(subject, case, np.random.default_rng(seed))
    return any(judge(one).verdict is Verdict.FAIL for one in evidence)


def seen_by_torch(
    rule: BaseRule, backward: Backward, xs: Arrays, seed: int, *, fast: bool = False
) -> bool:
    """Whether torch rejects; its directions are always the same, its points are not."""
    import torch  # noqa: F401  (it makes the module below)

    from tests.power.peers import torch_accepts

    # To word a rejection the fast mode runs the slow one, which here takes minutes.
    wording = mock.patch.object(
        sys.modules["torch.autograd.gradcheck"], "_run_slow_mode_and_get_error", return_value=""
    )
    try:
        with wording:
            return not torch_accepts(rule, backward, xs, fast=fast)
    except Exception:  # torch raises a RuntimeError of its own for a wrong gradient
        return True


def smallest_seen(
    rule: BaseRule, fault: Callable[[BaseRule, float, float], Backward], seen: Seen, seed: int
) -> float:
    """Return the size from which on a fault is seen with this seed, by bisection of its decades."""
    rng = np.random.default_rng(seed)
    xs, place = rule.draw(rng), rng.random()
    low, high = SMALLEST, LARGEST
    for _ in range(PARTS):
        middle = (low + high) / 2
        if seen(rule, fault(rule, 10**middle, place), xs, seed):
            high = middle
        else:
            low = middle
    return 10**high if high < LARGEST else np.inf


def quantiles(
    rule: BaseRule, fault: Callable[[BaseRule, float, float], Backward], seen: Seen, seeds: int
) -> list[str]:
    """Return the sizes that half and 99 % of the seeds see."""
    found = [smallest_seen(rule, fault, seen, seed) for seed in range(seeds)]
    return [f"{size:.0e}" for size in np.quantile(found, [0.5, 0.99], method="higher")]


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
    """Return the forward calls, the seconds and the text of one whole check."""
    xs = rule.draw(np.random.default_rng(0))
    counted = Counted(rule.forward)
    start = time.perf_counter()
    report = check_rule(counted, backward, *xs)
    return counted.calls, time.perf_counter() - start, str(report)


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
    rule, seeds = FUNCTIONS[name](n), max(1, int(SEEDS[n] * share))
    watchers: dict[str, Seen] = {"gradcheck": seen_by_us}
    if importlib.util.find_spec("torch"):
        modes = [mode for mode, largest in FEASIBLE.items() if n <= largest]
        watchers |= {f"torch {m}": partial(seen_by_torch, fast=m == "fast") for m in modes}
    for watcher, seen in watchers.items():
        tried = min(seeds, 3) if watcher == "torch slow" and n > 10 else seeds
        yield [name, n, watcher, tried, *quantiles(rule, entry_fault, seen, tried),
               *quantiles(rule, constant_fault, seen, tried)]  # fmt: skip


COST = ["", "n", "evaluations", "s", "memory/inputs", "to locate", "s in all", "located"]
DETECTION = ["", "n", "checker", "seeds", "entry 50 %", "99 %", "constant 50 %", "99 %"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, choices=SIZES, default=SIZES)
    parser.add_argument("--functions", nargs="+", choices=list(FUNCTIONS), default=FUNCTIONS)
    parser.add_argument("--share", type=float, default=1.0, help="of the seeds")
    options = parser.parse_args()
    pairs = [(name, n) for name in options.functions for n in options.sizes]
    print(tabulate([cost_row(*pair) for pair in pairs], COST, disable_numparse=True))
    print()
    rows = [row for pair in pairs for row in detection_rows(*pair, options.share)]
    print(tabulate(rows, DETECTION, disable_numparse=True))


if __name__ == "__main__":
    main()
