"""bin/test: lint, types, import rules, migrations and every test, on services of their own."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from config.embedded import session
from config.embedded.commands import browser
from config.embedded.commands.surroundings import CHECKOUT, environment
from config.embedded.errors import EmbeddedError
from config.embedded.interrupts import Interrupted
from config.embedded.locations import Locations
from config.embedded.scratch import scratch
from config.embedded.supervisor import Supervisor

TOTAL = 9
PROCESSES = 4  # at most; each may load TensorFlow and hold a Chromium, 3 GB together


def checks(arguments: list[str]) -> dict[str, list[str]]:
    """Each check's name and command; arguments are for the last, pytest."""
    tools = Path(sys.executable).parent
    return {
        "Lint": [str(tools / "ruff"), "check", "--quiet"],
        "Format": [str(tools / "ruff"), "format", "--check", "--quiet"],
        "Types": [str(tools / "mypy"), "--no-error-summary"],
        "Import rules": [str(tools / "lint-imports"), "--no-logo"],
        "Migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        "Tests": [sys.executable, "-m", "pytest", *together(), *arguments],
    }


def together() -> list[str]:
    """Options of pytest by which several processes share the tests.

    Long tests lie side by side in their files, so that a process whose part is done takes over
    from the end of another's.
    """
    processes = min(os.cpu_count() or 1, PROCESSES)
    return ["--numprocesses", str(processes), "--dist", "worksteal"] if processes > 1 else []


def run(at: Locations, arguments: list[str]) -> list[str]:
    """Run every check, whatever becomes of the others; the names of those that failed."""
    since = time.monotonic()
    tell(2, f"Chromium … {browser.ensure()}", since)
    since = time.monotonic()
    with session.services(at, name="bin/test", durable=False) as supervisor:
        tell(3, "PostgreSQL and Valkey", since)
        environ = environment(at, DEBUG="0", **addresses(at))
        return [
            name
            for number, (name, command) in enumerate(checks(arguments).items(), start=4)
            if not passes(supervisor, number, name, command, environ)
        ]


def addresses(at: Locations) -> dict[str, str]:
    """The servers by name, for tests whose processes have data directories of their own."""
    own = {"DATABASE_URL": at.postgres_url, "REDIS_URL": at.redis_url}
    return {name: os.environ.get(name) or url for name, url in own.items()}


def passes(
    supervisor: Supervisor,
    number: int,
    name: str,
    command: list[str],
    environ: Mapping[str, str],
) -> bool:
    since = time.monotonic()
    status = supervisor.run(command, environ=environ, cwd=CHECKOUT)
    supervisor.interrupts.check()
    tell(number, name if status == 0 else f"{name} FAILED (status {status})", since)
    return status == 0


def tell(number: int, text: str, since: float) -> None:
    print(f"[{number}/{TOTAL}] {text} … {time.monotonic() - since:.1f} s", flush=True)


def main() -> int:
    try:
        with scratch() as at:
            failed = run(at, sys.argv[1:])
    except (Interrupted, KeyboardInterrupt) as err:
        return err.status if isinstance(err, Interrupted) else 130
    except (EmbeddedError, OSError) as err:
        print(f"bin/test: {err}", file=sys.stderr)
        return 1
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
