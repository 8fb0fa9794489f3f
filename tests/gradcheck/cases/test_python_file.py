import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from gradcheck.cases.python_file import case, read_python
from gradcheck.cases.schema import Known
from gradcheck.inputs import make
from gradcheck.vocabulary import Case, Expectation, Input

Load = Callable[..., tuple[list[Case], list[str]]]


@pytest.fixture
def load(tmp_path: Path, known: Known) -> Load:
    """Return what reads a text as the file a.py; its second line is the first of the text."""

    def load(text: str, **modules: ModuleType) -> tuple[list[Case], list[str]]:
        path = tmp_path / "a.py"
        path.write_text("from gradcheck.cases.python_file import case\n" + textwrap.dedent(text))
        cases, mistakes = read_python(path, "a.py", known, modules)
        return cases, [str(mistake) for mistake in mistakes]

    return load


def test_a_decorated_function_is_a_case(load: Load) -> None:
    cases, mistakes = load("""\
        @case(inputs={"x": 3.0}, tags=["shared"])
        def diamond(xp, x):
            a = xp.square(x)
            return xp.add(xp.square(a), xp.square(a))
    """)
    assert mistakes == []
    (made,) = cases
    assert (made.id, str(made.place), made.tags) == ("a.py::diamond", "a.py:2", ("shared",))
    assert made.source == "diamond"
    assert made.function is not None
    assert made.function(np, x=3.0) == 162.0


def test_a_rule_is_a_case(load: Load) -> None:
    cases, mistakes = load("""\
        def forward(x):
            return 2 * x
        def backward(y_bars, xs, ys):
            return 2 * y_bars[0]
        case(id="my_rule", rule=(forward, backward), inputs={"x": [1.0, 2.0]})
    """)
    assert mistakes == []
    assert cases[0].rule is not None
    assert cases[0].rule[0](2) == 4
    assert (cases[0].function, cases[0].source) == (None, "forward, backward")
    assert cases[0].place.line == 6


def test_expressions_and_matrices_work_as_in_yaml(load: Load) -> None:
    cases, mistakes = load("""\
        case(id="a", function="exp(x) * $n", matrix={"n": [1, 2]}, inputs={"x": {"shape": ("$n",)}})
    """)
    assert mistakes == []
    assert [made.id for made in cases] == ["a.py::a[1]", "a.py::a[2]"]


def test_arrays_tuples_and_numpy_numbers_are_inputs(load: Load) -> None:
    cases, mistakes = load("""\
        import numpy as np
        @case(inputs={
            "a": np.array([1.0, 2.0]), "b": np.float32(1.5), "c": (1, 2), "d": 1 + 2j,
            "e": np.arange(3), "f": {"data": np.zeros(2), "layout": "fortran"},
        })
        def f(xp, **inputs):
            return inputs["a"]
    """)
    assert mistakes == []
    assert {name: (x.data, x.dtype) for name, x in cases[0].inputs.items()} == {
        "a": ([1.0, 2.0], "float64"),
        "b": (1.5, "float32"),
        "c": ([1, 2], "float64"),
        "d": (1 + 2j, "complex128"),
        "e": ([0, 1, 2], "int64"),
        "f": ([0.0, 0.0], "float64"),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '@case(inputs={"x": 1, "yy": 2})\ndef f(xp, x, y=1): ...',
            "2: input 'yy' is no parameter of f; did you mean 'y'? after xp: x, y",
        ),
        (
            '@case(inputs={"x": 1})\ndef f(xp, x, y): ...',
            "2: parameter 'y' of f is no input; inputs: x",
        ),
        (
            '@case(inputs={"x": 1})\ndef f(): ...',
            "2: f takes the engine's namespace first: def f(xp, x)",
        ),
        ("@case\ndef f(xp, x): ...", "2: case 'f' lacks the key 'inputs'"),
        ('case(id="a", inputs={"x": 1})', "2: case 'a' lacks the key 'function' (or 'steps')"),
        ('case(id="a", rule=min, inputs={"x": 1})', "2: 'rule' is a pair of functions, "),
        ('case(id="a", function=3, inputs={"x": 1})', "2: 'function' is a function or an "),
        ('case(id="a", function="q", inputs={"x": 1})', "2: unknown name 'q'; names: x"),
        ('case(id="a", function="1", inputs={2: 1})', "2: expected letters, digits and _, first "),
        (
            '@case(inputs={"x": 1}, tagz=[])\ndef f(xp, x): ...',
            "2: unknown key 'tagz' in case 'f'; did you mean 'tags'? keys: benchmark, ",
        ),
        (
            '@case(inputs={"x": 1}, let={"z": "x"})\ndef f(xp, x): ...',
            "2: 'let' belongs to an expression; a function has variables",
        ),
        ("def f():\n    return 1 / 0\nf()", "3: ZeroDivisionError: division by zero (while the "),
        ("x = (", "2:5: SyntaxError: '(' was never closed"),
        ("raise SystemExit(3)", "2: SystemExit: 3 (while the file loads)"),
        ("import does_not_exist", "2: ModuleNotFoundError: No module named 'does_not_exist' (wh"),
    ],
)
def test_mistakes_have_the_line_of_the_file(load: Load, text: str, message: str) -> None:
    cases, mistakes = load(text)
    assert cases == []
    assert mistakes[0][: len(message) + 5] == f"a.py:{message}"


