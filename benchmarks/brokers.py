"""Whether work is lost when workers are killed, on each broker that the site runs on.

    python -m benchmarks.brokers [--tasks N] [--kills N] [--broker redis rabbitmq sqs] [--json FILE]

Each has a database of its own and as many products as tasks, one message each. Two workers take
them, and one after the other is ended by kill -9 and started again. Once nothing moves any more,
what is not encoded was lost by the broker; then the sweep is let in. SQS is moto's; RabbitMQ is a
node of Debian's package, which root's first run installs.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import session
from config.embedded.commands import browser, rabbitmq
from config.embedded.commands.surroundings import CHECKOUT, environment
from config.embedded.locations import Locations
from config.embedded.scratch import scratch

KINDS = ("redis", "rabbitmq", "sqs")
VISIBILITY = 15  # seconds; an hour on a site, which no benchmark waits for


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.brokers")
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--broker", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


@contextmanager
def broker(kind: str, at: Locations) -> Iterator[dict[str, str]]:
    """One that runs, as the environment names it."""
    if kind == "rabbitmq":
        browser.install([] if rabbitmq.SERVER.exists() else [rabbitmq.PACKAGE])
        folder = at.data_dir / "rabbitmq"
        folder.mkdir()
        with rabbitmq.node(folder) as url:
            yield {"CELERY_BROKER_URL": url}
    elif kind == "sqs":
        with moto() as address:
            yield {
                "CELERY_BROKER_URL": "sqs://",
                "AWS_ENDPOINT_URL": address,
                "AWS_REGION": "eu-central-1",
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "x",
            }
    else:
        yield {"CELERY_BROKER_URL": ""}  # the embedded Valkey


@contextmanager
def moto() -> Iterator[str]:
    """Amazon's services, in a process of their own: they take a whole core."""
    (port,) = rabbitmq.free_ports(1)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(5)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def measure(kind: str, options: argparse.Namespace) -> dict[str, object]:
    with scratch() as at, session.services(at, name="benchmarks.brokers") as supervisor:
        with broker(kind, at) as named:
            result = at.data_dir / "result.json"
            environ = environment(at, DEBUG="0", BROKER_VISIBILITY_SECONDS=str(VISIBILITY), **named)
            command = [sys.executable, "-m", "benchmarks.brokers_killed", str(result)]
            command += [str(options.tasks), str(options.kills)]
            status = supervisor.run(command, environ=environ, cwd=CHECKOUT)
            if status:
                sys.exit(status)
            return {"broker": kind, **json.loads(result.read_text())}


def main() -> None:
    options = arguments()
    os.environ.pop("CELERY_BROKER_URL", None)
    found = []
    for kind in options.broker:
        found.append(measure(kind, options))
        print(json.dumps(found[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
