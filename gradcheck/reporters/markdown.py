"""The summary of a run as Markdown, for a pull request or a repository."""

from __future__ import annotations

import re

from gradcheck.reporters import document
from gradcheck.reporters.disagreements import all_disagreements
from gradcheck.reporters.matrix import ABSENT, counts, matrix, skips
from gradcheck.reporters.rows import Run
from gradcheck.reporters.table import summary_line, table, weak
from gradcheck.reporters.text import all_described
from gradcheck.vocabulary import Verdict

_TOLD = (Verdict.ERROR, Verdict.FAIL, Verdict.XPASS, Verdict.INCONCLUSIVE)


@document("markdown")
def markdown(run: Run) -> str:
    """Return counts, what is wrong, and every row as a Markdown document."""
    outcomes = [outcome for row in run.rows for outcome in row.outcomes]
    parts = ["# gradcheck", summary_line(run), counts(run, "github")]
    parts += _section("What did not pass", _quoted(all_described(outcomes, _TOLD)))
    if run.compares:
        parts += _section("Disagreements", _quoted(all_disagreements(run)))
    parts += _section("Detects too little", weak(run, "github"))
    parts += _section("Skipped", skips(run, "github"))
    if run.compares:
        parts += _section("Cases by engines", matrix(run, "github"))
        parts.append(f"`{ABSENT}`: not run there, for the case names its engines or was left out.")
    elif run.shown:
        parts += _section("Cases", table(run.shown, "github"))
    return "\n\n".join(parts) + "\n"


def _section(title: str, text: str) -> list[str]:
    return [f"## {title}", text] if text else []


def _quoted(text: str) -> str:
    runs = re.findall("`+", text)
    fence = "`" * max(3, *(len(run) + 1 for run in ["", *runs]))  # longer than any in the text
    return f"{fence}text\n{text}\n{fence}" if text else ""