def test_the_line_is_that_of_the_file_when_helpers_call_case(load: Load) -> None:
    cases, _ = load("""\
        from functools import partial
        def declare(name):
            case(id=name, function="x", inputs={"x": 1})
        for name in ["a", "b"]:
            declare(name)
    """)
    assert [str(made.place) for made in cases] == ["a.py:4", "a.py:4"]


def test_a_loop_may_declare_a_good_and_a_wrong_case_in_one_line(load: Load) -> None:
    cases, mistakes = load("""\
        for name in ["good", "wrong"]:
            case(id=name, function="x", inputs={"x": 1 if name == "good" else "a"})
    """)
    assert mistakes == ["a.py:3: expected a number for input 'x', found the text 'a'"]
    assert [made.slug for made in cases] == ["good"]


def test_an_id_that_stands_twice_is_a_mistake(load: Load) -> None:
    cases, mistakes = load("""\
        case(id="a", function="x", inputs={"x": 1})
        case(id="a", function="x", inputs={"x": 2})
    """)
    assert mistakes == ["a.py:3: the id 'a' stands twice; first at a.py:2"]
    assert [made.place.line for made in cases] == [2]


def test_a_decorated_function_comes_back_unchanged_and_may_be_declared_twice(load: Load) -> None:
    cases, mistakes = load("""\
        @case(id="one", inputs={"x": 1})
        @case(id="two", inputs={"x": 2})
        def f(xp, x):
            return x
        assert f(None, 3) == 3
    """)
    assert mistakes == []
    assert {made.slug for made in cases} == {"one", "two"}


def test_case_does_nothing_outside_of_loading() -> None:
    def f(xp: object, x: float) -> float:
        return x

    assert case(inputs={"x": 1})(f) is f
    assert case(f) is f


def test_modules_stand_in_while_the_file_loads_and_no_longer(load: Load) -> None:
    ours, theirs, child = ModuleType("engine"), ModuleType("engine"), ModuleType("engine.child")
    ours.number = 42  # type: ignore[attr-defined]
    sys.modules |= {"engine": theirs, "engine.child": child}
    try:
        cases, mistakes = load(
            """\
            import sys
            import engine
            assert engine.number == 42
            assert "engine.child" not in sys.modules
            sys.modules["engine.new"] = engine
            case(id="a", function="x", inputs={"x": 1})
            """,
            engine=ours,
        )
        assert (mistakes, len(cases)) == ([], 1)
        assert sys.modules["engine"] is theirs
        assert sys.modules["engine.child"] is child
        assert "engine.new" not in sys.modules
        load("import engine\nraise ValueError", engine=ours)
        assert sys.modules["engine"] is theirs
    finally:
        del sys.modules["engine"], sys.modules["engine.child"]


def test_the_path_is_left_alone_and_no_bytecode_is_written(load: Load, tmp_path: Path) -> None:
    before = list(sys.path)
    load("import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: 'int'\n")
    assert sys.path == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]


def test_an_interrupt_is_no_mistake(load: Load) -> None:
    with pytest.raises(KeyboardInterrupt):
        load("raise KeyboardInterrupt")


def test_longdouble_arrays_keep_their_digits(load: Load) -> None:
    cases, mistakes = load("""\
        import numpy as np
        third = np.longdouble(1) / 3
        rule = (lambda x: x, lambda y_bars, xs, ys: y_bars[0])
        case(id="a", rule=rule, inputs={"x": np.array([third])}, expect={"value": [third]})
        case(id="b", rule=rule, inputs={"x": third})
        case(id="c", rule=rule, inputs={"x": {"data": np.array([third + 1j])}})
    """)
    assert mistakes == []
    third = np.longdouble(1) / 3
    for case_, expected in zip(cases, ([third], third, [third + 1j]), strict=True):
        x = make(case_, 0)["x"]
        assert x.dtype == np.asarray(expected).dtype
        np.testing.assert_array_equal(x, expected)
    assert cases[0].expect.value == [third]


def test_arrays_are_expected_in_any_dtype(load: Load) -> None:
    cases, mistakes = load("""\
        import numpy as np
        x = np.array([0.5, 2.0], np.float32)
        case(
            id="a",
            rule=(lambda x: x, lambda y_bars, xs, ys: y_bars[0]),
            inputs={"x": {"data": x, "layout": "strided"}},
            expect={"value": x, "gradient": {"x": np.ones(2, np.float32)}},
        )
    """)
    assert mistakes == []
    assert cases[0].inputs["x"] == Input([0.5, 2.0], dtype="float32", layout="strided")
    assert cases[0].expect == Expectation([0.5, 2.0], {"x": [1.0, 1.0]})
