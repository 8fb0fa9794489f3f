"""Signals within a block."""

import os
import signal
import sys
import threading

import pytest

from gradcheck.signals import deaf, terminable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_what_stops_a_job_is_an_interrupt_and_the_handler_returns(name):
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), terminable():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_what_is_ignored_as_under_nohup_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with terminable():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_nothing_stops_a_deaf_block(name):
    with deaf():
        os.kill(os.getpid(), getattr(signal, name))


def test_a_thread_leaves_signals_alone():
    raised = []

    def enter():
        try:
            with terminable():
                pass
        except ValueError as error:
            raised.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert raised == []
