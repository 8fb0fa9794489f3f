"""Saved runs compared: the gate, and all that a verdict cannot be given for."""

import json
import math

import pytest

from gradcheck.bench.saved import Unreadable, compare_saved, incomparable, read_saved
from gradcheck.bench.stages import Change


def timing(ratio: float | None = 0.25, se: float = 0.004, seconds: float = 1e-3, **said):
    log = None if ratio is None else math.log(ratio)
    return {
        "stats": {"min": seconds, "median": seconds},
        "extra_info": {
            "gradcheck": {
                "case": "a.yaml::a", "engine": "engine", "phase": "backward", "case_hash": "1",
                "opcodes": 10, "log_ratio_frozen": log, "se": se, "sessions": 3, **said,
            }
        },
    }  # fmt: skip


def document(*timings, cpu: str = "A", **machine):
    described = {"python": "3.11.4", "numpy": "2.4.1", "simd": ["X"], "frozen_engine": "f"}
    return {
        "benchmarks": list(timings),
        "gradcheck": described | machine,
        "machine_info": {"cpu": {"brand_raw": cpu}},
        "commit_info": {"id": "abcdef0123456789"},
    }


@pytest.fixture
def compared(tmp_path):
    """Returns what becomes of the only timing between two documents."""

    def compare(old, new):
        runs = []
        for name, each in (("old", old), ("new", new)):
            (tmp_path / f"{name}.json").write_text(json.dumps(each))
            runs.append(read_saved(tmp_path / f"{name}.json"))
        [row] = compare_saved(*runs)
        return row

    return compare


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (1.00, Change.SAME),
        (1.04, Change.SAME),
        (1.06, Change.MAYBE),
        (1.09, Change.MAYBE),
        (1.11, Change.SLOWER),
        (0.85, Change.FASTER),
        (0.93, Change.SAME),
    ],
)
def test_ten_percent_gate_and_five_say_maybe(compared, change, verdict):
    row = compared(document(timing(0.25)), document(timing(0.25 * change)))
    assert row.change is verdict
    assert row.ratio.log_ratio == pytest.approx(math.log(change))
    assert row.sessions == 3


def test_seconds_are_shown_and_do_not_count(compared):
    row = compared(document(timing(seconds=1e-3)), document(timing(seconds=5e-3)))
    assert row.change is Change.SAME
    assert (row.ratio.old, row.ratio.new) == (1e-3, 5e-3)


def test_what_scatters_must_change_by_three_standard_deviations(compared):
    slow = timing(0.25 * 1.2)
    assert compared(document(timing(se=0.07)), document(slow)).change is Change.MAYBE
    assert compared(document(timing(se=0.04)), document(slow)).change is Change.SLOWER


def test_the_floor_of_the_deviation_is_higher_on_another_cpu(compared):
    alike = compared(document(timing()), document(timing()))
    other = compared(document(timing()), document(timing(), cpu="B"))
    vector = compared(document(timing()), document(timing(), simd=["Y"]))
    assert alike.ratio.se == 0.01
    assert other.ratio.se == vector.ratio.se == 0.025


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        ({"python": "3.12.1"}, "Python was 3.11.4 and is 3.12.1"),
        ({"numpy": "2.5.0"}, "NumPy was 2.4.1 and is 2.5.0"),
        ({"frozen_engine": "g"}, "different frozen engines"),
    ],
)
def test_of_other_surroundings_there_is_a_table_and_no_verdict(compared, machine, words):
    row = compared(document(timing()), document(timing(0.5), **machine))
    assert row.change is Change.NO_VERDICT
    assert words in row.reason
    assert row.ratio is not None


def test_another_patch_version_is_the_same_python(compared):
    assert compared(document(timing()), document(timing(), python="3.11.9")).change is Change.SAME


def test_a_changed_case_has_no_base(compared):
    row = compared(document(timing()), document(timing(9.0, case_hash="2")))
    assert (row.change, row.reason) == (Change.NO_BASE, "the case itself was changed")
    row = compared(document(), document(timing()))
    assert (row.change, row.reason) == (Change.NO_BASE, "it is not in the old file")


def test_a_timing_without_a_ratio_has_no_verdict_and_says_why(compared):
    row = compared(document(timing(None, no_ratio="no operation 'x'")), document(timing()))
    assert (row.change, row.ratio) == (Change.NO_VERDICT, None)
    assert row.reason == "no operation 'x'"
    row = compared(document(timing()), document(timing(None)))
    assert row.reason == "no ratio to the frozen engine was saved"


def test_the_floor_is_left_out_and_so_is_what_pytest_benchmark_timed_besides(tmp_path):
    other = {"stats": {"min": 1.0}, "extra_info": {}}
    file = tmp_path / "a.json"
    file.write_text(json.dumps(document(timing(engine="numpy"), other, timing())))
    saved = read_saved(file)
    assert len(saved.timings) == 2
    assert [row.engine for row in compare_saved(saved, saved)] == ["engine"]
    assert incomparable(saved, saved) == ""
    assert saved.commit == "abcdef0123"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"benchmarks": [{}]}', '{"benchmarks": []}'])
def test_another_file_is_refused_by_name(tmp_path, text):
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(Unreadable, match=r"a\.json: not a file of `gradcheck bench --json`"):
        read_saved(file)


def spoilt(part: str, key: str, value: object) -> dict:
    document_ = document(timing())
    [record] = document_["benchmarks"]
    parts = {
        "stats": record["stats"],
        "said": record["extra_info"]["gradcheck"],
        "record": record,
        "document": document_,
    }
    parts[part][key] = value
    return document_


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("stats", "min", "fast"),
        ("stats", "min", math.nan),
        ("said", "log_ratio_frozen", "x"),
        ("said", "se", None),
        ("said", "case", ["a"]),
        ("record", "stats", {}),
        ("document", "gradcheck", "x"),
        ("document", "benchmarks", {"a": 1}),
    ],
)
def test_a_damaged_file_is_unreadable(tmp_path, part, key, value):
    file = tmp_path / "a.json"
    file.write_text(json.dumps(spoilt(part, key, value)))
    with pytest.raises(Unreadable, match=r"a\.json: not a file of `gradcheck bench --json`"):
        read_saved(file)


def test_a_file_of_another_schema_is_not_guessed_at(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps(document(timing(), schema=2)))
    with pytest.raises(Unreadable, match=r"a\.json: it has schema 2, and this gradcheck reads 1"):
        read_saved(file)


def test_a_version_that_is_no_text_is_another_version(tmp_path, compared):
    row = compared(document(timing(), python=3.11), document(timing()))
    assert row.change is Change.SAME
    row = compared(document(timing(), python=None), document(timing()))
    assert "Python was unknown" in row.reason
