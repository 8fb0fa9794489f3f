import operator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.cases.expression import Compiler, Program
from gradcheck.errors import MissingOperation


def program(text: str, let: dict[str, str] | None = None, **symbols: Any) -> Program:
    compiler = Compiler(["x", "w"], ["exp", "add", "square", "sum"], let or {}, symbols)
    made = compiler.program(text)
    assert compiler.flaws == []
    assert made is not None
    return made


def test_a_program_computes_with_the_operations_it_is_given() -> None:
    made = program("exp(square(x)) + 2 * w")
    assert made(np, x=0.5, w=3.0) == np.exp(0.25) + 6.0


def test_let_values_come_in_order() -> None:
    made = program("z * y", let={"y": "x + 1", "z": "square(y)"})
    assert made(np, x=2.0, w=0.0) == 27.0
    assert made.source == "y = x + 1\nz = square(y)\nz * y"


def test_let_values_see_only_those_before() -> None:
    compiler = Compiler(["x"], [], {"a": "b", "b": "x"})
    assert compiler.program("a") is None
    assert [(flaw.name, flaw.message) for flaw in compiler.flaws] == [
        ("a", "unknown name 'b'; names: x")
    ]


def test_flaws_of_let_are_found_once_for_several_programs() -> None:
    compiler = Compiler(["x"], [], {"a": "q"})
    assert [compiler.program("a"), compiler.program("x")] == [None, None]
    assert len(compiler.flaws) == 1


def test_an_operation_and_an_input_may_share_a_name() -> None:
    compiler = Compiler(["sum"], ["sum"])
    made = compiler.program("sum(sum)")
    assert made is not None
    assert made(np, sum=[1.0, 2.0]) == 3.0


def test_operations_are_looked_up_once_for_each_namespace() -> None:
    looked_up: list[str] = []

    class Namespace:
        def __getattr__(self, name: str) -> Any:
            looked_up.append(name)
            return getattr(np, name)

    made, one, other = program("exp(x) + exp(w)"), Namespace(), Namespace()
    for namespace in (one, one, other, other):
        made(namespace, x=0.0, w=0.0)
    assert looked_up == ["exp", "exp"]


class _Equal(SimpleNamespace):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_namespaces_that_are_equal_but_not_the_same_are_told_apart() -> None:
    made = program("exp(x)")
    assert made(_Equal(exp=operator.neg), x=1.0, w=0.0) == -1.0
    assert made(_Equal(exp=operator.pos), x=1.0, w=0.0) == 1.0


def test_a_missing_operation_is_named() -> None:
    with pytest.raises(MissingOperation, match="square"):
        program("exp(square(x))")(SimpleNamespace(exp=np.exp), x=1.0, w=1.0)


def test_none_is_a_namespace_like_any_other() -> None:
    assert program("x + w")(None, x=1.0, w=2.0) == 3.0


def test_a_program_reaches_no_builtins() -> None:
    made = program("x + w")
    made(np, x=1.0, w=1.0)
    function = made._bound[1]
    assert function.__globals__["__builtins__"] == {}


# not 0: whole numbers become floats first, and -0.0 is another number than -0
_numbers = st.integers(1, 20).map(str) | st.floats(0.1, 9.0).map(lambda f: f"{f:.3f}")
_expressions = st.recursive(
    st.sampled_from(["x", "w"]) | _numbers,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(
            "({0[0]}{0[1]}{0[2]})".format
        )
        | inner.map("-{}".format)
        | inner.map("exp({}/100)".format)
        | st.tuples(inner, inner).map(lambda pair: f"add({pair[0]}, {pair[1]})")
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(_expressions)
def test_a_program_is_what_python_makes_of_the_text(text: str) -> None:
    scope = {"exp": np.exp, "add": np.add, "x": np.float64(0.75), "w": np.float64(1.5)}
    compiler = Compiler(["x", "w"], ["exp", "add"])
    made = compiler.program(text)
    if made is None:
        assert all("cannot be computed" in flaw.message for flaw in compiler.flaws)
        return
    with np.errstate(all="ignore"):
        expected = eval(text, scope)
        assert np.array_equal(made(np, x=scope["x"], w=scope["w"]), expected, equal_nan=True)
