"""What the tests of case files share: a vocabulary, and the reading of a text as a file."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from gradcheck.cases.schema import Known
from gradcheck.cases.yaml_file import read_yaml
from gradcheck.vocabulary import Case

OPERATIONS = frozenset(
    ["add", "exp", "square", "triple", "sum", "mean", "log", "softmax", "transpose", "where"]
)
CHECKS = ("value", "vjp", "jvp", "adjoint", "second_order")
ENGINES = ("engine", "torch", "jax")
FINDINGS = ("scale", "sign", "entry")

Read = Callable[[str], tuple[list[Case], list[str]]]


@pytest.fixture
def known() -> Known:
    return Known(OPERATIONS, CHECKS, ENGINES, FINDINGS)


@pytest.fixture
def read(tmp_path: Path, known: Known) -> Read:
    """Return what reads a text as the file a.yaml: its cases, its mistakes as lines."""

    def read(text: str) -> tuple[list[Case], list[str]]:
        path = tmp_path / "a.yaml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        cases, mistakes = read_yaml(path, "a.yaml", known)
        return cases, [str(mistake) for mistake in mistakes]

    return read


@pytest.fixture
def case_of(read: Read) -> Callable[[str], Case]:
    """Return what reads the one case whose keys, below id and inputs, are given."""

    def case_of(keys: str) -> Case:
        cases, mistakes = read(
            "cases:\n  - id: c\n" + textwrap.indent(textwrap.dedent(keys), "    ")
        )
        assert mistakes == []
        return cases[0]

    return case_of


@pytest.fixture
def wrong(read: Read) -> Callable[[str], list[str]]:
    """Return what reads the keys of one case and returns the mistakes; line 3 is their first."""

    def wrong(keys: str) -> list[str]:
        _, mistakes = read(_case(keys))
        return mistakes

    return wrong


def _case(keys: str) -> str:
    return "cases:\n  - id: c\n" + textwrap.indent(textwrap.dedent(keys), "    ")
