"""bin/manage: one of the project's commands, with the embedded services up meanwhile."""

import sys

from config.embedded import session
from config.embedded.commands.surroundings import CHECKOUT, data_dir, environment
from config.embedded.errors import EmbeddedError
from config.embedded.interrupts import Interrupted
from config.embedded.locations import Locations


def main() -> int:
    at = Locations(data_dir())
    command = [sys.executable, str(CHECKOUT / "manage.py"), *sys.argv[1:]]
    try:
        with session.services(at, name="bin/manage") as supervisor:
            status = supervisor.run(command, environ=environment(at))
            supervisor.interrupts.take()  # they were for the command, whose status tells the rest
            return status
    except Interrupted as err:
        return err.status
    except (EmbeddedError, OSError) as err:
        print(f"bin/manage: {err}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
