"""The same rules and faults through other checkers, with their defaults.

`python -m tests.power.peers` prints, for each kind of fault, the share that each checker rejects
while it accepts the right rule at the same point; a checker that is not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
from tabulate import tabulate

from gradcheck import Verdict, check_rule
from tests.power import checkers
from tests.power.conduct import FAULTS
from tests.power.power import RIGHT, rule_at, site_of, size_of
from tests.power.rules import RULES, BaseRule
from tests.power.rules.base import Arrays, Backward
from tests.power.wrapped import WRAPPED

LARGEST_SLOW = 300  # entries of all inputs: the slow mode evaluates twice for each

Accepts = Callable[[BaseRule, Backward, Arrays], bool]


# ---------------------------------------------------------------- the checkers


def ours(rule: BaseRule, backward: Backward, xs: Arrays) -> bool:
    """Whether our own checker says PASS."""
    return check_rule(rule.forward, backward, *xs).verdict is Verdict.PASS


def accepted_by(peer: str, rule: BaseRule, backward: Backward, xs: Arrays) -> bool:
    """Whether a framework's own checker accepts the rule in reverse mode; it raises otherwise."""
    engine = checkers.PEERS[peer][0]
    options = {} if engine == "torch" else {"modes": ["rev"]}
    with checkers.surroundings():
        offer = checkers.Offer(engine, *WRAPPED[engine](rule, backward, xs), options)
        checkers.ask(peer, offer)
    return True


PEERS: dict[str, tuple[str, Accepts]] = {
    "gradcheck": ("gradcheck", ours),
    **{p: (engine, partial(accepted_by, p)) for p, (engine, *_) in checkers.PEERS.items()},
}


# ---------------------------------------------------------------- trials


@dataclass(frozen=True, slots=True)
class Duel:
    """What one checker said of a right rule and, in the same place, of a wrong one."""

    peer: str
    rule: str
    kind: str
    float32: bool
    accepted: bool
    seconds: float


def accepts(peer: str, rule: BaseRule, backward: Backward, xs: Arrays) -> tuple[bool, float]:
    """Return whether a checker accepts a rule, and the seconds that took."""
    start = time.perf_counter()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            accepted = PEERS[peer][1](rule, backward, tuple(x.copy() for x in xs))
        except Exception:  # each checker rejects with exceptions of its own, and so do engines
            accepted = False
    return accepted, time.perf_counter() - start


def duels(name: str, kinds: Sequence[str], peers: Sequence[str], float32: bool, seed: int) -> list:
    """Let every checker judge one rule, right and with each kind of fault."""
    rule, xs, _ = rule_at(name, float32, seed)
    able = [peer for peer in peers if is_feasible(peer, xs)]
    found = [
        Duel(peer, name, RIGHT, float32, *accepts(peer, rule, rule.backward, xs)) for peer in able
    ]
    for kind in kinds:
        where = site_of(name, kind, float32, seed)
        if size_of(where, kind) is not None:
            for peer in able:
                wrong = FAULTS[kind].plant(where)
                found.append(Duel(peer, name, kind, float32, *accepts(peer, rule, wrong, xs)))
    return found


def is_feasible(peer: str, xs: Arrays) -> bool:
    return peer != "torch slow" or sum(x.size for x in xs) <= LARGEST_SLOW


def installed() -> list[str]:
    """Return the checkers that are there."""
    return [peer for peer, (module, _) in PEERS.items() if importlib.util.find_spec(module)]


# ---------------------------------------------------------------- tables


def table(found: Sequence[Duel], peers: Sequence[str]) -> str:
    """Return a line for each kind: the share rejected while the right twin is accepted."""
    accepted = {(d.peer, d.rule, d.float32): d.accepted for d in found if d.kind == RIGHT}
    hits: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for d in found:
        if d.kind != RIGHT:
            hit = not d.accepted and accepted[d.peer, d.rule, d.float32]
            hits[d.kind, d.peer].append(hit)
            hits["all kinds", d.peer].append(hit)
    kinds = [*(kind for kind in FAULTS if (kind, peers[0]) in hits), "all kinds"]
    rows = [[kind, *(_share(hits[kind, peer]) for peer in peers)] for kind in kinds]
    return tabulate([*rows, *_of_right(found, peers)], ["rejected, right twin accepted", *peers])


def _of_right(found: Sequence[Duel], peers: Sequence[str]) -> list[list[str]]:
    right = {peer: [d for d in found if d.peer == peer and d.kind == RIGHT] for peer in peers}
    return [
        ["right rules not accepted", *(_share([not d.accepted for d in right[p]]) for p in peers)],
        ["right rules tried", *(str(len(right[p])) for p in peers)],
        ["wrong rules tried",
         *(str(sum(d.peer == p and d.kind != RIGHT for d in found)) for p in peers)],
        ["ms a right rule, median",
         *(f"{1e3 * np.median([d.seconds for d in right[p]]):.1f}" for p in peers)],
    ]  # fmt: skip


def _share(hits: Sequence[bool]) -> str:
    return f"{np.mean(hits):.1%}" if hits else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", nargs="+", default=[rule.name for rule in RULES])
    parser.add_argument("--kinds", nargs="+", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--float32", action="store_true", help="single precision, not double")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    peers = [peer for peer in options.peers if peer in installed()]
    for peer in set(options.peers) - set(peers):
        print(f"{peer}: not installed, left out")
    one = partial(_one, kinds=options.kinds, peers=peers)
    trials = list(product(options.rules, [options.float32], [options.seed]))
    if options.workers < 2:
        found = [d for trial in trials for d in one(trial)]
    else:
        with ProcessPoolExecutor(options.workers) as pool:
            found = [d for some in pool.map(one, trials) for d in some]
    print(table(found, peers))


def _one(trial: tuple[str, bool, int], kinds: Sequence[str], peers: Sequence[str]) -> list[Duel]:
    name, float32, seed = trial
    return duels(name, kinds, peers, float32, seed)


if __name__ == "__main__":
    main()
