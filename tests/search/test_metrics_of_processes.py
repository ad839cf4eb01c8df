"""gunicorn as it is run, with the settings of gunicorn.conf.py."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.search.conftest import PATIENCE, ROOT, eventually

PROCESSES = 3


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def web(environment, port) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "--workers", str(PROCESSES)], cwd=ROOT, env=environment)
    yield process
    process.kill()
    process.wait()


def read(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return str(answer.read().decode())


def up(port: int) -> bool:
    try:
        return read(port, "/healthz") == "ok"
    except (URLError, OSError):
        return False


def children(process: subprocess.Popen) -> list[int]:
    told = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in told.split()]


def counts_of(pid: int) -> Path:
    """The folder that this process counts in, as the kernel knows it."""
    mapped = Path(f"/proc/{pid}/maps").read_text()
    (folder,) = set(re.findall(r"(/\S+/niteru-metrics-\w+)/", mapped))
    return Path(folder)


def counted(port: int) -> float:
    name = re.escape('niteru_responses_total{route="catalog-api:categories",status="200"}')
    return sum(float(value) for value in re.findall(f"^{name} (.+)$", read(port, "/metrics"), re.M))


def test_whichever_process_is_asked_tells_what_all_have_counted(web, port):
    eventually(lambda: up(port))
    for _ in range(20):
        read(port, "/api/v1/categories/")

    assert {counted(port) for _ in range(10)} == {20}

    # A process that ends takes nothing away: counters never go back.
    first = children(web)[0]
    subprocess.run(["kill", "-TERM", str(first)], check=True)
    eventually(lambda: first not in children(web) and len(children(web)) == PROCESSES)
    assert counted(port) == 20

    folder = counts_of(children(web)[0])
    assert folder.is_dir()
    web.send_signal(signal.SIGTERM)
    assert web.wait(PATIENCE) == 0
    assert not folder.exists()
