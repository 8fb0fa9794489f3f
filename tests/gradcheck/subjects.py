"""Hand-written subjects for tests: a rule on ndarrays, right or wrong on purpose."""

from __future__ import annotations

import numpy as np

from gradcheck.adapters import adapter
from gradcheck.runner import Options, run_case
from gradcheck.vocabulary import Case, Input, Outcome, Place, Subject


def rule_case(forward, backward, /, slug="rule", path="cases/rules.py", **xs) -> Case:
    """Return a case of a hand-written rule at the point `xs`."""
    inputs = {
        name: x if isinstance(x, Input) else Input(data=x, dtype=str(np.asarray(x).dtype))
        for name, x in xs.items()
    }
    return Case(slug, Place(path, 3), inputs, rule=(forward, backward))


def rule_subject(forward, backward, /, **xs) -> tuple[Subject, Case]:
    """Return the subject of such a case, and the case."""
    case = rule_case(forward, backward, **xs)
    arrays = {name: np.asarray(x) for name, x in xs.items()}
    return adapter("rule").subject(case, arrays), case


def outcomes_of(case: Case, engine: str = "rule", **options) -> dict[str, Outcome]:
    """Run a case and return its outcomes by check."""
    return {outcome.check: outcome for outcome in run_case(case, engine, Options(**options))}


def sine(x):
    return np.sin(x)


def sine_rule(y_bars, xs, ys):
    return y_bars[0] * np.cos(xs[0])
