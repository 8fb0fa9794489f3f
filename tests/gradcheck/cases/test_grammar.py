import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.cases.grammar import MAX_CHARACTERS, Names, Reading, read

OPERATIONS = ("exp", "sum", "add", "softmax", "einsum", "reshape")


def reading(text: str, **symbols: object) -> Reading:
    return read("", text, Names(OPERATIONS, ("x", "y"), symbols))


def code(text: str, **symbols: object) -> str:
    """Return the code of `text`, spelt as Python would, operations by their own names."""
    done = reading(text, **symbols)
    assert done.flaws == []
    return ast.unparse(ast.parse(done.code.replace("op·", ""), mode="eval"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("exp(x) + y", "exp(x) + y"),
        ("2 * x", "2.0 * x"),
        ("x ** -1", "x ** (-1.0)"),
        ("-x @ y", "-x @ y"),
        ("-2 ** 2 * x", "-4.0 * x"),
        ("x < 0", "x < 0.0"),
        ("sum(x, axis=1)", "sum(x, axis=1)"),
        ("sum(x, -1)", "sum(x, -1)"),
        ("reshape(x, (2 * 3, -1))", "reshape(x, (6, -1))"),
        ("exp(2 * x)", "exp(2.0 * x)"),
        ("x[1:, ::2, ..., None]", "x[1:, ::2, ..., None]"),
        ("x[y + 1]", "x[y + 1]"),
        ("x[sum(2 * y)]", "x[sum(2.0 * y)]"),
        ("einsum('ij,jk->ik', x, y)", "einsum('ij,jk->ik', x, y)"),
        ("sum(x, mode='mean', keepdims=True)", "sum(x, mode='mean', keepdims=True)"),
        ("exp([x, (1, 2)])", "exp([x, (1, 2)])"),
        ("1j * x", "1j * x"),
        ("  exp(x)\n  + y", "exp(x) + y"),
    ],
)
def test_what_is_allowed(text: str, written: str) -> None:
    assert code(text) == ast.unparse(ast.parse(written, mode="eval"))


def test_symbols_are_constants() -> None:
    assert code("x * $n", n=3) == "x * 3.0"
    assert code("sum(x, axis=$n)", n=1) == "sum(x, axis=1)"
    assert code("x[:$n - 1]", n=3) == "x[:2]"
    assert code("sum(x, mode=$m)", m="mean") == "sum(x, mode='mean')"
    assert reading("x * $n", n=3).symbols == {"n"}


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("sofmax(x)", 0, "unknown operation 'sofmax'; did you mean 'softmax'? operations: "),
        ("x + yy", 4, "unknown name 'yy'; did you mean 'y'? names: x, y"),
        ("é + yy", 4, "unknown name 'yy'"),
        ("x + $m", 4, "undeclared name '$m'; names: $nn, $word"),
        ("x + $n", 4, "undeclared name '$n'; did you mean '$nn'? names: $nn, $word"),
        ("x * $word", 4, "'$word' is the text 'abc'; a number belongs here"),
        ("x + $nn*2$", 9, "a `$` name stands alone: $n"),
        ("einsum('$nn', x)", 8, "a `$` name stands alone: $n; found it inside of a text"),
        ("exp", 0, "'exp' is an operation; call it: exp(...)"),
        ("x(2)", 0, "'x' is a value, not an operation; a product is written x * (...)"),
        ("2 + x.T", 4, "a dot reaches into an object; write an operation: transpose(x), not x.T"),
        ("np.exp(x)", 0, "call operations by their own name: exp(...), without a dot"),
        ("(lambda: x)()", 0, "only operations can be called, by name"),
        ("x ^ 2", 0, "the operators are + - * / ** @ and comparisons; powers are written **"),
        ("x // 2", 0, "the operators are + - * / ** @ and comparisons"),
        ("x in y", 0, "the operators are + - * / ** @ and comparisons"),
        ("x < y < 1", 0, "compare two values at a time: logical_and(a < b, b < c)"),
        ("x if y else x", 0, "no `if` in an expression; write where(condition, x, y)"),
        ("x and y", 0, "no `and`, `or` in an expression"),
        ("not x", 0, "no `not` or `~` in an expression; write logical_not(x)"),
        ("lambda: x", 0, "no `lambda` in an expression"),
        ("[x for x in y]", 0, "no loop in an expression"),
        ("exp((z := x))", 5, "no `:=` in an expression; name intermediate values under `let`"),
        ("exp(*x)", 4, "no `*` before an argument"),
        ("exp(**x)", 4, "no `**` before an argument"),
        ("exp(a=1, a=2)", 9, "the keyword 'a' stands twice"),
        ("f'{x}'", 0, "no text in an expression"),
        ("x['a']", 2, "no text in an expression"),
        ("exp('a')", 4, "no text in an expression"),
        ("exp(b'a')", 4, "no text in an expression"),
        ("{1: x}", 0, "no mapping in an expression"),
        ("sum(x, mode='" + "a" * 65 + "')", 12, "a text has at most 64 characters here"),
        ("9**9**9**9", 3, "this number cannot be computed: "),
        ("x / (1 / 0)", 5, "this number cannot be computed: "),
        ("x[9**9]", 2, "write the result: here a whole number is expected"),
        ("x * 1e999", 4, "this number is not finite"),
        ("x * None ** 2", 4, "no arithmetic between None and 2.0"),
        ("2[0]", 0, "a number has no entries"),
        ("x  # y", 3, "no comment inside of an expression"),
        ("$nn(x)", 0, "'$nn' is a value, not an operation"),
        ("(x", 0, "not an expression: '(' was never closed; found '(x'"),
        ("x = 2", 2, "not an expression: invalid syntax"),
        ("", 0, "not an expression: invalid syntax; found ''"),
        ("x" * 2001, 0, f"2,001 characters; an expression has at most {MAX_CHARACTERS:,}"),
        ("-" * 60 + "x", 50, "an expression nests at most 50 deep"),
        ("exp(" + "x, " * 600 + ")", 1501, "an expression has at most 500 parts"),
    ],
)
def test_what_is_refused(text: str, offset: int, message: str) -> None:
    flaws = reading(text, nn=1, word="abc").flaws
    assert (flaws[-1].offset, flaws[-1].message[: len(message)]) == (offset, message)


def test_all_flaws_are_found_at_once() -> None:
    messages = [flaw.message for flaw in reading("expo(q) + x.T + r").flaws]
    assert len(messages) == 4


_TOKENS = """x y exp sum softmax ( ) [ ] , : . + - * / ** @ < == = 1 2.5 9 $n $m 'a' None True ...
if else lambda for in not and __class__ é # := f'{x}' 1j import"""
_tokens = st.sampled_from(_TOKENS.split())


@settings(deadline=None)
@given(st.lists(_tokens, max_size=25).map(" ".join) | st.text(max_size=50))
def test_any_text_is_code_of_known_names_or_has_flaws_within(text: str) -> None:
    done = reading(text, n=2)
    assert all(0 <= flaw.offset <= len(text) for flaw in done.flaws)
    if not done.flaws:
        tree = ast.parse(done.code, mode="eval")
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert names <= {"x", "y", *(f"op·{name}" for name in OPERATIONS)}
        assert not any(isinstance(node, ast.Attribute | ast.Lambda) for node in ast.walk(tree))
