"""A process that is asked to stop: once politely, twice with haste."""

import os
import signal
import threading
import time

import pytest

from stage_engine.signals import HurryError, Signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_wish_is_noted_and_interrupts_nothing(number: signal.Signals) -> None:
    signals = Signals()
    with signals.listening(), signals.interruptible():
        os.kill(os.getpid(), number)
        assert signals.is_asked


def test_the_second_wish_interrupts_the_work() -> None:
    signals = Signals()
    with signals.listening():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(HurryError), signals.interruptible():
            os.kill(os.getpid(), signal.SIGTERM)
        assert signals.asked == 2


def test_after_the_work_no_wish_interrupts() -> None:
    signals = Signals()
    with signals.listening():
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
        assert signals.asked == 3


def test_an_interrupted_worker_is_interrupted_once() -> None:
    signals = Signals()
    with signals.listening():
        os.kill(os.getpid(), signal.SIGTERM)
        with signals.interruptible():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except HurryError:
                os.kill(os.getpid(), signal.SIGTERM)
        assert signals.asked == 3


def test_afterwards_the_signals_mean_what_they_meant() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with Signals().listening():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_wish_ends_the_sleep() -> None:
    signals = Signals()
    with signals.listening():
        timer = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGTERM])
        timer.start()
        began = time.monotonic()
        signals.sleep(30)
        signals.sleep(30)
        assert time.monotonic() - began < 20
        timer.join()


def test_without_a_wish_the_sleep_lasts() -> None:
    signals = Signals()
    with signals.listening():
        began = time.monotonic()
        signals.sleep(0.02)
    assert time.monotonic() - began >= 0.02
