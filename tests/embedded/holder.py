"""Holds the services of a data directory up until its standard input ends."""

import sys
from pathlib import Path

from config.embedded import session
from config.embedded.interrupts import Interrupted
from config.embedded.locations import Locations


def main() -> None:
    at = Locations(Path(sys.argv[1]))
    with session.services(at, name="holder", durable=False) as supervisor:
        print("up", flush=True)  # noqa: T201
        supervisor.run(["cat"], environ={"PATH": "/usr/bin:/bin"})
        supervisor.interrupts.check()


if __name__ == "__main__":
    try:
        main()
    except Interrupted as err:
        sys.exit(err.status)
