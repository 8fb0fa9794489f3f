"""Who may import whom: imports go down one table, and only level 6 prints."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HARNESS = ROOT / "gradcheck"

# A module may import its own level and those above it in this list.
LEVELS = [
    [
        *("vocabulary", "errors", "registry", "entry", "detection", "timing", "plain"),
        *("quoting", "imports", "signals"),
    ],
    ["numeric", "inputs"],
    ["cases", "adapters"],
    ["checks", "judge", "localise", "group_testing", "diagnosis", "expectation", "agreement"],
    ["runner", "options", "selection", "reading", "executors", "bench"],
    ["reporters", "api", "compat"],
    [
        *("cli", "collection", "settings", "arguments", "commands", "streams", "__main__"),
        *("pytest_plugin", "pytest_report", "pytest_files", "pytest_benchmarks", "pytest_session"),
        "pytest_engines",
    ],
]
LEVEL_OF = {name: level for level, names in enumerate(LEVELS) for name in names}
MODULES = sorted(HARNESS.rglob("*.py"))
ENGINE = sorted((ROOT / "engine").rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def part_of(path: Path) -> str:
    """The name in the table that a module belongs to; empty for the package's own __init__."""
    first = path.relative_to(HARNESS).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it, but not what only types need."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.unparse(branch.test)
        for node in ast.walk(branch)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_imports_go_down_the_table(path):
    part = part_of(path)
    if not part:
        return
    for name in imported(path):
        match = re.match(r"gradcheck\.(\w+)", name)
        target = match.group(1) if match else ""
        if target in LEVEL_OF:
            assert LEVEL_OF[target] <= LEVEL_OF[part], f"{part} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_module_stands_in_the_table(path):
    assert part_of(path) in {"", *LEVEL_OF}


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_the_engine_adapter_knows_the_engine(path):
    uses = {name.partition(".")[0] for name in imported(path)}
    assert "engine" not in uses, "adapters/engine.py finds it by its place"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_the_command_line_prints(path):
    calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    prints = [n.lineno for n in calls if isinstance(n.func, ast.Name) and n.func.id == "print"]
    assert LEVEL_OF.get(part_of(path)) == 6 or not prints


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_yaml_is_known_to_cases_alone(path):
    uses = {name.partition(".")[0] for name in imported(path)}
    assert part_of(path) == "cases" or not uses & {"yaml", "pydantic"}


@pytest.mark.parametrize("path", ENGINE, ids=relative)
def test_the_engine_imports_numpy_only(path):
    uses = {name.partition(".")[0] for name in imported(path)}
    assert uses <= sys.stdlib_module_names | {"numpy"}


@pytest.mark.parametrize("path", [*MODULES, *ENGINE], ids=relative)
def test_files_and_functions_stay_small(path):
    text = path.read_text()
    assert text.count("\n") <= 400
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, functions):
            length = node.end_lineno - node.lineno + 1
            # The reverse walk is one loop on purpose: a call a node would double its time.
            assert length <= 50 or node.name == "_propagate", f"{node.name}: {length} lines"


def test_the_table_names_what_is_there():
    parts = {part_of(path) for path in MODULES} - {""}
    assert parts == set(LEVEL_OF)
