"""Misjudged gradients that were published, before our checker and the frameworks' own.

`python -m tests.power.published` prints two tables: wrong gradients that some checker in use
accepts, and right ones that some reject; `-k TEXT` takes the reproductions with TEXT in the name.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from tabulate import tabulate

from tests.power.checkers import (
    ACCEPTS,
    OURS,
    PEERS,
    REJECTS,
    UNDECIDED,
    answer,
    installed,
    peers_of,
    surroundings,
)  # fmt: skip
from tests.power.published.record import Record
from tests.power.published.right import RIGHT
from tests.power.published.wrong import WRONG

Verdicts = dict[str, dict[str, str]]  # by checker, by framework
BLIND = "rejects both"  # the wrong one and its right twin


def judged(record: Record) -> Verdicts:
    """Return what every checker that is there says of a record, framework by framework."""
    found: Verdicts = {}
    for engine in installed():
        if engine in record.offers:
            with surroundings():
                for checker in (OURS, *peers_of(engine)):
                    if checker not in record.left_out:
                        found.setdefault(checker, {})[engine] = _said(checker, record, engine)
    return found


def _said(checker: str, record: Record, engine: str) -> str:
    # A fresh offer for each: a rule may write into what it is given.
    verdict = answer(checker, record.offers[engine](True)).verdict
    if verdict == REJECTS and record.twin:
        twin = answer(checker, record.offers[engine](False)).verdict
        return verdict if twin == ACCEPTS else BLIND
    return verdict


def is_right(verdicts: Mapping[str, str], *, wrong: bool) -> bool:
    """Whether a checker was right on every framework.

    A wrong gradient is to be told from its right twin; where there is nothing to be told, as at
    NaN, it is enough not to accept.
    """
    right = (REJECTS, UNDECIDED) if wrong else (ACCEPTS,)
    return bool(verdicts) and all(verdict in right for verdict in verdicts.values())


def table(records: Sequence[Record], found: Sequence[Verdicts], *, wrong: bool) -> str:
    """Return a line for each record, and one that counts who is right."""
    checkers = [OURS, *PEERS]
    rows = [
        [record.name, record.source, *(_cell(verdicts.get(c, {}), wrong) for c in checkers)]
        for record, verdicts in zip(records, found, strict=True)
    ]
    last = ["right in", "", *(_score(found, c, wrong) for c in checkers)]
    what = "wrong gradients" if wrong else "right gradients"
    return tabulate([*rows, last], [what, "thread", *checkers])


def _cell(verdicts: Mapping[str, str], wrong: bool) -> str:
    """What a checker says; each framework by name where it says different things of one rule."""
    said: dict[str, list[str]] = {}
    for engine, verdict in verdicts.items():
        said.setdefault(verdict, []).append(engine)
    texts = [v if len(said) == 1 else f"{v} in {', '.join(said[v])}" for v in said]
    mark = "" if not verdicts or is_right(verdicts, wrong=wrong) else " (!)"
    return ("; ".join(texts) or "-") + mark


def _score(found: Sequence[Verdicts], checker: str, wrong: bool) -> str:
    asked = [verdicts[checker] for verdicts in found if checker in verdicts]
    return f"{sum(is_right(verdicts, wrong=wrong) for verdicts in asked)} of {len(asked)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", default="", metavar="TEXT", help="only names that hold TEXT")
    text = parser.parse_args().k
    for records, wrong in ((WRONG, True), (RIGHT, False)):
        chosen = [record for record in records if text in record.name]
        print(table(chosen, [judged(record) for record in chosen], wrong=wrong), end="\n\n")
    print("(!) marks a checker that is wrong; ours is the drop-in function of each framework.")


if __name__ == "__main__":
    main()
