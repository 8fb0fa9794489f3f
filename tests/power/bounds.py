"""Does the numerical derivative keep its word?  Coverage, width and cost of its error bounds.

`python -m tests.power.bounds` prints the tables for the corpus and for expressions that nothing
was tuned on.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import mpmath as mp
import numpy as np
from tabulate import tabulate

from gradcheck.numeric import directional_derivative
from gradcheck.vocabulary import Estimate
from tests.power.corpus import CorpusCase, corpus
from tests.power.expressions import Problem, problems

CRITERION = 1e-3
HEADERS = [
    "",
    "n",
    "covered",
    "missed",
    "inconclusive",
    "B/G2 p50",
    "p90",
    "evals p50",
    "p90",
    "max",
]


@dataclass(frozen=True, slots=True)
class Trial:
    """One estimate beside the slopes that it must cover: two at a kink, else one."""

    name: str
    category: str
    slopes: tuple[mp.mpf, ...]
    size: float
    estimate: Estimate

    @property
    def claimed(self) -> bool:
        return not self.estimate.reason

    @property
    def covered(self) -> bool:
        value, error = self.estimate.value, self.estimate.error
        return all(abs(mp.mpf(value) - slope) <= error for slope in self.slopes)

    @property
    def missed(self) -> bool:
        """A bound was claimed that the truth is outside of."""
        return self.claimed and not self.covered

    @property
    def width(self) -> float:
        return self.estimate.error / self.size if self.size else np.inf

    @property
    def inconclusive(self) -> bool:
        return not self.claimed or self.width > CRITERION


def corpus_trials(seed: int, *, scaled: bool = False) -> list[Trial]:
    """Try the corpus along random directions, with or without the size of the derivative known."""
    rng = np.random.default_rng(seed)
    return [_corpus_trial(case, rng, scaled) for case in corpus()]


def _corpus_trial(case: CorpusCase, rng: np.random.Generator, scaled: bool) -> Trial:
    u = (abs(case.x) or 1.0) * (1 + rng.random()) * rng.choice([-1.0, 1.0])
    slopes = case.slopes if case.slopes else (case.slope,)
    moved = tuple(mp.mpf(slope) * mp.mpf(float(u)) for slope in slopes)
    scale = float(abs(moved[0])) if scaled and case.slope is not None else 0.0
    estimate = directional_derivative(
        case.primal, (np.array(case.x),), (np.array(u),), None, scale=scale
    )
    size = max(abs(estimate.value), float(abs(moved[0])))
    return Trial(str(case), case.category, moved, size, estimate)


def expression_trials(
    seed: int, count: int, *, kinked: bool = False, scaled: bool = True
) -> list[Trial]:
    """Try random expressions of three inputs along random directions."""
    return [_expression_trial(p, kinked, scaled) for p in problems(seed, count, kinked=kinked)]


def _expression_trial(problem: Problem, kinked: bool, scaled: bool) -> Trial:
    scale = problem.scale if scaled else 0.0
    estimate = directional_derivative(problem.primal, (problem.x,), (problem.u,), None, scale=scale)
    size = max(abs(estimate.value), problem.scale)
    category = "kinked" if kinked else "smooth"
    name = f"{problem.expression} at x = {problem.x.tolist()}, u = {problem.u.tolist()}"
    return Trial(name, category, (problem.slope,), size, estimate)


def row(name: str, trials: Sequence[Trial]) -> list[object]:
    """Summarise some trials as one line of the table."""
    widths = [trial.width for trial in trials]
    evaluations = [trial.estimate.evaluations for trial in trials]
    return [
        name,
        len(trials),
        f"{np.mean([trial.covered for trial in trials]):.2%}",
        sum(trial.missed for trial in trials),
        f"{np.mean([trial.inconclusive for trial in trials]):.2%}",
        *(f"{width:.1e}" for width in np.quantile(widths, [0.5, 0.9], method="higher")),
        *(f"{count:.0f}" for count in np.quantile(evaluations, [0.5, 0.9])),
        max(evaluations),
    ]


def report(count: int, seed: int) -> str:
    """Return the tables as text, then every miss and why there was no claim."""
    tried = [corpus_trials(seed + i, scaled=i % 2 == 1) for i in range(4)]
    corpus_all = [trial for trials in tried for trial in trials]
    by_category: dict[str, list[Trial]] = defaultdict(list)
    for trial in corpus_all:
        by_category[trial.category].append(trial)
    held_out = {
        "smooth, scale known": expression_trials(seed, count),
        "smooth, scale unknown": expression_trials(seed + 1, count, scaled=False),
        "kinked, scale known": expression_trials(seed + 2, count, kinked=True),
    }
    everything = corpus_all + [trial for trials in held_out.values() for trial in trials]
    reasons = Counter(trial.estimate.reason for trial in everything if not trial.claimed)
    return "\n\n".join(
        [
            "Corpus, four directions each",
            tabulate([row(name, found) for name, found in by_category.items()], HEADERS),
            "Random expressions",
            tabulate([row(name, found) for name, found in held_out.items()], HEADERS),
            f"No claim because of: {dict(reasons)}",
            "\n".join(f"MISS {t.name}\n  {t.estimate}" for t in everything if t.missed)
            or "No miss",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="expressions of each kind")
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args()
    print(report(options.count, options.seed))


if __name__ == "__main__":
    main()
