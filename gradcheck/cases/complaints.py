"""Mistakes of one case: where in the file, in which words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from gradcheck.cases import schema
from gradcheck.cases.document import Loc
from gradcheck.cases.numbers import as_number
from gradcheck.cases.scalars import BROKEN
from gradcheck.cases.wording import HERE, found, nearest, shown, unknown
from gradcheck.errors import Mistake
from gradcheck.vocabulary import Place


class Located(Protocol):
    """A source that knows where its values stand."""

    def value(self, loc: Loc) -> Place: ...
    def key(self, loc: Loc) -> Place: ...
    def within(self, loc: Loc, offset: int) -> Place: ...


class Complaints:
    """The mistakes of the case at `base`, each said once however many variants meet it."""

    def __init__(self, located: Located, base: Loc) -> None:
        self._located = located
        self._base = base
        self._mistakes: dict[Mistake, None] = {}

    def __iter__(self) -> Iterator[Mistake]:
        return iter(self._mistakes)

    def __bool__(self) -> bool:
        return bool(self._mistakes)

    def value(self, loc: Loc, message: str) -> None:
        """Complain about the value at `loc`."""
        self._mistakes[Mistake(self._located.value(self._base + loc), message)] = None

    def key(self, loc: Loc, message: str) -> None:
        """Complain about the key at `loc`."""
        self._mistakes[Mistake(self._located.key(self._base + loc), message)] = None

    def within(self, loc: Loc, offset: int, message: str) -> None:
        """Complain about character `offset` of the text at `loc`."""
        self._mistakes[Mistake(self._located.within(self._base + loc, offset), message)] = None

    def invalid(self, errors: list[ErrorDetails], case: str, model: type[BaseModel]) -> None:
        """Complain about what pydantic found wrong with `model`, the whole case."""
        misspelt = {_misspelt(error, model) for error in errors}
        for error in errors:
            loc = plain(error)
            if error["input"] is BROKEN or (error["type"] == "missing" and loc in misspelt):
                continue
            if error["type"] == "missing":
                self.value(loc[:-1], f"{container(loc[:-1], case)} lacks the key {loc[-1]!r}")
            elif error["type"] == "extra_forbidden":
                self.key(loc, _unknown_key(loc, case, keys_at(error["loc"][:-1], model)))
            elif error["loc"][-1:] == ("[key]",):
                self.key(loc, _wrong(error, loc[:-1], case))
            else:
                self.value(
                    loc + tuple(error.get("ctx", {}).get("at", ())), _wrong(error, loc, case)
                )


def doubled(ids: Iterable[tuple[object, Place]]) -> Iterator[Mistake]:
    """Yield a mistake for each id that stood in the file before."""
    first: dict[str, Place] = {}
    for slug, place in ids:
        if isinstance(slug, str) and first.setdefault(slug, place) is not place:
            yield Mistake(place, f"the id {shown(slug)} stands twice; first at {first[slug]}")


def plain(error: ErrorDetails) -> Loc:
    """Return where an error stands, without what pydantic adds to the keys of the file.

    That is "[key]" behind a key that is wrong itself, and the kind of an input behind its name.
    """
    loc = error["loc"]
    if loc[-1:] == ("[key]",) and error["type"] != "extra_forbidden":
        loc = loc[:-1]
    return loc[:2] + loc[3:] if loc[:1] == ("inputs",) else loc


# ---------------------------------------------------------------- words

_EXPECTED: Mapping[str, str] = {
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "finite_number": "a finite number",
    "string_too_short": "a text that is not empty",
}

_SPELLING: Mapping[str, str] = {
    schema.SLUG: "letters, digits, _ . and -, first a letter or _",
    schema.IDENTIFIER: "letters, digits and _, first a letter or _",
}

_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("a number above {}", "gt"),
    "greater_than_equal": ("a number not below {}", "ge"),
    "less_than": ("a number below {}", "lt"),
    "less_than_equal": ("a number not above {}", "le"),
    "too_short": ("at least {} entries", "min_length"),
    "too_long": ("at most {} entries", "max_length"),
    "string_pattern_mismatch": ("{}", "pattern"),
    "literal_error": ("{}", "expected"),
}

_SYNONYMS: Mapping[str, str] = {
    "name": "id",
    "value": "data",
    "values": "data",
    "size": "shape",
    "std": "scale",
    "dims": "shape",
    "min": "low",
    "max": "high",
    "tag": "tags",
    "atol": "tolerance",
    "rtol": "tolerance",
}


def container(loc: Loc, case: str) -> str:
    """Return what stands at `loc` in people's words: "input 'x'", "step 2", "case 'softmax'"."""
    match loc:
        case ():
            return f"case {case!r}" if case else "this case"
        case ("inputs", name):
            return f"input {name!r}"
        case ("steps", int(i)):
            return f"step {i + 1}"
    return repr(next(step for step in reversed(loc) if isinstance(step, str)))


