"""Words for the syntax errors that YAML's own parser explains badly."""

from __future__ import annotations

import yaml

from gradcheck.cases.document import MAX_DEPTH, Document, Mark


def explained(error: yaml.MarkedYAMLError, document: Document) -> tuple[Mark, str]:
    """Return where and what a syntax error is, in words that say what to write instead."""
    at, opened = error.problem_mark, error.context_mark
    if at is None:
        return (0, 0), f"not YAML: {error}"
    mark = (at.line, at.column)
    found = _character(document, mark)
    if found or opened is None:
        return mark, _trap(found, str(error.problem))
    begun = (opened.line, opened.column)
    if _character(document, begun) in _OPENING:
        return begun, "this is never closed before the file ends"
    if "node content" in str(error.problem):
        return document.last(), "a [ or { is never closed before the file ends"
    return document.last(), _trap("", str(error.problem))


_OPENING = ("[", "{", "'", '"')


def _character(document: Document, mark: Mark) -> str:
    index = document.index(mark)
    return document.text[index : index + 1]


def _trap(character: str, problem: str) -> str:
    if "nesting depth" in problem:  # libyaml 0.2.6 reads ahead, and gives up before any event
        return f"nested more than {MAX_DEPTH} deep"
    if character == "\t":
        return "a tab; YAML indents with blanks"
    if character in ("@", "`", "%"):
        return f"a value cannot begin with {character}: quote it"
    if character == "[":
        return "a [ ends a value inside {…} and […]: quote the expression"
    if "mapping values" in problem:
        return "a second ': ' in one line, or a line indented too far: quote a text that holds ': '"
    if "alphabetic" in problem:
        return "a * begins an alias here: quote the whole expression"
    return f"not YAML: {problem}; quote a text that holds any of {{}}[],&*#?|<>=!%@:"
