"""An operation entered in one place, by the guide's snippet, is everywhere and is tested."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
SNIPPET = re.search(r"^```python\n(.*?)^```$", GUIDE.split("## An operation")[1], re.M | re.S)[1]

DEFINITION = SNIPPET.split("from engine import OPERATIONS")[0]

# Entered in the same way, one that NumPy has, as an operator too.
OF_NUMPY = """
import numpy as np
from engine.operations.elementwise import Elementwise
from engine.recording import operation

@operation(np.heaviside, operators=("__rshift__", "__rrshift__"), domain=(0.5, 2.0))
class Heaviside(Elementwise):
    "0 where a < 0, 1 where a > 0, b at 0: 0 da + 0 db."

    def rule(self, gy, y, a, b):
        return 0 * gy, 0 * gy

from engine import OPERATIONS, Variable, grad
x = Variable(np.array([-1.0, 2.0]))
for y in (np.heaviside(x, 0.5), OPERATIONS["heaviside"](x, 0.5), x >> 0.5, 0.5 >> x):
    assert type(y.creator) is Heaviside
assert grad(lambda x: np.sum(x >> 0.5))(x.data).tolist() == [0.0, 0.0]
"""

USES = """
import engine
from engine import OPERATIONS, Variable
from gradcheck.adapters import adapter
from gradcheck.cases.expression import Compiler

x = Variable(np.array([0.5, 1.5]))
assert engine.logcosh is OPERATIONS["logcosh"]
assert type(OPERATIONS["logcosh"](x).creator).__name__ == "LogCosh"
assert "logcosh" in adapter("engine").operations()
assert Compiler(["x"], list(OPERATIONS)).program("logcosh(x)") is not None
"""

ITS_TESTS = [
    "-q",
    "--assert=plain",
    "-p",
    "no:cacheprovider",
    "-k",
    "logcosh",
    "tests/engine/test_operations.py",
]


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, *arguments, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_guides_operation_is_a_function_and_a_name_in_expressions():
    done = run(SNIPPET + USES)
    assert done.returncode == 0, done.stderr


def test_an_operation_of_numpy_is_found_by_numpys_function_and_as_an_operator():
    done = run(OF_NUMPY)
    assert done.returncode == 0, done.stderr


def test_the_generated_tests_cover_it_without_another_edit():
    done = run(f"{DEFINITION}\nimport pytest\nraise SystemExit(pytest.main({ITS_TESTS}))")
    passed = re.search(r"^(\d+) passed, \d+ deselected", done.stdout, re.M)
    assert passed, done.stdout[-2000:] + done.stderr
    assert int(passed[1]) >= 3 * 4 + 1, "3 tests of each of 4 examples, and complex numbers"


def test_the_generated_tests_find_its_rule_wrong():
    wrong = DEFINITION.replace("tanh(x) *", "sinh(x) *")
    done = run(f"{wrong}\nimport pytest\nraise SystemExit(pytest.main({ITS_TESTS}))")
    assert done.returncode == 1
    assert re.search(r"FAILED .*second_order\[logcosh\(x\)\]", done.stdout), done.stdout[-2000:]
