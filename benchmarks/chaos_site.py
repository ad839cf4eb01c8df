"""The site that `benchmarks.chaos` does harm to: bin/demo, kept running as an init system would."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import psutil

from benchmarks.site import CHECKOUT
from config.embedded import orphans, postgres, valkey
from config.embedded.locations import Locations

HOST: Final = "127.0.0.1"
# Words of the command lines of what bin/demo starts.
PARTS: Final = {
    "postgres": "bin/postgres -D",
    "valkey": "valkey-server",
    "worker": "--queues celery,bulk",
    "training": "--queues training",
    "beat": "config beat",
    "web": "gunicorn config.wsgi",
}
READY: Final = re.compile(r"^(\S+Z) INFO celery\.\S+ (?:\S+ ready\.|beat: Start)", re.M)
LOG_TAIL: Final = 200_000  # bytes
FIRST_START: Final = 1800.0  # seconds, in which a large catalogue is imported and encoded
AGAIN_AFTER: Final = 1.0  # seconds, where the site ended by itself
PROBE_SECONDS: Final = 5


class Site:
    """bin/demo on a folder, started again whenever it ends, until `stop`.

    fallen : when it ended though nobody had killed it, and with which status
    """

    def __init__(self, folder: Path, port: int, catalogue: Path, log: Path) -> None:
        self.at = Locations(folder)
        self.port = port
        self.fallen: list[tuple[float, int]] = []
        self._log = log
        self._command = [sys.executable, str(CHECKOUT / "bin/demo"), "--catalog", str(catalogue)]
        self._command += ["--data", str(folder), "--port", str(port)]
        self._heard: dict[str, psutil.Process] = {}  # who has said that it is ready
        self._stopping = False
        self._killed = False
        self._process = self._spawn()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def parts(self) -> dict[str, psutil.Process]:
        """What runs now, by name; a part that is missing is down."""
        found: dict[str, psutil.Process] = {}
        try:
            children = psutil.Process(self.pid).children()
        except psutil.Error:
            return {}
        for child in children:
            try:
                line = " ".join(child.cmdline())
            except psutil.Error:
                continue
            found |= {name: child for name, words in PARTS.items() if words in line}
        return found

    def is_up(self) -> bool:
        """Whether every part runs and says that it is ready."""
        found = self.parts()
        return (
            set(found) == set(PARTS)
            and postgres.answers(self.at.postgres_socket_dir)
            and valkey.answers(self.at.valkey_socket)
            and self.is_ready()
            and all(self._said_so(name, found[name]) for name in ("worker", "training", "beat"))
        )

    def is_ready(self) -> bool:
        """Whether web finds database, broker and index well."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PROBE_SECONDS)
        try:
            connection.request("GET", "/readyz")
            return bool(json.loads(connection.getresponse().read())["status"] == "ok")
        except (OSError, ValueError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def await_start(self) -> None:
        since = time.monotonic()
        while not self.is_up():
            if self.fallen or time.monotonic() - since > FIRST_START:
                raise RuntimeError(f"the site does not start; see {self._log}")
            time.sleep(0.5)

    def kill(self) -> None:
        """kill -9 of the supervisor; it is started again at once."""
        self._killed = True
        os.kill(self.pid, signal.SIGKILL)

    def stop(self) -> list[str]:
        """Stop it as Ctrl-C does; the command lines of what goes on running all the same."""
        if not self._stopping:
            self._stopping = True
            self._process.send_signal(signal.SIGINT)
        self._keeper.join()
        return [" ".join(each.cmdline()) for each in orphans.marked(self.at.mark)]

    def _spawn(self) -> "subprocess.Popen[bytes]":
        # Readers come as many visitors, each of whom may ask ten times a second.
        environ = {**os.environ, "TRUSTED_PROXIES": "1"}
        with self._log.open("ab") as output:
            return subprocess.Popen(
                self._command,
                cwd=CHECKOUT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _keep(self) -> None:
        while True:
            status = self._process.wait()
            if self._stopping:
                return
            if not self._killed:
                self.fallen.append((time.monotonic(), status))
                time.sleep(AGAIN_AFTER)
            self._killed = False
            self._process = self._spawn()

    def _said_so(self, name: str, process: psutil.Process) -> bool:
        """Whether the end of its log has the line with which Celery's processes become ready."""
        if self._heard.get(name) == process:
            return True
        path = self.at.logs_dir / f"{name}.log"
        try:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - LOG_TAIL))
                times = READY.findall(file.read().decode(errors="replace"))
            started = process.create_time()
        except (OSError, psutil.Error):
            return False
        if not times:
            return False
        if datetime.fromisoformat(times[-1]).timestamp() < int(started):
            return False
        self._heard[name] = process
        return True


@contextmanager
def disk(folder: Path, *, size: str) -> Iterator[bool]:
    """A disk of its own at `folder` for root; else False, and it is an ordinary folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        yield False
        return
    options = f"size={size},mode=755"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "niteru-chaos", str(folder)])
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(folder)], check=True)
