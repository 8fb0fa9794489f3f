import sys

from gradcheck.adapters.engine import engine_module
from gradcheck.reading import find_root, operation_names, read_cases

CASES = """\
from engine import Variable
from gradcheck import case

@case(inputs={"x": 0.5})
def sine(xp, x):
    assert isinstance(x, Variable)
    return xp.sin(x)
"""


def test_the_root_is_the_nearest_folder_with_a_project_file(tmp_path):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_root(below) == below
    (tmp_path / "a" / "tox.ini").touch()
    assert find_root(below) == tmp_path / "a"
    (tmp_path / "a" / "b" / "pytest.ini").touch()
    assert find_root(below) == below


def test_operations_of_all_engines_may_be_used_be_they_installed_or_not():
    assert {"sin", "matmul"} <= set(operation_names())
    assert "erf" in operation_names(), "an operation of frameworks alone"


def test_cases_get_our_engine_and_come_with_the_mistakes_beside_them(tmp_path):
    (tmp_path / "a.py").write_text(CASES)
    (tmp_path / "b.yaml").write_text("cases:\n  - {id: b, inputs: {x: 1}}\n")
    loaded = read_cases([str(tmp_path)], tmp_path)
    [case] = loaded.cases
    assert case.id == "a.py::sine"
    assert case.function.__globals__["Variable"] is engine_module().Variable
    assert [mistake.place.path for mistake in loaded.mistakes] == ["b.yaml"]
    assert read_cases([str(tmp_path)], tmp_path, python=False).cases == ()


def test_a_python_file_imports_what_stands_at_the_root_and_no_package_is_hidden(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (tmp_path / "at_the_root.py").write_text("X = 0.5\n")
    (tmp_path / "colorsys.py").write_text("raise SystemExit\n")
    (tmp_path / "cases").mkdir()
    text = CASES.replace("from engine", "import colorsys\nfrom at_the_root import X\nfrom engine")
    (tmp_path / "cases" / "a.py").write_text(text.replace("0.5", "X"))
    loaded = read_cases([str(tmp_path / "cases")], tmp_path)
    assert loaded.mistakes == ()
    assert loaded.cases[0].inputs["x"].data == 0.5
