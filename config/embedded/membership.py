"""Which command owns the services of a data directory, and which others use them meanwhile.

Every command shares the lock `run/users`; one of them holds `run/owner` alone, starts the services
and stops them once it has `run/users` to itself. So nobody joins services that are just being
stopped, and a command that is killed holds nothing any more.
"""

import json
import os
import time
from collections.abc import Callable, Collection

from config.embedded.errors import InUseError
from config.embedded.locations import Locations
from config.embedded.locks import Lock

POLL_SECONDS = 0.05


class Membership:
    """One command's share in a data directory, from `enter` to `leave`.

    name : how other commands are told of this one, such as "bin/demo"
    """

    def __init__(self, locations: Locations, *, name: str) -> None:
        self._locations = locations
        self._name = f"{name} (process {os.getpid()})"
        self._owner = Lock(locations.owner_lock)
        self._users = Lock(locations.users_lock)

    @property
    def owns(self) -> bool:
        return self._owner.held

    def enter(self, services: Collection[str], *, waiting: Callable[[], None]) -> None:
        """Become the owner where there is none, else a user beside it.

        waiting : called again and again while an owner is stopping its services

        Raises InUseError where the owner runs other services than are wanted here.
        """
        self._locations.run_dir.mkdir(parents=True, exist_ok=True)
        while not self._users.try_acquire(shared=True):
            waiting()
            time.sleep(POLL_SECONDS)
        if not self.claim(services):
            self._require(services)

    def claim(self, services: Collection[str]) -> bool:
        """Become the owner unless another command is."""
        if not self._owner.try_acquire():
            return False
        self._owner.write(json.dumps({"name": self._name, "services": sorted(services)}))
        return True

    def alone(self) -> bool:
        """Whether no other command uses the services; from then on none can join."""
        return self._users.try_acquire()

    def leave(self) -> None:
        self._owner.release()
        self._users.release()

    def owner_name(self) -> str:
        return str(self._owner_entry().get("name", "another command"))

    def _owner_entry(self) -> dict[str, object]:
        try:
            entry = json.loads(self._locations.owner_lock.read_text())
        except ValueError:
            return {}  # the lock has just been taken and its file says nothing yet
        return dict(entry)

    def _require(self, services: Collection[str]) -> None:
        running = self._owner_entry().get("services", list(services))
        assert isinstance(running, list)
        missing = sorted(set(services) - set(running))
        if missing:
            raise InUseError(
                f"{self.owner_name()} uses {self._locations.data_dir} with servers of its own "
                f"choice and does not run {', '.join(missing)}: set the same DATABASE_URL and "
                "REDIS_URL here, or wait until it ends"
            )
