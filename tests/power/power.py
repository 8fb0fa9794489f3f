"""How many wrong rules are rejected, and how many right ones?

`python -m tests.power.power` plants every kind of fault in every rule and prints what is missed;
`--right 20000` counts false alarms, `--rules NAME --kinds KIND --seed S` repeats one trial.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
from tabulate import tabulate

from gradcheck import Verdict, check_rule
from gradcheck.vocabulary import Report
from tests.power.conduct import FAULTS
from tests.power.rules import AT_KINKS, MILLION, RULES, UNSTABLE, BaseRule, as_float32
from tests.power.rules.base import Arrays
from tests.power.sites import Site, site

ALL_RULES = {rule.name: rule for rule in (*RULES, *AT_KINKS, *UNSTABLE, *MILLION)}
RIGHT = "right"
COLUMNS = ["", "n", "rejected", "share", "inconclusive", "error", "passed", "ms p50", "ms p99"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One check: of a right rule (`kind` is RIGHT) or of one with a fault of some size."""

    rule: str
    theme: str
    kind: str
    float32: bool
    seed: int
    size: float
    verdict: Verdict
    reason: str
    seconds: float

    @property
    def command(self) -> str:
        """What repeats this trial."""
        kinds = "" if self.kind == RIGHT else f" --kinds {self.kind}"
        single = " --float32" if self.float32 else " --float64"
        start = "python -m tests.power.power"
        return f"{start} --rules {self.rule}{kinds or ' --right 1'} --seed {self.seed}{single}"


# ---------------------------------------------------------------- one trial


def rule_at(name: str, float32: bool, seed: int) -> tuple[BaseRule, Arrays, np.random.Generator]:
    """Return a rule, its point for a seed, and the generator for what follows."""
    rule = as_float32(ALL_RULES[name]) if float32 else ALL_RULES[name]
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return rule, rule.draw(rng), rng


def try_right(name: str, float32: bool, seed: int) -> Trial:
    """Check a right rule."""
    rule, xs, _ = rule_at(name, float32, seed)
    return _trial(rule, xs, rule.backward, name, RIGHT, float32, seed, 0.0)


def try_fault(name: str, kind: str, float32: bool, seed: int) -> Trial | None:
    """Check a rule with a fault; None where it does not apply or is smaller than is asked for."""
    where = site_of(name, kind, float32, seed)
    size = size_of(where, kind)
    if size is None:
        return None
    wrong = FAULTS[kind].plant(where)
    return _trial(where.rule, where.xs, wrong, name, kind, float32, seed, size)


def site_of(name: str, kind: str, float32: bool, seed: int) -> Site:
    """Return where a trial plants its fault."""
    rule, xs, _ = rule_at(name, float32, seed)
    return site(rule, xs, np.random.default_rng([seed, zlib.crc32(f"{name} {kind}".encode())]))


def size_of(where: Site, kind: str) -> float | None:
    """Return the size of a fault, None where it does not apply or is too small."""
    fault = FAULTS[kind]
    if not fault.applies(where):
        return None
    size = fault.size(where)
    return size if size >= (fault.bar or where.bar) else None


def _trial(rule, xs, backward, name, kind, float32, seed, size) -> Trial:
    start = time.perf_counter()
    with np.errstate(all="ignore"):  # wrong rules divide by zero
        report = check_rule(rule.forward, backward, *(x.copy() for x in xs), seed=seed)
    seconds = time.perf_counter() - start
    reason = reason_of(report)
    return Trial(name, rule.theme, kind, float32, seed, size, report.verdict, reason, seconds)


def reason_of(report: Report) -> str:
    """Return which checks decided the verdict, and why."""
    deciding = [o for o in report.outcomes if o.verdict is report.verdict]
    if report.verdict is Verdict.PASS:
        return ""
    return "; ".join(f"{o.check} {o.reason}".strip() for o in deciding)


# ---------------------------------------------------------------- many trials


