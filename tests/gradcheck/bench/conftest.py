"""What the tests of benchmarks share: a file of cases that are cheap to time."""

from pathlib import Path

import pytest

from gradcheck.api import load_cases
from gradcheck.vocabulary import Case

PYTHON = """from gradcheck import case

ALL = ["engine", "torch", "jax", "autograd"]

@case(
    inputs={"x": 0.5},
    matrix={"n": [2]},
    engines=ALL,
    benchmark={"sizes": {"n": [5, 20]}, "largest": {"check": {"n": 5}, "jax": {"n": 1}}},
)
def chain(xp, x, n):
    for _ in range(n):
        x = link(xp, x)
    return x

def link(xp, x):
    return xp.sin(x)

def forward(x):
    return x * x

def backward(y_bars, xs, ys):
    return 2 * xs[0] * y_bars[0]

case(id="rule", rule=(forward, backward), inputs={"x": [1.0, 2.0]}, benchmark={})
case(id="untimed", function="square(x)", inputs={"x": 3.0})
"""


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    path = tmp_path / "a.py"
    path.write_text(PYTHON)
    return load_cases(path, root=tmp_path)