def _field(loc: Loc, case: str) -> str:
    """Return what a wrong value is meant for: "'shape' of input 'x'"."""
    while loc and isinstance(loc[-1], int) and loc[:-1] != ("steps",):
        loc = loc[:-1]
    if len(loc) < 2 or container(loc, case).startswith(("input ", "step ")):
        return container(loc, case)
    return f"{loc[-1]!r} of {container(loc[:-1], case)}"


def _wrong(error: ErrorDetails, loc: Loc, case: str) -> str:
    context = error.get("ctx", {})
    if error["type"] == "words":
        return str(context["words"]).replace(HERE, f" for {_field(loc, case)}")
    expected = _EXPECTED.get(error["type"])
    if error["type"] in _LIMITS:
        template, key = _LIMITS[error["type"]]
        limit = context.get(key)
        expected = template.format(_SPELLING.get(str(limit), limit))
    if expected is None:
        expected = error["msg"]
    return (
        f"expected {expected} for {_field(loc, case)}, found {found(error['input'])}"
        f"{_hint(error['type'], error['input'], str(context.get('expected')))}"
    )


def _hint(kind: str, value: object, options: str) -> str:
    """Return what a text was probably meant to say."""
    if not isinstance(value, str):
        return ""
    if kind == "literal_error":
        return nearest(value.lower(), re.findall(r"'([^']*)'", options))
    if kind == "bool_type" and value.lower() in _BOOLEANS:
        return f"; write {_BOOLEANS[value.lower()]}"
    return as_number(value) if kind == "int_type" else ""


_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def _unknown_key(loc: Loc, case: str, keys: list[str]) -> str:
    key = str(loc[-1])
    where = f" in {container(loc[:-1], case)}"
    synonym = _SYNONYMS.get(key)
    if synonym in keys:
        listed = ", ".join(sorted(keys))
        return f"unknown key {shown(key)}{where}; did you mean {synonym!r}? keys: {listed}"
    return unknown("key", key, keys, "keys", where)


def _misspelt(error: ErrorDetails, model: type[BaseModel]) -> Loc | None:
    """Return where the key would stand that an unknown key was probably meant to be."""
    if error["type"] != "extra_forbidden":
        return None
    loc = plain(error)
    keys = keys_at(error["loc"][:-1], model)
    meant = nearest(str(loc[-1]), keys).split("'")[1:2] or [_SYNONYMS.get(str(loc[-1]), "")]
    return (*loc[:-1], *meant)


def keys_at(loc: Loc, model: type[BaseModel]) -> list[str]:
    """Return the keys of the mapping at a pydantic location in `model`."""
    inner = (inner for matches, inner in _MODELS if matches(loc))
    return list(next(inner, model).model_fields)


_MODELS: tuple[tuple[Callable[[Loc], bool], type[BaseModel]], ...] = (
    (lambda loc: loc[-1:] == ("<generator>",), schema.GeneratorModel),
    (lambda loc: loc[-1:] == ("<literal>",), schema.LiteralModel),
    (lambda loc: len(loc) == 2 and loc[0] == "steps", schema.StepModel),
    (lambda loc: len(loc) == 3 and loc[0] == "steps", schema.StepExpectation),
    (lambda loc: loc == ("expect",), schema.ExpectationModel),
    (lambda loc: loc == ("tolerance",), schema.ToleranceModel),
    (lambda loc: loc == ("fault",), schema.FaultModel),
    (lambda loc: loc == ("benchmark",), schema.BenchmarkModel),
)
