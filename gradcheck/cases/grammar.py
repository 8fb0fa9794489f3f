"""The expressions that a case file may hold: an allow-list over Python's grammar.

Only what is listed here passes: calls of operations by name, names of inputs, `let` values and
`$` constants, numbers, `+ - * / ** @`, comparisons, subscripts, tuples and lists.  There are no
attributes, so no expression reaches anything that it was not given.  What passes is written down
anew as code, of nothing but the names and constants that were checked.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.cases.wording import shown, undeclared, unknown

MAX_CHARACTERS = 2_000
MAX_NODES = 500
MAX_DEPTH = 50
MAX_STRING = 64


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong at character `offset` of the text `name` ("" is the last expression)."""

    name: str
    offset: int
    message: str


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may speak of."""

    operations: Collection[str]
    values: Collection[str]
    symbols: Mapping[str, Any]


@dataclass(slots=True)
class Reading:
    """One expression as Python code, what it uses, and what is wrong with it."""

    code: str = ""
    flaws: list[Flaw] = field(default_factory=list)
    operations: dict[str, None] = field(default_factory=dict)
    symbols: set[str] = field(default_factory=set)


def read(name: str, text: str, names: Names) -> Reading:
    """Return the expression `text`, which is called `name` in flaws, checked against `names`."""
    reader = _Reader(name, text, names)
    reader.read()
    return reader.reading


# ---------------------------------------------------------------- what is allowed, what is not

_ARITHMETIC: Mapping[type[ast.operator], tuple[str, Callable[[Any, Any], Any] | None]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.Pow: ("**", operator.pow),
    ast.MatMult: ("@", None),
}
_EXACT = (ast.Add, ast.Sub, ast.Mult)
_SIGNS: Mapping[type[ast.unaryop], tuple[str, Callable[[Any], Any]]] = {
    ast.UAdd: ("+", operator.pos),
    ast.USub: ("-", operator.neg),
}
_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_OPERATORS = "the operators are + - * / ** @ and comparisons"
_NO_TEXT = "no text in an expression but einsum's first argument and keywords' values"
_REFUSED: Mapping[type[ast.AST], str] = {
    ast.Attribute: "a dot reaches into an object; write an operation: transpose(x), not x.T",
    ast.IfExp: "no `if` in an expression; write where(condition, x, y)",
    ast.BoolOp: "no `and`, `or` in an expression; write logical_and(a, b), logical_or(a, b)",
    ast.Lambda: "no `lambda` in an expression; a Python case file can hold functions",
    ast.Starred: "no `*` before an argument",
    ast.NamedExpr: "no `:=` in an expression; name intermediate values under `let`",
    ast.JoinedStr: _NO_TEXT,
    ast.Dict: "no mapping in an expression",
    **dict.fromkeys(
        (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
        "no loop in an expression; a Python case file can hold functions",
    ),
}

_SYMBOL = re.compile(r"\$([A-Za-z_]\w*)", re.ASCII)
_NOT_ALONE = re.compile(r"\w\$|\$(?![A-Za-z_])")
# a folded block of YAML is one line of Python; each character keeps its place
_ONE_LINE = {ord(c): " " for c in "\n\r\t\f\v\x85\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class _Constant:
    """A number (True, None, ...) that is known now."""

    value: Any


_Piece = str | _Constant


class _Reader:
    """Reads one expression: each node becomes code if it is allowed, else a flaw."""

    def __init__(self, name: str, text: str, names: Names) -> None:
        self.reading = Reading()
        self._name = name
        self._text = text
        self._names = names
        self._skipped = 0
        self._marks: set[int] = set()
        self._depth = 0
        self._nodes = 0

    def read(self) -> None:
        text = self._text.translate(_ONE_LINE)
        refused = self._refused_text(text)
        if refused is not None:
            self._flaw(*refused)
        elif (tree := self._parsed(text)) is not None:
            self.reading.code = _code(self._visit(tree, False))
            for left in sorted(self._marks) if not self.reading.flaws else ():
                self._flaw(left, "a `$` name stands alone: $n; found it inside of a text")

    def _refused_text(self, text: str) -> tuple[int, str] | None:
        """Return where and why a text is not even looked at."""
        if len(text) > MAX_CHARACTERS:
            return 0, f"{len(text):,} characters; an expression has at most {MAX_CHARACTERS:,}"
        if "#" in text:
            return text.index("#"), "no comment inside of an expression"
        if alone := _NOT_ALONE.search(text):
            return alone.end() - 1, "a `$` name stands alone: $n"
        return None

    def _parsed(self, text: str) -> ast.expr | None:
        """Return Python's tree, `$n` read as the name `_n` at a noted place."""
        self._marks = {match.start() for match in _SYMBOL.finditer(text)}
        stripped = _SYMBOL.sub(r"_\1", text).lstrip()
        self._skipped = len(text) - len(stripped)
        try:
            return ast.parse(stripped, mode="eval").body
        except SyntaxError as error:
            offset = self._skipped + max((error.offset or 1) - 1, 0)
            said = error.msg.split(". ")[0]
            self._flaw(offset, f"not an expression: {said}; found {shown(text.strip())}")
        except (ValueError, MemoryError, RecursionError):
            self._flaw(0, f"an expression nests at most {MAX_DEPTH} deep")
        return None

    def _flaw(self, offset: int, message: str) -> None:
        self.reading.flaws.append(Flaw(self._name, offset, message))

    def _offset(self, node: ast.AST) -> int:
        """Return where `node` begins in the text; `ast` counts bytes."""
        column: int = getattr(node, "col_offset", 0)
        if not self._text.isascii():
            rest = self._text[self._skipped :].encode()
            column = len(rest[:column].decode(errors="ignore"))
        return self._skipped + column

    def _refuse(self, node: ast.AST, message: str) -> str:
        self._flaw(self._offset(node), message)
        return "refused"

    def _visit(self, node: ast.expr, integer: bool) -> _Piece:
        """Return `node` checked; `integer` says that whole numbers keep their type here."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            crossed = self._nodes == MAX_NODES + 1
            return self._refuse(node, _TOO_MANY) if crossed else "refused"
        if self._depth >= MAX_DEPTH:
            return self._refuse(node, f"an expression nests at most {MAX_DEPTH} deep")
        visit = _VISITORS.get(type(node))
        if visit is None:
            words = _REFUSED.get(type(node), f"no {type(node).__name__} in an expression")
            return self._refuse(node, words)
        self._depth += 1
        piece = visit(self, node, integer)
        self._depth -= 1
        return piece

    def _write(self, node: ast.expr, integer: bool) -> str:
        return _code(self._visit(node, integer))

    # ------------------------------------------------------------ names and numbers

    def _constant(self, node: ast.Constant, integer: bool) -> _Piece:
        if isinstance(node.value, str | bytes):
            return self._refuse(node, _NO_TEXT)
        return self._number(node, node.value, integer)

    def _number(self, node: ast.expr, value: Any, integer: bool) -> _Piece:
        """Return a constant; whole numbers become floats, so that no power of them runs away."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return _Constant(value)
        if isinstance(value, int) and integer and abs(value) < 2**63:
            return _Constant(value)
        number = _as_float(value)
        if not math.isfinite(number):
            return self._refuse(node, "this number is not finite")
        return _Constant(number)

    def _value(self, node: ast.Name, integer: bool) -> _Piece:
        offset = self._offset(node)
        if offset in self._marks:
            self._marks.discard(offset)
            return self._symbol(node, node.id[1:], integer)
        if node.id in self._names.values:
            return node.id
        if node.id in self._names.operations:
            return self._refuse(node, f"{node.id!r} is an operation; call it: {node.id}(...)")
        return self._refuse(node, unknown("name", node.id, self._names.values))

    def _symbol(self, node: ast.expr, name: str, integer: bool) -> _Piece:
        if name not in self._names.symbols:
            return self._refuse(node, undeclared(name, self._names.symbols))
        self.reading.symbols.add(name)
        value = self._names.symbols[name]
        if isinstance(value, str):
            return self._refuse(node, f"'${name}' is the text {value!r}; a number belongs here")
        return self._number(node, value, integer)

    # ------------------------------------------------------------ operators

    def _binary(self, node: ast.BinOp, integer: bool) -> _Piece:
        if type(node.op) not in _ARITHMETIC:
            hint = "; powers are written **" if isinstance(node.op, ast.BitXor) else ""
            return self._refuse(node, _OPERATORS + hint)
        left, right = self._visit(node.left, integer), self._visit(node.right, integer)
        if isinstance(left, _Constant) and isinstance(right, _Constant):
            return self._folded(node, left.value, right.value)
        return f"({_code(left)} {_ARITHMETIC[type(node.op)][0]} {_code(right)})"

    def _folded(self, node: ast.BinOp, a: Any, b: Any) -> _Piece:
        """Return arithmetic on two constants as one, so that its size is known now."""
        _, apply = _ARITHMETIC[type(node.op)]
        if not (_is_number(a) and _is_number(b)) or apply is None:
            return self._refuse(node, f"no arithmetic between {shown(a)} and {shown(b)}")
        whole = isinstance(a, int) and isinstance(b, int)
        if whole and not isinstance(node.op, _EXACT):
            return self._refuse(node, "write the result: here a whole number is expected")
        try:
            return self._number(node, apply(a, b), whole)
        except (OverflowError, ZeroDivisionError) as error:
            return self._refuse(node, f"this number cannot be computed: {error.args[-1]}")

    def _unary(self, node: ast.UnaryOp, integer: bool) -> _Piece:
        if type(node.op) not in _SIGNS:
            return self._refuse(node, "no `not` or `~` in an expression; write logical_not(x)")
        sign, apply = _SIGNS[type(node.op)]
        operand = self._visit(node.operand, integer)
        if isinstance(operand, _Constant) and _is_number(operand.value):
            return _Constant(apply(operand.value))
        return f"({sign}{_code(operand)})"

    def _compare(self, node: ast.Compare, integer: bool) -> _Piece:
        if len(node.ops) > 1:
            return self._refuse(node, "compare two values at a time: logical_and(a < b, b < c)")
        sign = _COMPARISONS.get(type(node.ops[0]))
        if sign is None:
            return self._refuse(node, _OPERATORS)
        left, right = self._write(node.left, integer), self._write(node.comparators[0], integer)
        return f"({left} {sign} {right})"

    # ------------------------------------------------------------ calls, subscripts, sequences

    def _call(self, node: ast.Call, integer: bool) -> _Piece:
        if not isinstance(node.func, ast.Name):
            return self._refuse(node, _not_a_name(node.func))
        name = node.func.id
        if name not in self._names.operations:
            self._refuse(node, self._no_operation(name, self._offset(node)))
        self.reading.operations[name] = None
        arguments = [self._argument(name, i, arg) for i, arg in enumerate(node.args)]
        given: set[str] = set()
        arguments += [self._keyword(keyword, given) for keyword in node.keywords]
        return f"op·{name}({', '.join(arguments)})"

    def _no_operation(self, name: str, offset: int) -> str:
        if offset in self._marks:
            self.reading.symbols.add(name[1:])
            return f"'${name[1:]}' is a value, not an operation"
        if name in self._names.values:
            return f"{name!r} is a value, not an operation; a product is written {name} * (...)"
        return unknown("operation", name, self._names.operations, "operations")

    def _argument(self, operation: str, position: int, node: ast.expr) -> str:
        if operation == "einsum" and position == 0:
            return self._text_or_value(node)
        return self._write(node, not isinstance(_unsigned(node), ast.BinOp | ast.Compare))

    def _keyword(self, keyword: ast.keyword, given: set[str]) -> str:
        if keyword.arg is None:
            return self._refuse(keyword, "no `**` before an argument")
        if keyword.arg in given:
            return self._refuse(keyword, f"the keyword {keyword.arg!r} stands twice")
        given.add(keyword.arg)
        return f"{keyword.arg}={self._text_or_value(keyword.value)}"

    def _text_or_value(self, node: ast.expr) -> str:
        """Return a short text as it is; everything else as a value where whole numbers stay."""
        text = node.value if isinstance(node, ast.Constant) else self._symbol_text(node)
        if not isinstance(text, str):
            return self._write(node, True)
        if len(text) > MAX_STRING:
            return self._refuse(node, f"a text has at most {MAX_STRING} characters here")
        return repr(text)

    def _symbol_text(self, node: ast.expr) -> str | None:
        """Return the text that a `$` name stands for, None for anything else."""
        if not isinstance(node, ast.Name) or self._offset(node) not in self._marks:
            return None
        value = self._names.symbols.get(node.id[1:])
        if not isinstance(value, str):
            return None
        self._marks.discard(self._offset(node))
        self.reading.symbols.add(node.id[1:])
        return value

    def _subscript(self, node: ast.Subscript, integer: bool) -> _Piece:
        value = self._visit(node.value, integer)
        if isinstance(value, _Constant):
            return self._refuse(node, "a number has no entries")
        return f"{value}[{self._write(node.slice, True)}]"

    def _slice(self, node: ast.Slice, integer: bool) -> _Piece:
        parts = [self._write(part, True) if part else "" for part in (node.lower, node.upper)]
        return ":".join([*parts, *([self._write(node.step, True)] if node.step else [])])

    def _tuple(self, node: ast.Tuple, integer: bool) -> _Piece:
        items = "".join(self._write(item, True) + ", " for item in node.elts)
        # slices stand in a subscript's tuple only, and there without parentheses
        sliced = any(isinstance(item, ast.Slice) for item in node.elts)
        return items if sliced else f"({items})"

    def _list(self, node: ast.List, integer: bool) -> _Piece:
        return f"[{', '.join(self._write(item, True) for item in node.elts)}]"


_TOO_MANY = f"an expression has at most {MAX_NODES} parts"

_VISITORS: Mapping[type[ast.expr], Callable[[_Reader, Any, bool], _Piece]] = {
    ast.Constant: _Reader._constant,
    ast.Name: _Reader._value,
    ast.BinOp: _Reader._binary,
    ast.UnaryOp: _Reader._unary,
    ast.Compare: _Reader._compare,
    ast.Call: _Reader._call,
    ast.Subscript: _Reader._subscript,
    ast.Slice: _Reader._slice,
    ast.Tuple: _Reader._tuple,
    ast.List: _Reader._list,
}


def _code(piece: _Piece) -> str:
    if isinstance(piece, str):
        return piece
    # parentheses: -1.0 ** 2 is another number than (-1.0) ** 2
    return "..." if piece.value is ... else f"({piece.value!r})"


def _not_a_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return f"call operations by their own name: {function.attr}(...), without a dot"
    return "only operations can be called, by name"


def _unsigned(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.UnaryOp):
        node = node.operand
    return node


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | complex) and not isinstance(value, bool)


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
