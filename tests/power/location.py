"""Are wrong entries found, and at what cost?

`python -m tests.power.location` plants one to five wrong entries, or a fault in all, in functions
of several kinds and sizes; it prints how often they are named, how often an innocent one is, and
what the search takes in evaluations of the function.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tabulate import tabulate

from gradcheck.adapters import adapter
from gradcheck.localise import MOST, wrong_entries
from gradcheck.vocabulary import Case, Input, Place
from tests.power.rules.base import BaseRule, as_float32, normal, rule, unary
from tests.power.scale import Counted, elementwise, normalised, weighted_sines

HIDDEN = 16


def network(n: int) -> BaseRule:
    """Two layers of tanh from n inputs to one number."""
    rng = np.random.default_rng(n)
    w, v = rng.normal(size=(HIDDEN, n)) / np.sqrt(n), rng.normal(size=HIDDEN)

    def pull(g: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return g * ((v * (1 - np.tanh(w @ x) ** 2)) @ w)

    return rule("scale", "network", lambda x: v @ np.tanh(w @ x), pull, normal(n))


def convolution(n: int) -> BaseRule:
    """tanh of a kernel of five over n inputs."""
    w = np.random.default_rng(n).normal(size=5)

    def pull(g: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.convolve(g * (1 - y * y), w)

    return rule("scale", "convolution", lambda x: np.tanh(np.correlate(x, w)), pull, normal(n))


def waves(n: int) -> BaseRule:
    """A complex function of complex inputs, elementwise."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        return (rng.normal(size=n) + 1j * rng.normal(size=n),)

    found = unary("scale", "complex sines", np.sin, lambda x, y: np.conj(np.cos(x)), normal(n))
    return replace(found, draw=draw)


def single(n: int) -> BaseRule:
    """The weighted sines in single precision."""
    double = weighted_sines(n)
    return replace(as_float32(double), backward=lambda *a: double.backward(*a).astype(np.float32))


FUNCTIONS = {
    "weighted sines": weighted_sines,
    "elementwise": elementwise,
    "softmax": normalised,
    "network": network,
    "convolution": convolution,
    "sines, float32": single,
    "complex sines": waves,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What one search came to: shares of the planted entries, and what it cost."""

    worst: bool
    share: float
    innocent: int
    evaluations: int


def search(name: str, n: int, count: int, size: float, seed: int) -> Found:
    """Plant `count` faults of a relative size (0: in all entries) and look for them."""
    base, rng = FUNCTIONS[name](n), np.random.default_rng([seed, n, count])
    (x,) = base.draw(rng)
    entries = rng.choice(n, count or n, replace=False)
    factors = size * rng.uniform(1, 2, entries.size) * rng.choice([-1, 1], entries.size)

    def backward(y_bars, xs, ys):
        g = np.array(base.backward(y_bars, xs, ys))
        g.flat[entries] *= (1 + factors).astype(g.real.dtype)
        return g

    counted = Counted(base.forward)
    declared = Input(data=x, dtype=str(x.dtype))
    case = Case("location", Place(""), {"x": declared}, rule=(counted, backward))
    subject = adapter("rule").subject(case, {"x": x})
    findings = wrong_entries(subject, 0, None, rng)
    texts = [finding.text.partition(" at ")[0] for finding in findings]
    named = [{int(i) for i in re.findall(r"x\[(\d+)\]", text)} for text in texts]
    every = set().union(*named)
    right = every & set(entries.tolist())
    share = len(right) / min(entries.size, MOST)
    worst = bool(named) and len(named[0]) == 1 and named[0] <= right
    return Found(worst, share, len(every - right), counted.calls)


def row(name: str, n: int, count: int, size: float, seeds: int) -> list[object]:
    found = [search(name, n, count, size, seed) for seed in range(seeds)]
    calls = [one.evaluations for one in found]
    return [name, n, count or "all", f"{size:.0e}", seeds,
            f"{np.mean([one.worst for one in found]):.0%}",
            f"{np.mean([one.share for one in found]):.0%}",
            sum(one.innocent for one in found),
            int(np.median(calls)), int(np.quantile(calls, 0.9)), max(calls)]  # fmt: skip


COLUMNS = ["", "n", "wrong", "size", "trials", "one named", "all named", "innocent",
           "evaluations p50", "p90", "most"]  # fmt: skip


def rows(names: Sequence[str], sizes: Sequence[int], seeds: int) -> Iterator[list[object]]:
    for name in names:
        for n in sizes:
            for size in (0.5, 1e-5) if name != "sines, float32" else (0.5, 1e-2):
                yield row(name, n, 1, size, seeds)
            for count in (2, 3, 5, 0):
                yield row(name, n, count, 0.5, seeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[1_000, 100_000])
    parser.add_argument("--functions", nargs="+", choices=list(FUNCTIONS), default=list(FUNCTIONS))
    parser.add_argument("--seeds", type=int, default=40)
    options = parser.parse_args()
    found = rows(options.functions, options.sizes, options.seeds)
    print(tabulate(found, COLUMNS, disable_numparse=True))


if __name__ == "__main__":
    main()
