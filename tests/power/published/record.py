"""A published misjudgement: what to offer to the checkers, with and without its bug."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradcheck.adapters import adapter
from tests.power.checkers import FRAMEWORKS, Offer, native
from tests.power.rules.base import BaseRule
from tests.power.wrapped import WRAPPED

BUG = "bug"  # the name of a rule's mistake
SLOW = ("torch slow",)


@dataclass(frozen=True, slots=True)
class Record:
    """A reproduction and where it, or its kind, was published.

    `offers[framework](bug)` is what that framework's checkers are given; checkers in `left_out`
    would take minutes; a record without a `twin` is the same with and without.
    """

    name: str
    source: str
    offers: Mapping[str, Callable[[bool], Offer]]
    left_out: tuple[str, ...] = ()
    twin: bool = True


def of_rule(
    source: str,
    rule: BaseRule,
    *,
    engines: Sequence[str] = FRAMEWORKS,
    left_out: tuple[str, ...] = (),
    seed: int = 0,
) -> Record:
    """A rule on ndarrays with a mistake, as every framework's custom function."""
    offers = {engine: partial(_wrapped, engine, rule, seed) for engine in engines}
    return Record(rule.name, source, offers, left_out)


def _wrapped(engine: str, rule: BaseRule, seed: int, bug: bool) -> Offer:
    backward = rule.wrong[BUG] if bug else rule.backward
    xs = rule.draw(np.random.default_rng(seed))
    options = {} if engine == "torch" else {"modes": ["rev"]}  # a rule of reverse mode only
    return Offer(engine, *WRAPPED[engine](rule, backward, xs), options)


def of_function(
    name: str,
    source: str,
    function: Callable[..., Any],
    *xs: Any,
    engines: Sequence[str] = FRAMEWORKS,
    left_out: tuple[str, ...] = (),
) -> Record:
    """A function(xp, *xs) as each framework differentiates it by itself."""
    arrays = tuple(map(np.asarray, xs))
    offers = {engine: partial(_plain, engine, function, arrays) for engine in engines}
    return Record(name, source, offers, left_out, twin=False)


def _plain(
    engine: str, function: Callable[..., Any], xs: tuple[np.ndarray, ...], bug: bool
) -> Offer:
    xp = adapter(engine).xp  # type: ignore[attr-defined]
    return Offer(engine, partial(function, xp), tuple(native(engine, x) for x in xs))
