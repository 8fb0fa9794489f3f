"""The harness finds the engine that stands beside it, whatever else is called `engine`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import engine
from gradcheck import check
from gradcheck.adapters import adapter
from gradcheck.adapters.engine import engine_module
from gradcheck.errors import MissingOperation
from gradcheck.vocabulary import Case, Input, Place, Verdict
from tests.gradcheck.subjects import outcomes_of

ROOT = Path(__file__).parents[3]


def in_folder(folder: Path, code: str) -> str:
    """Run `code` as `python -c` does in `folder`, which then comes first on the path."""
    path = f"import sys; sys.path.insert(1, {str(ROOT)!r}); "
    command = [sys.executable, "-c", path + code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_engine_beside_us_is_used_as_it_is():
    assert engine_module() is engine


def test_a_strangers_engine_neither_breaks_ours_nor_is_broken(tmp_path):
    (tmp_path / "engine.py").write_text("mine = 42\nclass Variable: pass\n")
    printed = in_folder(
        tmp_path,
        "from gradcheck.adapters.engine import engine_module; ours = engine_module(); "
        "import engine; print(ours.__name__, engine.mine, hasattr(ours, 'square'))",
    )
    assert printed == "gradcheck._engine 42 True"


def test_a_strangers_engine_that_is_loaded_already_stays(tmp_path):
    (tmp_path / "engine.py").write_text("mine = 42\n")
    printed = in_folder(
        tmp_path,
        "import engine; from gradcheck.adapters.engine import engine_module; "
        "print(engine_module().__name__, sys.modules['engine'].mine)",
    )
    assert printed == "gradcheck._engine 42"


def test_a_python_case_file_gets_ours_as_engine(tmp_path):
    (tmp_path / "engine.py").write_text("mine = 42\n")
    (tmp_path / "case_file.py").write_text(
        "from gradcheck import case\nfrom engine import square\n"
        "@case(inputs={'x': 3.0})\ndef squared(xp, x):\n    return square(x)\n"
    )
    printed = in_folder(
        tmp_path,
        "from gradcheck import load_cases, run; "
        "print(*sorted({str(o.verdict) for o in run(load_cases('case_file.py'))})); "
        "import engine; print(engine.mine)",
    )
    assert printed.split() == ["PASS", "42"]


def subject_of(function, **xs):
    arrays = {name: np.asarray(x) for name, x in xs.items()}
    inputs = {name: Input(data=x, dtype=str(x.dtype)) for name, x in arrays.items()}
    case = Case("c", Place(""), inputs, function=function)
    return adapter("engine").subject(case, arrays)


def test_a_subject_computes_values_and_gradients():
    subject = subject_of(lambda xp, x: xp.square(x), x=[1.0, 2.0])
    assert np.array_equal(subject.primal(*subject.xs)[0], [1.0, 4.0])
    [gradient] = subject.vjp(subject.xs, (np.array([1.0, 10.0]),))
    assert np.array_equal(gradient, [2.0, 40.0])


def test_several_outputs_are_weighed_each():
    subject = subject_of(lambda xp, x: (xp.square(x), xp.neg(x)), x=2.0)
    [gradient] = subject.vjp(subject.xs, (np.array(1.0), np.array(10.0)))
    assert gradient == 4.0 - 10.0


def test_a_function_that_returns_a_constant_has_no_gradient():
    subject = subject_of(lambda xp, x: np.ones(2), x=2.0)
    assert subject.vjp(subject.xs, (np.ones(2),)) == (None,)


def test_an_operation_that_is_missing_is_named():
    subject = subject_of(lambda xp, x: xp.erf(x), x=2.0)
    with pytest.raises(MissingOperation, match="engine has no operation 'erf'"):
        subject.primal(*subject.xs)


def test_integers_are_not_differentiable():
    subject = subject_of(lambda xp, x, i: x[i], x=[1.0, 2.0], i=[0, 0])
    assert subject.differentiable == (True, False)


def test_a_subject_has_forward_mode_and_second_order():
    subject = subject_of(lambda xp, x, y: xp.mul(xp.square(x), y), x=[1.0, 2.0], y=[3.0, 4.0])
    ones = np.ones(2)
    [y_dot] = subject.jvp(subject.xs, (ones, 0 * ones))
    assert np.array_equal(y_dot, [6.0, 16.0])  # 2 x y
    (by_x, by_y), (by_y_bar,) = subject.vjp_vjp(subject.xs, (10 * ones,), (ones, 0 * ones))
    assert np.array_equal(by_x, [60.0, 80.0])  # 2 y y_bar
    assert np.array_equal(by_y, [20.0, 40.0])  # 2 x y_bar
    assert np.array_equal(by_y_bar, [6.0, 16.0])


def test_integer_inputs_and_outputs_stand_still():
    subject = subject_of(lambda xp, x, i: (x[i], i), x=[1.0, 2.0], i=[1, 1])
    v = np.array([1.0, 5.0])
    y_dot, i_dot = subject.jvp(subject.xs, (v, np.zeros(2, int)))
    assert np.array_equal(y_dot, [5.0, 5.0])
    assert np.array_equal(i_dot, [0, 0])
    y_bars = (np.array([1.0, 10.0]), np.zeros(2, int))
    (by_x, by_i), (by_y_bar, _) = subject.vjp_vjp(subject.xs, y_bars, (v, np.zeros(2, int)))
    assert np.array_equal(by_x, [0.0, 0.0])
    assert by_i is None
    assert np.array_equal(by_y_bar, [5.0, 5.0])


def test_all_checks_run_by_default():
    report = check(engine.exp, np.array([0.5, 1.0]))
    assert report.passed
    checks = {outcome.check for outcome in report.outcomes}
    assert {"vjp", "jvp", "adjoint", "second_order"} <= checks


class ReadsData(engine.Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return np.exp(self.input.data) * gy


def test_a_users_function_without_second_order_passes_and_is_told_so():
    report = check(lambda x: ReadsData()(x), np.array([0.5, 1.0]))
    assert report.passed
    [skipped] = [o for o in report.outcomes if str(o.verdict) == "SKIP"]
    assert "ReadsData has no second derivative" in skipped.reason


def test_an_operation_made_of_others_has_no_rule_to_plant_a_fault_in():
    ours = adapter("engine")
    assert ours.operation_class("subtract") is ours.operation_class("sub") is engine.Sub
    with pytest.raises(MissingOperation, match="'outer'"):
        ours.operation_class("outer")


def test_a_name_that_no_engine_has_is_a_mistake_and_no_skip():
    case = Case("c", Place(""), {"x": Input(3.0)}, function=lambda xp, x: xp.sqare(x))
    [outcome] = outcomes_of(case, "engine").values()
    assert outcome.verdict is Verdict.ERROR
    assert "no engine has an operation 'sqare'; did you mean 'square'?" in outcome.reason
