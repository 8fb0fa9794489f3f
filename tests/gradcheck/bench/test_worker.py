"""The worker's answers, on calls that are no cases; and the process itself, on real ones."""

import io
import json

import pytest

from gradcheck.bench.worker import Server, serve
from gradcheck.bench.workload import Unmeasurable
from gradcheck.errors import MissingOperation


def raising(error: BaseException):
    def prepare():
        raise error

    return prepare


CALLS = {
    "nothing": lambda: lambda: None,
    "lacking": raising(MissingOperation("no operation 'warp'")),
    "unmeasurable": raising(Unmeasurable("not installed")),
    "broken": raising(ValueError("cannot")),
    "leaving": raising(SystemExit(3)),
    "late": lambda: raising(KeyError("late")),
}


@pytest.fixture
def server():
    return Server(lambda key: CALLS[key]())


def test_a_workload_is_opened_timed_counted_and_closed(server):
    assert server.answer({"do": "open", "key": "nothing"})["seconds"] < 1e-3
    assert 0 < server.answer({"do": "turn", "batches": 5, "calls": 10})["seconds"] < 1e-3
    assert server.answer({"do": "opcodes"})["count"] > 0
    assert server.answer({"do": "close"}) == {}
    assert "no workload is open" in server.answer({"do": "turn", "batches": 1, "calls": 1})["error"]


@pytest.mark.parametrize(
    ("key", "reply"),
    [
        ("lacking", {"lacks": "no operation 'warp'"}),
        ("unmeasurable", {"lacks": "not installed"}),
        ("broken", {"error": "ValueError: cannot"}),
        ("leaving", {"error": "SystemExit: 3"}),
        ("late", {"error": "KeyError: 'late'"}),
    ],
)
def test_what_cannot_be_done_is_an_answer(server, key, reply):
    assert server.answer({"do": "open", "key": key}) == reply
    assert "seconds" in server.answer({"do": "open", "key": "nothing"})


def test_requests_and_replies_are_lines(server):
    requests = ['{"do": "open", "key": "broken"}\n', '{"do": "close"}\n']
    replies = io.StringIO()
    serve(requests, replies, server)
    assert [json.loads(line) for line in replies.getvalue().splitlines()] == [
        {"error": "ValueError: cannot"},
        {},
    ]
