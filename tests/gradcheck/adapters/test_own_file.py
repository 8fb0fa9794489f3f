"""Learners' engines, run from a file or a module by the built-in define-by-run adapter."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from gradcheck import Verdict, check, cli
from gradcheck.adapters import adapter, unusable
from gradcheck.adapters.own_file import is_own
from gradcheck.runner import Options, run_case
from tests.gradcheck.adapters.frameworks import case_of

ENGINE = """
import numpy as np


class Variable:
    def __init__(self, data):
        if not isinstance(data, np.ndarray):
            raise TypeError(f"{type(data)} is not supported")
        self.data, self.grad, self.creator = data, None, None

    def backward(self):
        if self.creator is not None:
            self.creator.back(self.grad)
        OVERFLOW


class Function:
    def __call__(self, x):
        self.x, self.y = x, Variable(np.asarray(self.forward(x.data)))
        self.y.creator = self
        return self.y

    def back(self, gy):
        gx = self.backward(gy)
        self.x.grad = gx if self.x.grad is None or self.x.creator else self.x.grad + gx
        self.x.backward()


class Square(Function):
    def forward(self, x): return x ** 2
    def backward(self, gy): return FACTOR * self.x.data * gy


def square(x): return Square()(x)
def loop(x): raise RecursionError("too deep")
"""


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """Write an engine and return the name that the command line gives it."""

    def write(name="steps.py", factor=2, text=ENGINE):
        (tmp_path / name).write_text(text.replace("FACTOR", str(factor)).replace("OVERFLOW", ""))
        monkeypatch.chdir(tmp_path)
        adapter.cache_clear()
        unusable.cache_clear()
        return f"./{name}"

    yield write
    adapter.cache_clear()
    unusable.cache_clear()


def run_on(engine, function):
    case = case_of(function, x=np.array([0.5, -1.5]))
    return {o.check: o for o in run_case(case, engine, Options())}


def squared_twice(xp, x):
    return xp.square(xp.square(x))


def test_a_right_engine_passes(steps):
    outcomes = run_on(steps(), squared_twice)
    assert {o.verdict for o in outcomes.values()} == {Verdict.PASS}
    assert outcomes.keys() == {"structure", "vjp", "accumulation", "purity"}


def test_a_wrong_rule_fails(steps):
    assert run_on(steps(factor=2.002), squared_twice)["vjp"].verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("function", "lacking"),
    [
        (lambda xp, x: xp.sin(x), "no operation 'sin'"),
        (lambda xp, x: x * 2, "Variable has no operator *"),
        (lambda xp, x: -x, "Variable has no operator - in front of it"),
        (lambda xp, x: x[0], "Variable has no operator []"),
        (lambda xp, x: xp.square(x, axis=0), "square takes no argument 'axis'"),
    ],
)
def test_what_it_lacks_is_a_skip(steps, function, lacking):
    [outcome] = run_on(steps(), function).values()
    assert (outcome.verdict, outcome.check) == (Verdict.SKIP, "case")
    assert lacking in outcome.reason


def test_a_recursion_too_deep_is_an_error_of_its_case(steps):
    outcome = run_on(steps(), lambda xp, x: xp.loop(x))["structure"]
    assert outcome.verdict is Verdict.ERROR
    assert "RecursionError: too deep" in outcome.reason


def test_a_module_is_an_engine_too(steps, tmp_path, monkeypatch):
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson" / "__init__.py").touch()
    steps("lesson/steps.py")
    monkeypatch.syspath_prepend(tmp_path)
    assert run_on("lesson.steps", squared_twice)["vjp"].verdict is Verdict.PASS
    module = importlib.import_module("lesson.steps")
    report = check(module.square, module.Variable(np.array([1.0, 2.0])))
    assert report.passed
    assert {o.engine for o in report.outcomes} == {"lesson.steps"}
    del sys.modules["lesson.steps"], sys.modules["lesson"]


def test_a_module_may_bring_its_adapter(steps):
    text = "from gradcheck.adapters.rule import RuleAdapter as Adapter\n"
    assert adapter(steps("mine.py", text=text)).name == "rule"


def test_the_command_line_runs_it(steps, tmp_path, capsys):
    engine = steps()
    file = tmp_path / "a.yaml"
    file.write_text(
        "cases:\n  - {id: a, function: square(x), inputs: {x: 0.5}}\n"
        "  - {id: b, function: sin(x), inputs: {x: 0.5}}\n"
    )
    command = ["run", str(file), "--report-dir", str(tmp_path), "-e"]
    assert cli.main([*command, engine]) == cli.EXIT_OK
    assert "2 cases: 1 PASS, 1 SKIP" in capsys.readouterr().out
    assert cli.main([*command, "./absent.py"]) == cli.EXIT_USAGE
    assert "./absent.py: no such file" in capsys.readouterr().err
    Path("empty.py").touch()
    assert cli.main([*command, "./empty.py"]) == cli.EXIT_USAGE
    assert "expected an Adapter, or a Variable with .data" in capsys.readouterr().err
    assert cli.main([*command, "no.such.module"]) == cli.EXIT_USAGE
    assert "No module named" in capsys.readouterr().err
    assert cli.main([*command, "engin"]) == cli.EXIT_USAGE
    assert "did you mean 'engine'" in capsys.readouterr().err


def test_names_of_files_and_modules():
    assert is_own("./steps.py")
    assert is_own("package.module")
    assert not is_own("engin")


FROM_ONE = """
import numpy as np


