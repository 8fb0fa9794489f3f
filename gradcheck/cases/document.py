"""What a YAML file says, and where in the file it says it."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field
from typing import Any

from gradcheck.errors import Mistake
from gradcheck.vocabulary import Place

Loc = tuple[str | int, ...]
Mark = tuple[int, int]

MAX_DEPTH = 32
"""Lists and mappings within each other; libyaml has a limit too, of 1,000."""

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(slots=True)
class Document:
    """What a file says: `data`, the mistakes met in reading, and where everything stands.

    Places are kept beside the data: `marks` has, by the id of each container, the line and column
    (from zero) of the key and of the value of each entry.
    """

    path: str
    text: str
    data: Any = None
    mistakes: list[Mistake] = field(default_factory=list)
    marks: dict[int, dict[Any, tuple[Mark, Mark]]] = field(default_factory=dict)
    complete: bool = True
    _starts: list[int] = field(default_factory=list)

    def value(self, loc: Loc) -> Place:
        """Return where the value at `loc` begins, or the nearest one around it."""
        return self.place(self._find(loc)[1])

    def key(self, loc: Loc) -> Place:
        """Return where the key at `loc` begins."""
        return self.place(self._find(loc)[0])

    def within(self, loc: Loc, offset: int) -> Place:
        """Return where character `offset` of the text at `loc` stands in the file."""
        _, mark, text = self._find(loc)
        if not isinstance(text, str):
            return self.place(mark)
        start = self.index(mark)
        index = self._aligned(start, text, offset)
        breaks = [match.end() for match in _BREAK.finditer(self.text, start, index)]
        if not breaks:
            return self.place((mark[0], mark[1] + index - start))
        return self.place((mark[0] + len(breaks), index - breaks[-1]))

    def place(self, mark: Mark) -> Place:
        """Return a mark as people count, from one."""
        return Place(self.path, mark[0] + 1, mark[1] + 1)

    def index(self, mark: Mark) -> int:
        """Return the index in the text of a mark."""
        starts = self._lines()
        # the parser counts a last line that the file does not have
        return starts[mark[0]] + mark[1] if mark[0] < len(starts) else len(self.text)

    def last(self) -> Mark:
        """Return where the last line that holds something begins."""
        before = len(self.text.rstrip())
        return max(bisect.bisect_right(self._lines(), before) - 1, 0), 0

    def _lines(self) -> list[int]:
        """Return where each line begins."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in _BREAK.finditer(self.text))]
        return self._starts

    def _find(self, loc: Loc) -> tuple[Mark, Mark, Any]:
        """Return key's mark, value's mark and value of the deepest entry on the way to `loc`."""
        data = self.data
        key, value = (0, 0), (0, 0)
        for step in loc:
            if step not in self.marks.get(id(data), ()):
                break
            key, value = self.marks[id(data)][step]
            data = data[step]
        return key, value, data

    def _aligned(self, start: int, text: str, offset: int) -> int:
        """Return the index of character `offset` of `text`, which is written from `start` on.

        Quotes, escapes and the indentation of folded lines stand between its characters; those
        that are no blanks follow one another in order.
        """
        index = start
        if self.text[start : start + 1] in ("|", ">"):
            index = next((m.end() for m in _BREAK.finditer(self.text, start)), start)
        # escapes and indentation make no text longer than this
        end = index + 40 * (len(text) + 1)
        for character in text[: offset + 1].replace(" ", ""):
            at = self.text.find(character, index, end)
            index = index if at < 0 else at + 1
        return max(index - 1, start)
