"""The case library on each framework: the same functions, to rounding, as on our engine.

Only functions are evaluated here: `gradcheck run cases -e ...` checks their gradients.
"""

from pathlib import Path

import numpy as np
import pytest

from gradcheck import load_cases
from gradcheck.adapters import adapter
from gradcheck.adapters.nested import leaves_of
from gradcheck.errors import MissingOperation
from gradcheck.inputs import make
from gradcheck.runner import engines_of

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "cases").glob("*.yaml"))
ROUNDING = 1e3  # eps: beside the largest entry

# What a framework has no operation for.
LACKING = {
    "torch": {"cbrt", "delete", "nanmax", "nanmin", "nanprod", "nanstd", "nanvar", "partition"},
    "jax": set(),
    "autograd": {"avg_pool1d", "avg_pool2d", "conv1d", "conv2d", "max_pool1d", "max_pool2d"},
}
# What it has, and cannot do in this case.
BEYOND = {"torch": {"index_reversed"}, "jax": {"index_repeated"}}


@pytest.fixture(params=["torch", "jax", "autograd"], scope="module")
def engine(request):
    pytest.importorskip(request.param)
    if request.param == "torch":
        pytest.importorskip("array_api_compat")
    return request.param


def functions_of(file, engine):
    cases = load_cases([file])
    return [c for c in cases if c.function and not c.fault and engines_of(c, [engine])]


def theirs(engine, case, xs):
    framework = adapter(engine)
    with framework.session(tuple(xs.values())):
        natives = {name: framework.native(x) for name, x in xs.items()}
        return [framework.ndarray(y) for y in leaves_of(case.function(framework.xp, **natives))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_functions_are_the_same(engine, file):
    for case in functions_of(file, engine):
        xs = make(case, 0)
        ours = adapter("engine").subject(case, xs).primal(*xs.values())
        try:
            found = theirs(engine, case, xs)
        except MissingOperation:
            continue
        except (TypeError, ValueError):
            assert case.slug in BEYOND[engine]
            continue
        assert [y.shape for y in found] == [y.shape for y in ours], case.id
        for y, expected in zip(found, ours, strict=True):
            assert y.dtype == expected.dtype, case.id
            eps = np.finfo(expected.dtype).eps
            atol = ROUNDING * eps * np.max(np.abs(expected), initial=0.0)
            assert np.allclose(y, expected, rtol=ROUNDING * eps, atol=atol), case.id


def test_what_is_lacking_is_known(engine):
    functions = [case.function for file in FILES for case in functions_of(file, engine)]
    operations = {name for function in functions for name in function.operations}
    assert {name for name in operations if not _has(engine, name)} == LACKING[engine]


def _has(engine, operation):
    try:
        return getattr(adapter(engine).xp, operation) is not None
    except MissingOperation:
        return False
