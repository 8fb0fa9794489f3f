"""Forty operations of torch and of jax before our checker and the framework's own.

`python -m tests.power.frameworks` judges each as the framework differentiates it, as a custom rule
that is right, and with a planted fault; a quarter of them runs in float32.  Checkers take turns,
and times are medians; `-k TEXT`, `--repeats N` and `--engine NAME` make it shorter.
"""

from __future__ import annotations

import argparse
import importlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from typing import Any

import numpy as np
from tabulate import tabulate

from tests.power.checkers import (
    ACCEPTS,
    OURS,
    REJECTS,
    Answer,
    Offer,
    answer,
    installed,
    native,
    peers_of,
    surroundings,
)  # fmt: skip
from tests.power.operations import OPERATIONS, Operation

ENGINES = ("torch", "jax")
VERSIONS = ("plain", "rule", "fault")
FLOAT32_EVERY = 4
SHOWS = 1e-4  # of the gradient's size: a fault that changes less is no fault here

Gradients = Sequence[Any]
Pull = Callable[[Any], Gradients]


# ---------------------------------------------------------------- custom rules


def rule_of(engine: str, f: Callable[..., Any], fault: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` with a rule of its own: its own derivative, through a fault."""
    return {"torch": _in_torch, "jax": _in_jax}[engine](f, fault)


def _in_torch(f: Callable[..., Any], fault: Callable[..., Any]) -> Callable[..., Any]:
    import torch

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *xs: Any) -> Any:
            ctx.save_for_backward(*xs)
            return f(*xs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            with torch.enable_grad():
                xs = [x.detach().requires_grad_() for x in ctx.saved_tensors]
                y = f(*xs)
            pull = lambda g: torch.autograd.grad(y, xs, g, retain_graph=True)  # noqa: E731
            return tuple(fault(torch, pull, g))

    return Rule.apply


def _in_jax(f: Callable[..., Any], fault: Callable[..., Any]) -> Callable[..., Any]:
    import jax

    rule = jax.custom_vjp(f)

    def backward(xs: Any, g: Any) -> Any:
        return tuple(fault(jax.numpy, jax.vjp(f, *xs)[1], g))

    rule.defvjp(lambda *xs: (f(*xs), xs), backward)
    return rule


# ---------------------------------------------------------------- faults


def no_fault(xp: Any, pull: Pull, g: Any) -> Gradients:
    return pull(g)


def weighted(weights: Callable[[Any], Any], xp: Any, pull: Pull, g: Any) -> Gradients:
    """The gradient of the last input times `weights` of it."""
    *others, last = pull(g)
    return [*others, last * weights(last)]


def one_entry(last: Any) -> np.ndarray:
    weights = np.ones(last.shape, np.dtype(str(last.dtype).removeprefix("torch.")))
    weights.flat[-1] = 1.5
    return weights


def as_array(xp: Any, pull: Pull, g: Any) -> Gradients:
    *others, last = pull(g)
    return [*others, last * xp.asarray(one_entry(last))]


def reversed_entries(xp: Any, pull: Pull, g: Any) -> Gradients:
    """The gradient of the first input in the wrong order."""
    first, *others = pull(g)
    return [xp.flip(first.reshape(-1), (0,)).reshape(first.shape), *others]


FAULTS: Mapping[str, Callable[[Any, Pull, Any], Gradients]] = {
    "scale 1.001": partial(weighted, lambda last: 1.001),
    "one entry": as_array,
    "sign": partial(weighted, lambda last: -1),
    "zero": partial(weighted, lambda last: 0),
    "half": lambda xp, pull, g: [x / 2 for x in pull(g)],
    "ignores cotangent": lambda xp, pull, g: pull(xp.ones_like(g)),
    "size of cotangent": lambda xp, pull, g: pull(xp.abs(g)),
    "order": reversed_entries,
    "squares cotangent": lambda xp, pull, g: pull(g * g),
}


def fault_of(engine: str, operation: Operation, position: int) -> str:
    """Return the kind whose turn it is, or the next that makes a difference to the operation."""
    kinds = list(FAULTS)
    turned = [*kinds[position % len(kinds) :], *kinds[: position % len(kinds)]]
    return next(kind for kind in turned if _shows(engine, operation, FAULTS[kind]))


def _shows(engine: str, operation: Operation, fault: Callable[..., Any]) -> bool:
    f, xs = _called(engine, operation, "float64")
    right, wrong = (_gradients(engine, rule_of(engine, f, one), xs) for one in (no_fault, fault))
    return bool(np.linalg.norm(right - wrong) > SHOWS * np.linalg.norm(right))


def _gradients(engine: str, f: Callable[..., Any], xs: tuple[Any, ...]) -> np.ndarray:
    """Return the gradient for a cotangent of both signs, none of them one."""
    module = importlib.import_module(engine)
    if engine == "torch":
        y = f(*xs)
        found = module.autograd.grad(
            y, xs, module.linspace(-2, 3, y.numel()).reshape(y.shape).to(y)
        )
    else:
        y, pullback = module.vjp(f, *xs)
        found = pullback(module.numpy.linspace(-2, 3, y.size, dtype=y.dtype).reshape(y.shape))
    return np.concatenate([np.asarray(g).ravel() for g in found])


# ---------------------------------------------------------------- trials


@dataclass(frozen=True, slots=True)
class Trial:
    """What one checker said of the three versions of an operation, with the median seconds."""

    engine: str
    operation: str
    dtype: str
    kind: str
    checker: str
    verdicts: tuple[str, ...]
    seconds: tuple[float, ...]

    @property
    def is_right(self) -> bool:
        return self.verdicts == (ACCEPTS, ACCEPTS, REJECTS)


def trials(engine: str, operation: Operation, position: int, repeats: int) -> Iterator[Trial]:
    """Let the checkers take turns on the versions of one operation."""
    dtype = "float32" if position % FLOAT32_EVERY == FLOAT32_EVERY - 1 else "float64"
    with surroundings():
        kind = fault_of(engine, operation, position)
        offers = [_offer(engine, operation, dtype, version, kind) for version in VERSIONS]
        said: dict[str, list[list[Answer]]] = {c: [] for c in (OURS, *peers_of(engine))}
        for _ in range(repeats):
            for checker, answers in said.items():
                answers.append([answer(checker, offer) for offer in offers])
    for checker, answers in said.items():
        verdicts = tuple(a.verdict for a in answers[-1])
        seconds = np.median([[a.seconds for a in some] for some in answers], axis=0)
        yield Trial(engine, operation.name, dtype, kind, checker, verdicts, tuple(seconds))


def _offer(engine: str, operation: Operation, dtype: str, version: str, kind: str) -> Offer:
    f, xs = _called(engine, operation, dtype)
    if version == "plain":
        return Offer(engine, f, xs)
    rule = rule_of(engine, f, FAULTS[kind] if version == "fault" else no_fault)
    return Offer(engine, rule, xs, {"modes": ["rev"]} if engine == "jax" else {})


@cache
def _called(
    engine: str, operation: Operation, dtype: str
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    importlib.import_module(f"{engine}.{'nn.functional' if engine == 'torch' else 'scipy.special'}")
    rng = np.random.default_rng(zlib.crc32(operation.name.encode()))
    xs = tuple(native(engine, np.asarray(x, dtype)) for x in operation.draw(rng))
    return partial(operation.of[engine], importlib.import_module(engine)), xs


# ---------------------------------------------------------------- tables


def table(found: Sequence[Trial]) -> str:
    """Return a line an operation: of each checker, its three verdicts and its times."""
    checkers = list(dict.fromkeys(t.checker for t in found))
    columns = [
        "",
        "dtype",
        "fault",
        *(c for name in checkers for c in (name, "ms right", "ms wrong")),
    ]
    rows: dict[str, list[str]] = {}
    for t in found:
        row = rows.setdefault(t.operation, [t.operation, t.dtype, t.kind])
        right, wrong = np.mean(t.seconds[:2]), t.seconds[2]
        row += [_said(t), f"{1e3 * right:.1f}", f"{1e3 * wrong:.1f}"]
    return tabulate(rows.values(), columns)


def _said(trial: Trial) -> str:
    """The verdicts on plain, rule and fault by their first letters."""
    return " ".join(v[0] for v in trial.verdicts) + ("" if trial.is_right else " (!)")


def summary(found: Sequence[Trial]) -> str:
    """Return a line a checker: how often it was right, and its time beside ours."""
    checkers = list(dict.fromkeys(t.checker for t in found))
    rows = [_summed_up(found, checker) for checker in checkers]
    return tabulate(rows, ["", "right accepted", "wrong rejected", "both", "ms right", "ms wrong",
                           "ours takes, right", "ours takes, wrong"])  # fmt: skip


def _summed_up(found: Sequence[Trial], checker: str) -> list[str]:
    theirs = [t for t in found if t.checker == checker]
    ours = [t for t in found if t.checker == OURS]
    accepted = sum(v == ACCEPTS for t in theirs for v in t.verdicts[:2])
    rejected = sum(t.verdicts[2] == REJECTS for t in theirs)
    times = [(np.mean(t.seconds[:2]), t.seconds[2]) for t in theirs]
    ratios = [
        (np.mean(o.seconds[:2]) / np.mean(t.seconds[:2]), o.seconds[2] / t.seconds[2])
        for o, t in zip(ours, theirs, strict=True)
    ]
    return [
        checker, f"{accepted} of {2 * len(theirs)}", f"{rejected} of {len(theirs)}",
        f"{sum(t.is_right for t in theirs)} of {len(theirs)}",
        *(f"{1e3 * ms:.1f}" for ms in np.median(times, axis=0)),
        *(f"x {ratio:.2g}" for ratio in np.median(ratios, axis=0)),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", default="", metavar="TEXT", help="only names that hold TEXT")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="both otherwise")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each checker")
    parser.add_argument("--first", type=int, default=len(OPERATIONS), help="so many operations")
    options = parser.parse_args()
    for engine in options.engine or ENGINES:
        if engine not in installed():
            print(f"{engine}: not installed, left out")
            continue
        chosen = ((i, o) for i, o in enumerate(OPERATIONS) if options.k in o.name)
        found = [
            t
            for i, operation in islice(chosen, options.first)
            for t in trials(engine, operation, i, options.repeats)
        ]
        print(engine, table(found), summary(found), sep="\n\n", end="\n\n")
    print("verdicts on: plain, rule, fault; a accepts, r rejects, u undecided, (!) wrong")


if __name__ == "__main__":
    main()