class Variable:
    def __init__(self, data, inputs=()):
        self.data, self.inputs, self.pull = np.asarray(data), inputs, lambda: None
        self.grad = np.zeros_like(self.data)

    def order(self, seen):
        before = [v for x in self.inputs if x not in seen for v in x.order(seen)]
        return [] if self in seen else [*before, seen.setdefault(self, self)]

    def backward(self):
        order = self.order({})
        for v in order:
            v.grad = np.zeros_like(v.data) if v.inputs else v.grad
        self.grad = np.ones_like(self.data)
        for v in reversed(order):
            v.pull()

    def PRODUCT(self, other):
        y = Variable(self.data * other.data, (self, other))

        def pull():
            self.grad = self.grad + FACTOR / 2 * other.data * y.grad
            other.grad = other.grad + self.data * y.grad

        y.pull = pull
        return y


def square(x): return x.PRODUCT(x)
"""


def test_an_engine_may_start_from_one_and_add_to_zeros(steps):
    """As many first engines do: `self.grad = 1` in backward, and `self.grad = 0` when made."""
    engine = steps(text=FROM_ONE.replace("PRODUCT", "__mul__"))
    outcomes = run_on(engine, squared_twice)
    assert {o.verdict for o in outcomes.values()} == {Verdict.PASS}
    wrong = steps(name="wrong.py", factor=2.02, text=FROM_ONE.replace("PRODUCT", "__mul__"))
    assert run_on(wrong, squared_twice)["vjp"].verdict is Verdict.FAIL


def test_an_engine_that_starts_from_one_and_cannot_weigh_says_what_is_missing(steps):
    engine = steps(name="lone.py", text=FROM_ONE.replace("PRODUCT", "times"))
    (outcome,) = run_on(engine, squared_twice).values()
    assert outcome.verdict is Verdict.SKIP
    assert "let it start from y.grad if that is set" in str(outcome.reason)


def test_a_gradient_that_was_cleared_to_zeros_is_none(steps, tmp_path, capsys):
    engine = steps(text=FROM_ONE.replace("PRODUCT", "__mul__"))
    (tmp_path / "c.yaml").write_text(
        "cases:\n"
        "  - id: clear_one\n"
        "    inputs: {x: 1.5, w: -2.0}\n"
        "    steps:\n"
        "      - function: square(x) * w\n"
        "      - cleargrad: [x]\n"
    )
    assert cli.main(["run", "c.yaml", "-e", engine]) == 0, capsys.readouterr().out
