"""Nested tuples, lists and dicts: their leaves with names, and the same nest of other leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any


def leaves_of(tree: Any) -> list[Any]:
    """Return what `tree` holds in order, without None."""
    return [leaf for _, leaf in named_leaves("", tree) if leaf is not None]


def named_leaves(name: str, tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield each leaf with its name, which is how Python would write it: `x[0]`, `x['w']`."""
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from named_leaves(f"{name}[{key!r}]", part)
    elif isinstance(tree, tuple | list):
        for i, part in enumerate(tree):
            yield from named_leaves(f"{name}[{i}]", part)
    else:
        yield name, tree


def rebuilt(name: str, tree: Any, leaves: Mapping[str, Any]) -> Any:
    """Return `tree` with the leaves that `leaves` names in the place of its own."""
    if isinstance(tree, dict):
        nest = copy(tree)  # of whatever kind of dict it is
        nest.update({k: rebuilt(f"{name}[{k!r}]", part, leaves) for k, part in tree.items()})
        return nest
    if isinstance(tree, tuple | list):
        parts = [rebuilt(f"{name}[{i}]", part, leaves) for i, part in enumerate(tree)]
        # A named tuple takes its fields one by one.
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return leaves.get(name, tree)
