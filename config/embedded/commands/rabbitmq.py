"""The RabbitMQ that tests and benchmarks talk to: a node of their own, gone when they end."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kombu import Connection
from kombu.exceptions import OperationalError

from config.embedded import processes
from config.embedded.errors import StartError

# Not the one on the path, which insists on the account and the folders of the system's server.
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PACKAGE = "rabbitmq-server"
START_SECONDS = 120  # of a machine that is busy with other tests
CONFIGURATION = """
listeners.tcp.1 = 127.0.0.1:{port}
disk_free_limit.absolute = 50MB
log.file.level = warning
"""


@contextmanager
def node(folder: Path) -> Iterator[str]:
    """A server of its own in `folder`; its address as CELERY_BROKER_URL has it.

    Raises StartError where there is none, or it does not answer.
    """
    if not SERVER.exists():
        raise StartError(f"there is no {SERVER}: install Debian's `{PACKAGE}`")
    port, distribution, names = free_ports(3)
    folder.joinpath("rabbitmq.conf").write_text(CONFIGURATION.format(port=port))
    folder.joinpath("plugins").write_text("[].\n")
    environ = {
        **os.environ,
        "HOME": str(folder),  # where nodes keep the secret by which they know each other
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_LOG_BASE": str(folder / "logs"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_NODENAME": f"niteru-{port}@localhost",
        "RABBITMQ_PID_FILE": str(folder / "pid"),
    }
    log = folder / "node.log"
    # Which nodes are where is told by a program that the first node would leave running for ever.
    daemon = str(shutil.which("epmd"))
    with running([daemon], environ, log), running([str(SERVER)], environ, log):
        url = f"amqp://guest:guest@127.0.0.1:{port}//"
        await_answer(url, log)
        yield url


@contextmanager
def running(command: list[str], environ: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        processes.kill_group(child.pid)
        child.wait()


def await_answer(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with Connection(url, connect_timeout=2) as connection:
                connection.ensure_connection(max_retries=1, timeout=2)
            return
        except (OperationalError, OSError) as err:
            if time.monotonic() > deadline:
                raise StartError(f"RabbitMQ does not start:\n{processes.tail(log)}") from err
            time.sleep(0.2)


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
