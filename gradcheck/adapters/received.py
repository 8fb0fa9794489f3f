"""What a caller of `check` hands over: arrays of a framework, nested or not, as a case's inputs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.adapters import ADAPTERS, adapter, unusable
from gradcheck.adapters.engine import engine_module
from gradcheck.adapters.framework import Framework
from gradcheck.adapters.nested import named_leaves, rebuilt
from gradcheck.vocabulary import Input

_ROOTS = {"torch": "torch", "jax": "jax", "jaxlib": "jax"}

MISSING = "one nested input was given: pass its parts one by one, check(f, a, b)"


def engine_of(things: Sequence[Any]) -> str:
    """Return the framework or module that arrays among `things` are of; empty if of none."""
    if _are_of_jax(things):
        return "jax"
    for _, thing in named_leaves("", list(things)):
        for kind in type(thing).__mro__:
            if engine := _ROOTS.get(kind.__module__.partition(".")[0]):
                return engine
        if _is_anothers_variable(thing):
            return type(thing).__module__
    return ""


def _are_of_jax(things: Sequence[Any]) -> bool:
    """Whether there is an array of jax in `things`, in whatever containers jax knows."""
    jax: Any = sys.modules.get("jax")
    if not hasattr(jax, "tree_util"):  # not imported, or not yet
        return False
    return any(isinstance(leaf, jax.Array) for leaf in jax.tree_util.tree_leaves(things))


def _is_anothers_variable(thing: Any) -> bool:
    """Whether `thing` is a Variable of a learner's engine, and not of ours."""
    is_variable = isinstance(getattr(thing, "data", None), np.ndarray) and hasattr(
        thing, "backward"
    )
    return is_variable and not isinstance(thing, engine_module().Variable)


def framework_of(engine: str) -> Framework | None:
    """Return the adapter of `engine` if it is an installed framework's."""
    if engine not in ADAPTERS or unusable(engine):
        return None
    found = adapter(engine)
    return found if isinstance(found, Framework) else None


def received(
    framework: Framework,
    f: Callable[..., Any],
    arguments: Mapping[str, Any],
    kwargs: Mapping[str, Any],
) -> tuple[dict[str, Input], Callable[..., Any]]:
    """Return the inputs by name, and f as a case's function of them.

    What is no array of the framework is passed to `f` as it is, and so are keywords but for what
    is marked to be differentiated.  Raises ValueError where nothing is to be differentiated.
    """
    parameters, call = framework.opened(f)
    marked = {name: tree for name, tree in kwargs.items() if _is_marked(framework, tree)}
    trees = _distinct(arguments, {**parameters, **marked})
    fixed = {list(trees)[i] for i in framework.fixed(f) if i < len(trees)}
    nested = {**marked, **{name: tree for name, tree in trees.items() if name not in fixed}}
    named = {**parameters, **_leaves(framework, nested)}
    inputs = {name: x for name, leaf in named.items() if (x := framework.as_input(leaf))}
    if not any(x.differentiable for x in inputs.values()):
        raise ValueError(f"no input is to be differentiated: {framework.differentiated}")

    def function(xp: Any, **leaves: Any) -> Any:
        held = {name: leaves[name] for name in parameters if name in leaves}
        given = {n: framework.rebuilt(n, t, leaves) for n, t in nested.items()}
        values = [given.get(name, tree) for name, tree in trees.items()]
        try:
            return call(held, *values, **{n: given.get(n, v) for n, v in kwargs.items()})
        except TypeError as error:
            _hint(error, values)
            raise

    return inputs, function


def nested_arrays(
    f: Callable[..., Any], arguments: Mapping[str, Any], kwargs: Mapping[str, Any]
) -> tuple[dict[str, Any], Callable[..., Any]]:
    """Return the arrays in tuples and dicts by name, and f as a case's function of them.

    A list is an array of its own, as NumPy has it.
    """
    nests = {name for name, tree in arguments.items() if isinstance(tree, tuple | dict)}
    leaves = {
        name: leaf
        for argument, tree in arguments.items()
        for name, leaf in (
            named_leaves(argument, tree) if argument in nests else [(argument, tree)]
        )
    }

    def function(xp: Any, **xs: Any) -> Any:
        values = [rebuilt(n, t, xs) if n in nests else xs[n] for n, t in arguments.items()]
        try:
            return f(*values, **kwargs)
        except TypeError as error:
            _hint(error, values)
            raise

    return leaves, function


def _hint(error: TypeError, values: Sequence[Any]) -> None:
    """Say what to write where one tuple was given to what may be a function of several arrays."""
    if len(values) == 1 and isinstance(values[0], tuple):
        error.add_note(MISSING)


def _is_marked(framework: Framework, tree: Any) -> bool:
    return any(framework.is_marked(leaf) for _, leaf in framework.named_leaves("", tree))


def _leaves(framework: Framework, trees: Mapping[str, Any]) -> dict[str, Any]:
    named = (framework.named_leaves(name, tree) for name, tree in trees.items())
    return {name: leaf for pairs in named for name, leaf in pairs}


def _distinct(arguments: Mapping[str, Any], taken: Mapping[str, Any]) -> dict[str, Any]:
    """An argument with the name of a parameter or keyword is told apart by a word."""
    return {f"input {n}" if n in taken else n: tree for n, tree in arguments.items()}
