import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradcheck.cases import Loaded, MissingPath, load

GOOD = "cases:\n  - {id: a, function: exp(x), inputs: {x: 1}}\n"
MATRIX = """\
cases:
  - {id: a, function: exp(x) * $n, inputs: {x: 1}, matrix: {n: [1, 2]}}
  - {id: b, function: exp(x), inputs: {x: 1}}
"""
PYTHON = "from gradcheck import case\ncase(id='p', function='exp(x)', inputs={'x': 1})\n"

Load = Callable[..., Loaded]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    def loaded(*paths: str, **options: Any) -> Loaded:
        named = [str(tmp_path / path) for path in paths]
        names: dict[str, Any] = {"operations": ["exp"], "checks": ["vjp"], "engines": ["engine"]}
        return load(named, root=tmp_path, **names, **options)

    return loaded


def ids(loaded: Loaded) -> list[str]:
    return [case.id for case in loaded.cases]


def test_a_folder_is_searched_in_order(tmp_path: Path, loaded: Load) -> None:
    for name in ("z.yml", "b/y.yaml", "a.yaml", "c/d/e.yaml"):
        path = tmp_path / "cases" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD)
    (tmp_path / "cases" / "b" / "p.py").write_text(PYTHON)
    assert ids(loaded("cases")) == [
        "cases/a.yaml::a",
        "cases/z.yml::a",
        "cases/b/p.py::p",
        "cases/b/y.yaml::a",
        "cases/c/d/e.yaml::a",
    ]


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.yaml",
        ".hidden/a.yaml",
        "__pycache__/a.yaml",
        "case.schema.yaml",
        "case.schema.json",
        "notes.txt",
        "_helper.py",
        "conftest.py",
        "test_x.py",
        "x_test.py",
    ],
)
def test_what_a_folder_may_hold_beside_cases(tmp_path: Path, loaded: Load, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("import gradcheck\nraise ValueError\n")
    assert loaded(".") == Loaded((), ())


def test_python_in_a_folder_that_does_not_import_us_is_not_run(
    tmp_path: Path, loaded: Load
) -> None:
    (tmp_path / "script.py").write_text("# gradcheck\nraise ValueError\n")
    assert loaded(".") == Loaded((), ())


def test_yaml_in_a_folder_without_cases_is_a_mistake(tmp_path: Path, loaded: Load) -> None:
    (tmp_path / "a.yaml").write_text("other: 1\n")
    assert [str(mistake) for mistake in loaded(".").mistakes][-1] == (
        "a.yaml:1:1: the file lacks the key 'cases'"
    )


def test_one_case_or_one_variant_can_be_asked_for(tmp_path: Path, loaded: Load) -> None:
    (tmp_path / "a.yaml").write_text(MATRIX)
    assert ids(loaded("a.yaml::a")) == ["a.yaml::a[1]", "a.yaml::a[2]"]
    assert ids(loaded("a.yaml::a[2]")) == ["a.yaml::a[2]"]
    assert ids(loaded("a.yaml::b", "a.yaml::a[1]")) == ["a.yaml::a[1]", "a.yaml::b"]
    assert len(loaded("a.yaml::b", "a.yaml").cases) == 3
    assert len(loaded("a.yaml", "a.yaml::b").cases) == 3


def test_a_file_is_loaded_once(tmp_path: Path, loaded: Load) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    assert ids(loaded(".", "a.yaml", "./a.yaml")) == ["a.yaml::a"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("b.yaml", "no file or folder .*; did you mean 'a.yaml'"),
        ("missing/b.yaml", "no file or folder"),
        ("a.yaml::aa", r"no case 'aa' in .*a\.yaml'"),
        ("a.yaml::a[3]", r"no case 'a\[3\]' in .*; did you mean 'a\[2\]'"),
        ("notes.txt", "is no case file: .yaml, .yml or .py"),
        ("a.yaml::", "'.*a.yaml::' names no case: expected a file, '::' and the case's id"),
        (".::a", "is a folder: name the file in it that holds 'a'"),
    ],
)
def test_what_is_not_there_is_no_mistake_of_a_file(
    tmp_path: Path, loaded: Load, path: str, message: str
) -> None:
    (tmp_path / "a.yaml").write_text(MATRIX)
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(MissingPath, match=message):
        loaded(path)


def test_a_case_with_a_mistake_is_not_called_missing(tmp_path: Path, loaded: Load) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("exp(x)", "exq(x)"))
    assert len(loaded("a.yaml::a").mistakes) == 1


def test_mistakes_of_all_files_come_at_once(tmp_path: Path, loaded: Load) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD.replace("exp(x)", "exq(x)"))
    (tmp_path / "c.py").write_text("import gradcheck\n1 / 0\n")
    assert [mistake.place.path for mistake in loaded(".").mistakes] == ["a.yaml", "b.yaml", "c.py"]


def test_without_python_folders_leave_it_out_and_a_named_file_is_refused(
    tmp_path: Path, loaded: Load
) -> None:
    (tmp_path / "p.py").write_text(PYTHON)
    assert loaded(".", python=False) == Loaded((), ())
    (mistake,) = loaded("p.py", python=False).mistakes
    assert str(mistake) == "p.py: a Python case file is code, and is refused here"


def test_paths_outside_of_the_root_are_shown_whole(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    root = tmp_path / "root"
    root.mkdir()
    made = load([tmp_path / "a.yaml"], root=root, operations=["exp"], checks=[], engines=[])
    assert ids(made) == [f"{(tmp_path / 'a.yaml').as_posix()}::a"]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(tmp_path: Path, loaded: Load, enabled: bool) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (gc.enable if enabled else gc.disable)()
    try:
        loaded("a.yaml")
        assert gc.isenabled() is enabled
        with pytest.raises(MissingPath):
            loaded("a.yaml::q")
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


def test_case_comes_without_yaml_and_pydantic() -> None:
    code = (
        "import sys; from gradcheck.cases import case; "
        "sys.exit(bool({'yaml', 'pydantic', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_attributes_of_the_package_are_errors() -> None:
    import gradcheck.cases

    with pytest.raises(AttributeError, match="nothing"):
        _ = gradcheck.cases.nothing
