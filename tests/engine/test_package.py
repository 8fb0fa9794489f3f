"""The package: what it offers, and that it is itself under any name and imports NumPy only."""

import doctest
import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import engine

FOLDER = Path(engine.__file__).parent


def test_every_operation_and_its_class_are_attributes():
    for name, function in engine.OPERATIONS.items():
        assert getattr(engine, name) is function
        assert name in engine.__all__
    x = engine.Variable(np.array(3.0))
    for name, cls in [
        ("square", engine.Square),
        ("exp", engine.Exp),
        ("triple", engine.Triple),
        ("neg", engine.Neg),
        ("sum", engine.Sum),
        ("mean", engine.Mean),
        ("transpose", engine.Transpose),
    ]:
        assert type(engine.OPERATIONS[name](x).creator) is cls
    assert type((x**2).creator) is type((2**x).creator) is engine.Pow


def test_the_scope_is_there():
    scalar = {"square", "exp", "triple", "add", "sub", "mul", "div", "neg", "pow", "sin", "cos"}
    scalar |= {"tanh", "log", "sqrt", "abs", "maximum"}
    array = {"sum", "mean", "reshape", "transpose", "broadcast_to", "sum_to", "getitem", "matmul"}
    assert set(engine.OPERATIONS) >= scalar | array


def test_an_unknown_name_is_an_error_that_names_the_nearest():
    with pytest.raises(AttributeError, match=r"'engine' has no attribute 'relu6'.*'relu'"):
        _ = engine.relu6
    assert not hasattr(engine, "__wrapped__")


def test_it_works_when_loaded_by_file_location_under_another_name():
    spec = importlib.util.spec_from_file_location(
        "elsewhere._engine", FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["elsewhere"] = types.ModuleType("elsewhere")
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        assert module.Variable is not engine.Variable
        x = module.Variable(np.array(0.5))
        module.triple(np.exp(module.square(x)) * 1.0).backward()
        assert x.grad == 6.351000049838023
        loaded = [name for name in sys.modules if name.startswith("elsewhere._engine.")]
        assert "elsewhere._engine.operations.elementwise" in loaded
    finally:
        for name in [name for name in sys.modules if name.startswith("elsewhere")]:
            del sys.modules[name]


def test_importing_it_costs_little_more_than_numpy():
    """Nothing of the standard library that takes milliseconds, but where NumPy has it loaded."""
    code = (
        "import sys; import numpy; before = set(sys.modules); import engine;"
        "print(*(set(sys.modules) - before))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, cwd=FOLDER.parent, capture_output=True, text=True)
    slow = {"pathlib", "difflib", "traceback", "hashlib", "logging", "asyncio", "inspect", "urllib"}
    assert not slow & set(done.stdout.split())


def test_it_imports_numpy_only():
    code = (
        "import sys; import numpy; before = set(sys.modules); import engine;"
        "new = {m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names);"
        "assert new == {'engine'}, new"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=FOLDER.parent)


def test_the_examples_in_the_docstrings_run():
    names = {**vars(engine), "np": np}
    for module in (engine, engine.function, engine.modes, engine.transforms, engine.drawing):
        failed, _ = doctest.testmod(module, extraglobs=names, optionflags=doctest.ELLIPSIS)
        assert failed == 0
