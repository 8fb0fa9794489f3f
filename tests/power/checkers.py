"""Checkers under one roof: each asked as its users ask it, with its own defaults."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from gradcheck import InconclusiveError

OURS = "ours"
ACCEPTS, REJECTS, UNDECIDED = "accepts", "rejects", "undecided"
FRAMEWORKS = ("torch", "jax", "autograd")


@dataclass(frozen=True, slots=True)
class Offer:
    """A function at a point of one framework's own, and the options for its checker."""

    engine: str
    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a checker said of an offer, in how many seconds."""

    verdict: str
    seconds: float


# ---------------------------------------------------------------- asking


def ask_torch(module: Any, offer: Offer, **mode: Any) -> None:
    module.gradcheck(offer.function, offer.inputs, **offer.options, **mode)


def ask_jax(module: Any, offer: Offer) -> None:
    module.check_grads(offer.function, offer.inputs, **{"order": 1, **offer.options})


def ask_autograd(module: Any, offer: Offer) -> None:
    np.random.seed(0)  # noqa: NPY002  (autograd draws from the global generator)
    argnum = tuple(range(len(offer.inputs)))
    module.check_grads(offer.function, argnum=argnum, **{"order": 1, **offer.options})(
        *offer.inputs
    )


ASK: Mapping[str, Callable[..., None]] = {
    "torch": ask_torch,
    "jax": ask_jax,
    "autograd": ask_autograd,
}

# The checkers of the frameworks: whose, where its function is, and how it is asked.
PEERS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "torch slow": ("torch", "torch.autograd", {}),
    "torch fast": ("torch", "torch.autograd", {"fast_mode": True}),
    "jax": ("jax", "jax.test_util", {}),
    "autograd": ("autograd", "autograd.test_util", {}),
}


def ask(checker: str, offer: Offer) -> None:
    """Let a checker judge an offer; it raises what it raises if it does not accept it.

    Ours is the drop-in function of the offer's framework: one import is changed.
    """
    if checker == OURS:
        name, mode = f"gradcheck.compat.{offer.engine}", {}
    else:
        _, name, mode = PEERS[checker]
    ASK[offer.engine](importlib.import_module(name), offer, **mode)


def answer(checker: str, offer: Offer) -> Answer:
    """Return what a checker says of an offer."""
    start = time.perf_counter()
    try:
        ask(checker, offer)
    except InconclusiveError:
        verdict = UNDECIDED
    except Exception:  # each rejects with exceptions of its own, and so do engines
        verdict = REJECTS
    else:
        verdict = ACCEPTS
    return Answer(verdict, time.perf_counter() - start)


def peers_of(engine: str) -> list[str]:
    """Return the checkers of a framework."""
    return [peer for peer, (whose, *_) in PEERS.items() if whose == engine]


# ---------------------------------------------------------------- surroundings


def installed() -> list[str]:
    """Return the frameworks that are there."""
    return [engine for engine in FRAMEWORKS if importlib.util.find_spec(engine)]


@contextmanager
def surroundings() -> Iterator[None]:
    """Double precision in jax, one thread in torch, and silence; all is as it was afterwards."""
    logger = logging.getLogger("jax")  # it logs what a wrong rule raises
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        quiet = warnings.catch_warnings(action="ignore")
        with quiet, np.errstate(all="ignore"), _double_precision(), _one_thread():
            yield
    finally:
        logger.setLevel(level)


def _one_thread() -> AbstractContextManager[None]:
    """Arrays are small here: threads would only wait for one another."""
    torch = _module("torch")
    return _changed(torch.get_num_threads, torch.set_num_threads, 1) if torch else nullcontext()


def _double_precision() -> AbstractContextManager[None]:
    jax = _module("jax")
    if not jax:
        return nullcontext()
    put = partial(jax.config.update, "jax_enable_x64")
    return _changed(lambda: jax.config.jax_enable_x64, put, True)


def _module(name: str) -> Any:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


@contextmanager
def _changed(get: Callable[[], Any], put: Callable[[Any], Any], value: Any) -> Iterator[None]:
    before = get()
    put(value)
    try:
        yield
    finally:
        put(before)


# ---------------------------------------------------------------- arrays


def native(engine: str, x: np.ndarray) -> Any:
    """Return an array of the framework's own, ready to be differentiated by."""
    if engine == "torch":
        import torch

        return torch.from_numpy(x.copy()).requires_grad_(x.dtype.kind == "f")
    if engine == "jax":
        import jax

        return jax.numpy.asarray(x)
    return x.copy()
