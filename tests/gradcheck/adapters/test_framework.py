"""What torch, jax and autograd have in common, asked of each that is installed."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

from gradcheck import Verdict, check, cli
from gradcheck.adapters import ADAPTERS, adapter, unusable
from gradcheck.adapters.framework import Framework
from gradcheck.adapters.received import MISSING
from gradcheck.adapters.translations import NAMES
from gradcheck.agreement import disagreements
from gradcheck.runner import Options, run_case
from gradcheck.vocabulary import Evidence, Input
from tests.gradcheck.adapters.frameworks import (
    FUNCTIONS,
    POSITIVE,
    X,
    Z,
    case_of,
    gradient_of,
    outcomes_of,
    subject_of,
)

SECOND_ORDER = {"structure", "vjp", "jvp", "adjoint", "second_order", "purity"}


@pytest.fixture(params=["torch", "jax", "autograd"])
def engine(request):
    pytest.importorskip(request.param)
    if request.param == "torch":
        pytest.importorskip("array_api_compat")
    return request.param


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_the_operations_passes(engine, name):
    function, x = FUNCTIONS[name]
    outcomes = outcomes_of(engine, function, x=x)
    wrong = {c: (o.verdict, o.reason) for c, o in outcomes.items() if o.verdict is not Verdict.PASS}
    assert set(wrong) <= {"accumulation"}, wrong
    assert outcomes.keys() >= SECOND_ORDER


def test_gradients_agree_with_our_engine(engine):
    def function(xp, x):
        return xp.tanh(xp.matmul(x, xp.transpose(x))) / 2.0

    y_bar = np.array([[1.0, -2.0], [0.25, 0.5]])
    ours, theirs = (gradient_of(name, function, X, y_bar) for name in ("engine", engine))
    assert np.allclose(ours, theirs, rtol=1e-14)


def test_complex_gradients_follow_one_convention(engine):
    # L = |z|**2 = a**2 + b**2 has the gradient dL/da + i dL/db = 2 z.
    gradient = gradient_of(engine, lambda xp, x: xp.square(xp.abs(x)), Z, np.ones(2))
    assert np.allclose(gradient, 2 * Z, rtol=1e-14)
    real = gradient_of(engine, lambda xp, x: x * Z[0].item(), np.ones(1), np.ones(1) * 1j)
    assert real.dtype == np.float64
    assert np.allclose(real, 2.0)


def test_results_are_arrays_of_their_own_in_the_dtype_of_the_input(engine):
    x = X.astype(np.float32)
    subject = subject_of(engine, lambda xp, x: x, x=x)
    [y], [g] = subject.primal(x), subject.vjp((x,), (np.ones_like(x),))
    for array in (y, g):
        assert type(array) is np.ndarray
        assert array.dtype == np.float32
        assert array.flags.writeable
        assert not np.shares_memory(array, x)


def test_read_only_strided_and_reversed_inputs_are_taken(engine):
    x = np.arange(12.0).reshape(3, 4)[::-1, ::2]
    x.flags.writeable = False
    subject = subject_of(engine, lambda xp, x: x * x, x=x)
    assert np.array_equal(subject.primal(x)[0], x * x)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
def test_projections_are_those_of_our_engine(engine, dtype):
    def function(xp, x, y):
        return xp.exp(x) * y, xp.sum(xp.square(x) + y, axis=0)

    x, y = X.astype(dtype), POSITIVE.astype(dtype)
    several = {e: list(outcomes_of(e, function, x=x, y=y).values()) for e in ("engine", engine)}
    ours, theirs = (
        {
            (o.check, j.evidence.quantity, j.evidence.inputs): j.evidence.direction_norm
            for o in outcomes
            if o.check != "purity"
            for j in reversed(o.judgements)  # the first of those with one name is not balanced
            if isinstance(j.evidence, Evidence) and len(j.evidence.inputs) == 1
        }
        for outcomes in several.values()
    )
    assert ours == theirs
    assert len(ours) >= 4
    assert disagreements(several) == []


def test_the_state_of_numpy_and_of_warnings_is_left_as_it_was_found(engine):
    outcomes_of(engine, lambda xp, x: xp.sin(x), x=X)  # frameworks add filters when imported
    before = np.geterr(), list(warnings.filters), np.random.get_state()[1].tolist()  # noqa: NPY002
    outcomes_of(engine, lambda xp, x: xp.exp(xp.sin(x)), x=X)
    after = np.geterr(), list(warnings.filters), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert before == after


def test_what_is_not_differentiable_has_no_gradient(engine):
    still = Input(np.ones(3), differentiable=False)
    indices = np.array([0, 2, 2])
    subject = subject_of(engine, lambda xp, x, w, i: x[i] * w, x=np.ones(3), w=still, i=indices)
    found = subject.vjp(subject.xs, (np.ones(3),))
    assert subject.differentiable == (True, False, False)
    assert np.array_equal(found[0], [1.0, 0.0, 2.0])
    assert found[1:] == (None, None)


def test_an_operation_that_it_lacks_is_a_skip(engine):
    [outcome] = outcomes_of(engine, lambda xp, x: xp.fourier(x), x=X).values()
    assert (outcome.verdict, outcome.check) == (Verdict.SKIP, "case")
    assert "has no operation 'fourier'" in outcome.reason


def test_an_error_of_the_function_is_told(engine):
    def broken(xp, x):
        raise ValueError("broken on purpose")

    outcome = outcomes_of(engine, broken, x=X)["structure"]
    assert outcome.verdict is Verdict.ERROR
    assert "broken on purpose" in outcome.reason


def test_operations_have_the_engines_names(engine):
    operations = adapter(engine).operations()
    assert {"exp", "matmul", "softmax", "triple"} <= set(operations) == NAMES
    assert len(operations) == len(NAMES)
    assert callable(operations["exp"])
    with pytest.raises(KeyError):
        operations["fourier"]


def test_names_are_listed_without_importing_a_framework():
    code = (
        "import sys; from gradcheck.api import operation_names; names = operation_names(); "
        "assert 'softmax' in names; print(*sorted({'torch', 'jax', 'autograd'} & set(sys.modules)))"
    )
    found = [name for name in ("torch", "jax", "autograd") if not unusable(name)]
    if not found:
        pytest.skip("no framework is installed")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


class Absent(Framework):
    name = "frame_of_nobody"


@pytest.fixture
def absent(monkeypatch):
    list(ADAPTERS)
    monkeypatch.setitem(ADAPTERS._entries, Absent.name, Absent)
    return Absent.name


def test_a_framework_that_is_absent_is_a_skip_with_the_install_line(absent):
    [outcome] = run_case(case_of(lambda xp, x: x, x=X), absent, Options())
    assert outcome.verdict is Verdict.SKIP
    assert outcome.reason.endswith('pip install "gradcheck[frame_of_nobody]"')
    assert "sin" in adapter(absent).operations(), "cases may name what it would have"


def test_a_framework_that_is_absent_is_a_mistake_of_the_command_line(absent, tmp_path, capsys):
    file = tmp_path / "a.yaml"
    file.write_text("cases:\n  - {id: a, function: sin(x), inputs: {x: 0.5}}\n")
    code = cli.main(["run", str(file), "-e", absent, "--report-dir", str(tmp_path)])
    assert code == cli.EXIT_USAGE
    assert 'pip install "gradcheck[frame_of_nobody]"' in capsys.readouterr().err


def test_nested_inputs_are_named_as_python_writes_them(engine):
    def f(p, pair):
        return p["w"] * pair[0] + pair[1]

    report = check(f, {"w": X, "label": "text"}, [X + 1, X * 2], engine=engine)
    assert report.passed, str(report)
    assert report.detects.keys() >= {"p['w']", "pair[0]", "pair[1]"}


def test_one_nested_input_of_a_function_of_several(engine):
    report = check(lambda a, b: a * b, (X, X), engine=engine)
    assert report.verdict is Verdict.ERROR
    assert MISSING in str(report)


def test_nothing_to_differentiate_is_a_mistake(engine):
    with pytest.raises(ValueError, match="no input is to be differentiated"):
        check(lambda n: n, "text", engine=engine)