def right_trials(
    names: Sequence[str], floats: Sequence[bool], count: int, seed: int
) -> list[tuple]:
    """Return the arguments of `count` trials of right rules, spread evenly."""
    each = -(-count // (len(names) * len(floats)))
    everything = [(n, f, seed + s) for s in range(each) for n, f in product(names, floats)]
    return everything[:count]


def fault_trials(
    names: Sequence[str], kinds: Sequence[str], floats: Sequence[bool], seeds: Iterable[int]
) -> list[tuple]:
    """Return the arguments of every fault in every rule."""
    return list(product(names, kinds, floats, seeds))


def run(function: Callable[..., Trial | None], arguments: list[tuple], workers: int) -> list[Trial]:
    """Run all trials, in this process or in several; the order is that of the arguments."""
    if workers < 2:
        found = [function(*a) for a in arguments]
    else:
        with ProcessPoolExecutor(workers) as pool:
            columns = zip(*arguments, strict=True)
            found = list(pool.map(function, *columns, chunksize=64))
    return [trial for trial in found if trial is not None]


# ---------------------------------------------------------------- tables


def rejected_with_right_twin(faults: Sequence[Trial], right: Sequence[Trial]) -> list[Trial]:
    """Return the faults whose right twin is accepted."""
    passed = {(t.rule, t.float32, t.seed) for t in right if t.verdict is Verdict.PASS}
    return [t for t in faults if (t.rule, t.float32, t.seed) in passed]


def table(trials: Sequence[Trial], by: Callable[[Trial], str]) -> str:
    """Return one line for each group, and one for all."""
    groups: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        groups[by(trial)].append(trial)
    rows = [_row(name, group) for name, group in groups.items()]
    return tabulate([*rows, _row("all", trials)], COLUMNS)


def _row(name: str, trials: Sequence[Trial]) -> list[object]:
    counts = Counter(trial.verdict for trial in trials)
    times = [1e3 * trial.seconds for trial in trials] or [0.0]
    return [
        name,
        len(trials),
        counts[Verdict.FAIL],
        f"{counts[Verdict.FAIL] / max(len(trials), 1):.2%}",
        counts[Verdict.INCONCLUSIVE],
        counts[Verdict.ERROR],
        counts[Verdict.PASS],
        *(f"{ms:.1f}" for ms in np.quantile(times, [0.5, 0.99])),
    ]


def told(trials: Iterable[Trial]) -> Iterator[str]:
    """Say of each trial what it was and how to repeat it."""
    for t in trials:
        size = "" if t.kind == RIGHT or np.isinf(t.size) else f" of size {t.size:.1e}"
        yield f"{t.verdict}  {t.rule}: {t.kind}{size} {t.reason}\n    {t.command}"


def right_report(trials: Sequence[Trial]) -> str:
    """Return the verdicts on right rules by theme, and all that are no PASS."""
    away_from_kinks = [t for t in trials if t.theme != "at a kink"]
    by = table(trials, lambda t: f"{t.theme} {'float32' if t.float32 else 'float64'}")
    open_ = np.mean([t.verdict is Verdict.INCONCLUSIVE for t in away_from_kinks] or [0])
    reasons = Counter(t.reason for t in away_from_kinks if t.verdict is Verdict.INCONCLUSIVE)
    alarms = [t for t in trials if t.verdict in (Verdict.FAIL, Verdict.ERROR)]
    undecided = [t for t in away_from_kinks if t.verdict is Verdict.INCONCLUSIVE]
    return "\n".join([
        "Right rules", by,
        f"false alarms: {len(alarms)} of {len(trials)}",
        f"inconclusive away from kinks: {open_:.2%} {dict(reasons)}",
        *told(alarms), *told(undecided),
    ])  # fmt: skip


def fault_report(trials: Sequence[Trial]) -> str:
    """Return the verdicts on wrong rules by kind and theme, and all that were not rejected."""
    missed = [t for t in trials if t.verdict is not Verdict.FAIL]
    return "\n\n".join([
        "Wrong rules whose right twin is accepted, by kind", table(trials, lambda t: t.kind),
        "By theme", table(trials, lambda t: f"{t.theme} {'float32' if t.float32 else 'float64'}"),
        f"Missed: {len(missed)}", "\n".join(told(missed)),
    ])  # fmt: skip


def main() -> None:
    options = parse()
    floats = [False] * options.float64 + [True] * options.float32 or [False, True]
    names = options.rules or [rule.name for rule in RULES]
    if options.right:
        everything = [
            *names,
            *([] if options.rules else [rule.name for rule in (*AT_KINKS, *UNSTABLE)]),
        ]
        trials = right_trials(everything, floats, options.right, options.seed)
        print(right_report(run(try_right, trials, options.workers)))
        return
    seeds = range(options.seed, options.seed + options.seeds)
    right = run(try_right, list(product(names, floats, seeds)), options.workers)
    trials = fault_trials(names, options.kinds or list(FAULTS), floats, seeds)
    faults = run(try_fault, trials, options.workers)
    print(fault_report(rejected_with_right_twin(faults, right)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", nargs="+", choices=list(ALL_RULES), metavar="RULE")
    parser.add_argument("--kinds", nargs="+", choices=list(FAULTS), metavar="KIND")
    parser.add_argument("--float32", action="store_true", help="single precision only")
    parser.add_argument("--float64", action="store_true", help="double precision only")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many points a rule")
    parser.add_argument("--right", type=int, default=0, help="check so many right rules instead")
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
