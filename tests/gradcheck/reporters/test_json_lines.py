import io
import json
import math
import os
import re
import stat
import sys
import threading
from pathlib import Path

import pytest

from gradcheck.reporters.json_lines import JsonLines, NoResults, outcomes_in, replacing
from gradcheck.vocabulary import Detects, Estimate, Evidence, Judgement, Outcome, Place, Verdict

ESTIMATE = Estimate(math.nan, math.inf, reason="non-finite")
EVIDENCE = Evidence("<y_bar, J x_dot>", ("x",), 1.0, ESTIMATE, 1.0, 1.0, 1.0, 2.0**-52)
OUTCOME = Outcome(
    "cases/a.yaml::b",
    "engine",
    "vjp",
    Verdict.INCONCLUSIVE,
    place=Place("cases/a.yaml", 14, 5),
    judgements=(Judgement(EVIDENCE, Verdict.INCONCLUSIVE),),
)


def lines(*outcomes: Outcome) -> list[dict]:
    stream = io.StringIO()
    writer = JsonLines(stream, seed=7)
    for outcome in outcomes:
        writer.outcome(outcome)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in stream.getvalue().splitlines()]


def test_a_header_names_schema_version_and_seed():
    [header] = lines()
    assert (header["schema"], header["version"], header["seed"]) == ("gradcheck-results", 1, 7)


def test_one_line_an_outcome_and_no_nan():
    _, record = lines(OUTCOME)
    assert record["case"] == "cases/a.yaml::b"
    assert record["verdict"] == "INCONCLUSIVE"
    assert record["place"] == "cases/a.yaml:14:5"
    estimate = record["judgements"][0]["evidence"]["estimate"]
    assert (estimate["value"], estimate["error"]) == ("nan", "inf")


def test_a_file_is_replaced_in_one_move(tmp_path: Path):
    file = tmp_path / "sub" / "results.jsonl"
    with replacing(file) as stream:
        stream.write("new")
        assert not file.exists()
    assert file.read_text() == "new"
    assert [path.name for path in file.parent.iterdir()] == ["results.jsonl"]
    assert stat.S_IMODE(file.stat().st_mode) & stat.S_IRUSR


def test_what_was_written_before_an_interruption_is_kept(tmp_path: Path):
    file = tmp_path / "results.jsonl"

    def interrupted():
        with replacing(file) as stream:
            stream.write("some")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert file.read_text() == "some"


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path: Path):
    link = tmp_path / "link"
    try:
        link.symlink_to(tmp_path / "file")
    except OSError:
        pytest.skip("no links here")
    with replacing(link) as stream:
        stream.write("new")
    assert link.is_symlink()
    assert (tmp_path / "file").read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name on this system")
def test_what_is_no_file_is_written_to_and_stays_what_it_is(tmp_path: Path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    with replacing(pipe) as stream:
        stream.write("new")
    reader.join(10)
    assert read == ["new"]
    assert pipe.is_fifo()


def test_a_folder_is_refused_by_its_name_before_anything_is_written(tmp_path: Path):
    with pytest.raises(OSError, match=re.escape(tmp_path.name)), replacing(tmp_path):
        raise AssertionError("not opened")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes longer names")
def test_a_name_too_long_for_a_temporary_one_is_told_as_it_was_given(tmp_path: Path):
    long = tmp_path / ("a" * 250)
    with pytest.raises(OSError, match=f"{long.name}'$"), replacing(long):
        raise AssertionError("not opened")


def test_outcomes_come_back_with_verdict_and_detection(tmp_path):
    detects = {"x": Detects(math.inf, 1e-3, True)}
    written = Outcome("cases/a.yaml::b", "torch", "vjp", Verdict.XPASS, detects=detects)
    with (tmp_path / "results.jsonl").open("w") as stream:
        JsonLines(stream, seed=7).outcome(written)
    assert outcomes_in(tmp_path / "results.jsonl") == [written]


@pytest.mark.parametrize("text", ["", "{}", "[]", "not JSON", '{"schema": "other", "version": 1}'])
def test_a_file_of_something_else_is_named(tmp_path, text):
    (tmp_path / "results.jsonl").write_text(text)
    with pytest.raises(NoResults, match=r"results\.jsonl: "):
        outcomes_in(tmp_path / "results.jsonl")
