"""The frozen engine is right, is what it was, and timings are related to it."""

import numpy as np
import pytest

from gradcheck.adapters import adapter
from gradcheck.api import load_cases
from gradcheck.bench import frozen
from gradcheck.bench.frozen import FROZEN, Thawed, frozen_hash, frozen_ratios, said_of
from gradcheck.bench.ratio import Ratio
from gradcheck.bench.side import Side
from gradcheck.bench.workload import workloads
from gradcheck.errors import MissingOperation
from gradcheck.inputs import make

EXPRESSIONS = [
    "x + 2 * z - z / x",
    "1 - x * 3",
    "-(x ** 3) / 2",
    "2 / x + (1 + x) * z",
    "square(x) * triple(z) + x",
    "exp(x) * log(z) + sqrt(z)",
    "sin(x) * cos(z) + tanh(x * z)",
    "relu(x - 0.6) + sigmoid(z)",
    "sum(x * z)",
    "sum(x, axis=0) * 2.0",
    "mean(x) + sum(mean(z, axis=1))",
    "x - mean(x, axis=1, keepdims=True)",
    "tanh(x @ z) @ x",
    "softmax(x, axis=1) * z",
    "sum(add(x, x), axis=1, keepdims=True) * z",
    "x + sum(z, axis=0)",
]


def gradients(name: str, case) -> dict[str, np.ndarray]:
    passes = adapter(name).passes(case, make(case, 0))
    kept = passes.forward()
    for _ in range(2):  # the second pass starts anew
        passes.backward(kept)
    leaves = passes.leaves if name == FROZEN else passes._leaves
    return {name: leaf.grad for name, leaf in leaves.items()}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_its_gradients_are_those_of_our_engine(tmp_path, expression):
    shape = "{shape: [3, 3], distribution: uniform, low: 0.3, high: 1.5}"
    file = tmp_path / "a.yaml"
    file.write_text(
        f"cases:\n  - id: a\n    function: '{expression}'\n    inputs: {{x: {shape}, z: {shape}}}\n"
    )
    [case] = load_cases(file, root=tmp_path)
    ours, its = gradients("engine", case), gradients(FROZEN, case)
    for name, gradient in ours.items():
        if gradient is None:
            assert its[name] is None
        else:
            np.testing.assert_allclose(its[name], gradient, rtol=1e-12)


def test_single_precision_stays(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(
        "cases:\n  - {id: a, function: sum(0.5 * x), inputs: {x: {shape: [3], dtype: float32}}}\n"
    )
    [case] = load_cases(file, root=tmp_path)
    assert gradients(FROZEN, case)["x"].dtype == np.float32


def test_what_it_lacks_is_named():
    xp = adapter(FROZEN)._xp
    with pytest.raises(MissingOperation, match="the frozen engine has no operation 'warp'"):
        _ = xp.warp


def test_it_is_what_it_was():
    assert frozen_hash() == frozen.SHA256


def test_a_changed_engine_is_refused(tmp_path):
    changed = tmp_path / "frozen_engine.py"
    changed.write_text(frozen._FILE.read_text() + "\n# faster\n")
    with pytest.raises(Thawed, match=r"frozen_engine.py was changed .*put it back"):
        frozen_hash(changed)


CASES = """\
cases:
  - {id: a, function: sin(sin(x)), inputs: {x: 0.5}, benchmark: {phases: [backward, check]}}
  - {id: b, function: arctan(x), inputs: {x: 0.5}, benchmark: {phases: [forward]}}
"""


def test_ratios_of_workloads_and_why_others_have_none(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(CASES)
    every = workloads(load_cases(file, root=tmp_path))
    side = Side(str(tmp_path), [str(file)], str(tmp_path))
    found = frozen_ratios(side, every, lambda workloads, stage: workloads, sessions=1)
    backward, check, lacking = (found[w.key] for w in every)
    assert isinstance(backward, Ratio)
    assert -2.0 < backward.log_ratio < 0.0  # ours is faster
    assert "compare it with a revision" in check
    assert "no operation 'arctan'" in lacking


def test_what_is_said_of_a_ratio_in_a_file():
    assert said_of(Ratio(-0.5, 0.01, 120, 1.0, 0.6, 3)) == {
        "log_ratio_frozen": -0.5,
        "se": 0.01,
        "sessions": 3,
    }
    assert said_of("no operation")["no_ratio"] == "no operation"
