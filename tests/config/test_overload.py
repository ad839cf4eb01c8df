"""gunicorn as it is run, with more asked of it than it can answer."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.config.deployed import ROOT

AT_ONCE = 12
PATIENCE = 60


@pytest.fixture
def port(tmp_path) -> Iterator[int]:
    """Of one process with one thread, which takes a third of a second for each request."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "tests.config.slow", "--bind"]
    environ = {**os.environ, "SECRET_KEY": "x" * 60, "DATA_DIR": str(tmp_path)}
    process = subprocess.Popen([*command, f"127.0.0.1:{found}"], cwd=ROOT, env=environ)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not answers(found):
        time.sleep(0.1)
    yield found
    process.terminate()
    process.wait()


def answers(port: int) -> bool:
    try:
        return ask(port)[0] == 200
    except OSError:
        return False


def ask(
    port: int, path: str = "/", method: str = "GET", body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    finally:
        connection.close()


def test_who_waited_too_long_is_told_to_come_back_and_others_are_answered(port):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda _: ask(port), range(AT_ONCE)))

    answered = [each for each in found if each[0] == 200]
    refused = [each for each in found if each[0] == 503]
    assert len(answered) + len(refused) == AT_ONCE
    assert answered and refused
    for _, headers, body in refused:
        assert headers["Retry-After"] == "1"
        assert headers["Content-Type"] == "application/problem+json"
        assert json.loads(body)["status"] == 503
    assert ask(port)[0] == 200, "it recovers by itself"


def test_who_is_slow_to_ask_is_answered(port):
    """As browsers are, which open connections before they need them."""
    with socket.create_connection(("127.0.0.1", port)) as slow:
        time.sleep(0.8)
        slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        time.sleep(0.8)
        slow.sendall(b"Connection: close\r\n\r\n")

        assert slow.recv(100).startswith(b"HTTP/1.1 200")


def test_what_was_sent_is_read_before_it_is_refused(port):
    """A closed connection with unread bytes is reset, and the answer lost on its way."""
    body = b"x" * 300_000
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda _: ask(port, method="POST", body=body), range(AT_ONCE)))

    assert {status for status, _, _ in found} == {200, 503}


def test_probes_are_never_refused(port):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda _: ask(port, "/healthz"), range(AT_ONCE)))

    assert {status for status, _, _ in found} == {200}
