import asyncio
import gc
import threading

import numpy as np
import pytest

import engine
from engine import Variable, modes, no_grad, square, without_collector


def test_nothing_is_recorded_inside():
    x = Variable(np.array(3.0))
    with no_grad():
        y = square(x) + x
        z = engine.sum(Variable(np.ones(3)))
        w = engine.Square()(x)
    assert y.data == 12.0
    assert y.creator is z.creator is w.creator is None
    assert square(x).creator is not None


def test_blocks_nest_and_end_on_an_exception():
    x = Variable(np.array(3.0))
    with no_grad():
        with pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        assert square(x).creator is None
    assert square(x).creator is not None
    assert modes.paused == 0


def test_it_serves_as_a_decorator():
    @no_grad()
    def value(x):
        return square(x)

    for _ in range(2):
        assert value(Variable(np.array(3.0))).creator is None


def test_other_threads_go_on_recording():
    inside, done = threading.Event(), threading.Event()
    creators = []

    def record():
        inside.wait(10)
        creators.append(square(Variable(np.array(3.0))).creator)
        done.set()

    thread = threading.Thread(target=record)
    thread.start()
    with no_grad():
        inside.set()
        assert done.wait(10)
        assert square(Variable(np.array(3.0))).creator is None
    thread.join()
    assert type(creators[0]) is engine.Square


def test_other_tasks_go_on_recording():
    async def pause(inside, leave):
        with no_grad():
            inside.set()
            await leave.wait()

    async def main():
        inside, leave = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(pause(inside, leave))
        await inside.wait()
        creator = square(Variable(np.array(3.0))).creator
        leave.set()
        await task
        return creator

    assert type(asyncio.run(main())) is engine.Square


def test_the_collector_rests_until_the_last_block_ends_and_comes_back_as_it_was():
    assert gc.isenabled()
    with without_collector():
        with pytest.raises(ZeroDivisionError), without_collector():
            raise ZeroDivisionError
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
