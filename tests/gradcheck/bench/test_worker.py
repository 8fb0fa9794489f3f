"""The worker's answers, on calls that are no cases; and the process itself, on real ones."""

import gc
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
    server = Server(lambda key: CALLS[key]())
    yield server
    server.answer({"do": "close"})


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


class Node:
    """What holds itself, as graphs of some engines do."""

    alive = 0

    def __init__(self):
        self.itself = self
        type(self).alive += 1

    def __del__(self):
        type(self).alive -= 1


def test_a_workload_that_is_rearranged_is_prepared_anew_and_the_old_one_is_freed():
    prepared = []

    def prepare(key):
        prepared.append(key)
        nodes = [Node() for _ in range(500)]
        return lambda: len(nodes)

    server = Server(prepare)
    server.answer({"do": "open", "key": "nodes"})
    for _ in range(3):
        assert server.answer({"do": "rearrange"}) == {}
        assert Node.alive == 500
    assert prepared == ["nodes"] * 4
    assert "seconds" in server.answer({"do": "turn", "batches": 1, "calls": 1})
    server.answer({"do": "close"})
    assert gc.isenabled()
    gc.collect()
    assert Node.alive == 0


def test_a_workload_that_cannot_be_prepared_anew_says_so(server):
    server.answer({"do": "open", "key": "nothing"})
    server._key = "broken"
    assert server.answer({"do": "rearrange"}) == {"error": "ValueError: cannot"}


def test_requests_and_replies_are_lines(server):
    requests = ['{"do": "open", "key": "broken"}\n', '{"do": "close"}\n']
    replies = io.StringIO()
    serve(requests, replies, server)
    assert [json.loads(line) for line in replies.getvalue().splitlines()] == [
        {"error": "ValueError: cannot"},
        {},
    ]
