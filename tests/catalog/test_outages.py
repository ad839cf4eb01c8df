"""What a process knows of a server that is away."""

import time

from catalog import outages
from catalog.outages import Outage

PATIENCE = 30


def ended(outage: Outage) -> bool:
    until = time.monotonic() + PATIENCE
    while outage.is_on and time.monotonic() < until:
        time.sleep(0.05)
    return not outage.is_on


def test_it_ends_when_the_server_answers_whatever_asking_it_raised_before(monkeypatch):
    monkeypatch.setattr(outages, "ASK_EVERY", 0.01)
    asked = 0

    def ask() -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise ZeroDivisionError("a fault of ours")
        return asked == 4

    outage = Outage("the server")
    outage.begin(ask, reason="a test")

    assert outage.is_on
    assert ended(outage)


def test_a_new_process_can_begin_one_though_its_parent_was_about_to():
    outage = Outage("the server")
    with outage._lock:  # as another thread holds it while the parent forks
        outage.forget()

        outage.begin(lambda: True, reason="a test")

        assert outage.is_on
    outage.forget()


def test_one_that_fails_again_whenever_it_has_answered_is_asked_less_and_less_often(monkeypatch):
    monkeypatch.setattr(outages, "ASK_EVERY", 0.02)
    asked = 0

    def ask() -> bool:
        nonlocal asked
        asked += 1
        return True

    outage = Outage("the server", afterwards=lambda: outage.begin(ask, reason="a test"))
    outage.begin(ask, reason="a test")

    time.sleep(2)
    outage.forget()
    assert 1 < asked < 10  # of a hundred
