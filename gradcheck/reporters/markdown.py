"""The summary of a run as Markdown, for a pull request or a repository."""

from __future__ import annotations

from gradcheck.reporters.rows import Run
from gradcheck.reporters.table import counts, summary_line, table
from gradcheck.reporters.text import all_described
from gradcheck.vocabulary import Verdict

_TOLD = (Verdict.ERROR, Verdict.FAIL, Verdict.XPASS, Verdict.INCONCLUSIVE)


def markdown(run: Run) -> str:
    """Return counts, every row, and what is wrong as a Markdown document."""
    outcomes = [outcome for row in run.rows for outcome in row.outcomes]
    parts = ["# gradcheck", summary_line(run), counts(run, "github")]
    if told := all_described(outcomes, _TOLD):
        parts.append(f"{_fence(told)}text\n{told}\n{_fence(told)}")
    parts.append(table(run.rows, "github"))
    return "\n\n".join(parts) + "\n"


def _fence(text: str) -> str:
    """A fence longer than any in the text."""
    return "```" if "```" not in text else "`" * 8
