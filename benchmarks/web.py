"""The site's web processes under a benchmark, beside the services that `bin/manage` keeps up."""

import http.client
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.site import CHECKOUT

HOST: Final = "127.0.0.1"
MB: Final = 1.024e-3  # in a kB as /proc has it


class Web:
    """gunicorn with so many processes of four threads, on a port of its own."""

    def __init__(self, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind"]
        command += [f"{HOST}:{self.port}", "--workers", str(workers), "--threads", "4"]
        command += ["--no-control-socket", "--log-level", "warning", "--keep-alive", "60"]
        # One visitor may ask ten times a second; a proxy tells of as many visitors as there are
        # requests.
        self.process = subprocess.Popen(
            command, cwd=CHECKOUT, env={**os.environ, "TRUSTED_PROXIES": "1"}
        )

    @property
    def workers(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text(encoding="ascii").split()]

    def memory(self) -> list[dict[str, float]]:
        """Of each process, in MB: Rss, and its share (Pss) of what several have mapped."""
        return [pss(pid) for pid in self.workers]


def pss(pid: int) -> dict[str, float]:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    names = ("Rss", "Pss", "Pss_Anon", "Pss_File")
    return {n: int(re.findall(rf"^{n}:\s+(\d+) kB", text, re.M)[0]) * MB for n in names}


@contextmanager
def web(workers: int) -> Iterator[Web]:
    started = Web(workers)
    try:
        client = Client(started.port)
        for _ in range(600):
            try:
                client.get("/healthz")
                break
            except OSError:
                client.close()
                time.sleep(0.1)
        client.close()
        yield started
    finally:
        started.process.terminate()
        started.process.wait()


VISITORS: Final = itertools.count()


class Client:
    """One connection that is kept open, of a visitor who is new at each request."""

    def __init__(self, port: int, *, timeout: float = 60) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=timeout)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        return self.send("GET", path, None, **headers)

    def send(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.ask(method, path, body, named)
        return self.status, self.body

    def ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, http.client.HTTPMessage]:
        """Status and headers; the body is `body` until the next."""
        number = next(VISITORS)
        visitor = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self._connection.request(method, path, body, {**headers, "X-Forwarded-For": visitor})
        answer = self._connection.getresponse()
        self.status, self.body = answer.status, answer.read()
        return self.status, answer.headers

    def json(self, path: str) -> Any:
        status, body = self.get(path)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {body[:200]!r}")
        return json.loads(body)

    def close(self) -> None:
        self._connection.close()


class Load:
    """Readers that ask for one path after the other until they are stopped."""

    def __init__(self, port: int, paths: Callable[[], str], *, readers: int) -> None:
        self.seconds: list[float] = []
        self.failed: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(port, paths)) for _ in range(readers)
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self, port: int, paths: Callable[[], str]) -> None:
        client = Client(port)
        while not self._stop.is_set():
            path, started = paths(), time.perf_counter()
            try:
                status, body = client.get(path)
            except (OSError, http.client.HTTPException) as err:
                self.failed.append(f"{path}: {err!r}")
                client.close()
                continue
            self.seconds.append(time.perf_counter() - started)
            if status != 200:
                self.failed.append(f"{path}: {status} {body[:200]!r}")
        client.close()
