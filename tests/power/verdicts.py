"""What the vjp check says of the corpus when the rule is right: its exact slope.

`python -m tests.power.verdicts` prints the counts and every case that is not a PASS.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator

import mpmath as mp
import numpy as np

from gradcheck.checks.vjp import projected
from gradcheck.judge import judge
from gradcheck.vocabulary import Judgement, Verdict
from tests.gradcheck.subjects import rule_subject
from tests.power.corpus import CorpusCase, corpus


def judgements(seed: int) -> Iterator[tuple[CorpusCase, Judgement]]:
    """Yield one projection of the right rule at every differentiable point of the corpus."""
    for case in corpus():
        if case.slope is not None:
            yield case, _judged(case, seed)


def _judged(case: CorpusCase, seed: int) -> Judgement:
    digits = mp.nstr(case.slope, 25)

    def backward(y_bars, xs, ys):
        return np.asarray(y_bars[0] * xs[0].dtype.type(digits), dtype=xs[0].dtype)

    subject, declared = rule_subject(case.primal, backward, x=np.array(case.x))
    return judge(projected(subject, declared, (0,), np.random.default_rng(seed)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first", type=int, default=1000)
    options = parser.parse_args()
    counts: Counter[Verdict] = Counter()
    for seed in range(options.first, options.first + options.seeds):
        for case, judgement in judgements(seed):
            counts[judgement.verdict] += 1
            if judgement.verdict is not Verdict.PASS:
                print(judgement.verdict, case, judgement.reason, sep="  ")
    total = counts.total()
    print(
        ", ".join(f"{count} {verdict} ({count / total:.2%})" for verdict, count in counts.items())
    )


if __name__ == "__main__":
    main()
