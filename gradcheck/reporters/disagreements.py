"""Where engines differ on a case, and which of them the numerical derivative is with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradcheck.agreement import Disagreement, Side, disagreements
from gradcheck.quoting import printable
from gradcheck.reporters.rows import Row, Run
from gradcheck.vocabulary import Verdict

_LABEL = 13


def all_disagreements(run: Run) -> str:
    """Return a block for each case on which engines differ, a blank line between."""
    blocks = (_block(case, rows) for case, rows in run.by_case.items())
    return "\n\n".join(block for block in blocks if block)


def _block(case: str, rows: Mapping[str, Row]) -> str:
    found = disagreements({engine: row.outcomes for engine, row in rows.items()})
    lines = [line for each in found for line in _told(each)]
    lines += _verdicts(rows)
    return printable("\n".join([case, *lines])) if lines else ""


def _line(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}}{text}"


def _told(found: Disagreement) -> Iterator[str]:
    where = f"{found.quantity} by {', '.join(found.inputs)} ({found.check})"
    if found.kind == "values":
        yield _line("functions", f"differ at the point itself: ||y_bar * f(x)||_2 ({found.check})")
        yield from (_line("", f"{s.size:.11g}: {_names(g)}") for g in found.groups for s in g[:1])
    elif found.kind == "derivatives":
        yield _line("functions", f"differ in their numerical derivatives {where}")
        for group in found.groups:
            one = group[0]
            yield _line("", f"{one.derivative:.11g} +- {one.error:.0e}: {_names(group)}")
    else:
        yield _line("gradients", f"differ: {where}")
        yield from (_line("", _beside_derivative(group)) for group in found.groups)


def _beside_derivative(group: tuple[Side, ...]) -> str:
    one = group[0]
    says = {
        Verdict.PASS: f"as the numerical derivative {one.derivative:.11g} +- {one.error:.0e}",
        Verdict.FAIL: f"but the numerical derivative is {one.derivative:.11g} +- {one.error:.0e}",
    }.get(one.verdict, "the numerical derivative is undecided")
    return f"{one.gradient:.11g}: {_names(group)}; {says}"


def _names(group: tuple[Side, ...]) -> str:
    return ", ".join(side.engine for side in group)


def _verdicts(rows: Mapping[str, Row]) -> list[str]:
    """Who came to which verdict, where they are not the same; to skip is no verdict on a case."""
    judged = {e: row for e, row in rows.items() if row.verdict is not Verdict.SKIP}
    verdicts = dict.fromkeys(row.verdict for row in judged.values())
    if len(verdicts) < 2:
        return []
    parts = []
    for verdict in verdicts:
        engines = [_with_checks(row) for row in judged.values() if row.verdict is verdict]
        parts.append(f"{verdict}: {', '.join(engines)}")
    return [_line("verdicts", "; ".join(parts))]


def _with_checks(row: Row) -> str:
    """The engine, with the checks that gave its verdict if that is not what one wishes for."""
    checks = [o.check for o in row.outcomes if o.verdict is row.verdict]
    return row.engine if row.verdict is Verdict.PASS else f"{row.engine} ({', '.join(checks)})"
