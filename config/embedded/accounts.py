"""Who runs Postgres: the user himself, or `nobody` where the user is root."""

import os
import pwd
import stat
from pathlib import Path
from typing import NamedTuple

from config.embedded.errors import EmbeddedError

NOBODY = "nobody"


class Account(NamedTuple):
    uid: int
    gid: int


def service_account() -> Account | None:
    """The account to change to before Postgres starts; None means none.

    Raises EmbeddedError where root has no such account to change to.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NOBODY)
    except KeyError as err:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and this machine has no user `nobody` to run it as: "
            "start again as an ordinary user, or name a server of your own in DATABASE_URL"
        ) from err
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def reachable_by_others(path: Path) -> bool:
    """Whether any user may enter `path`, or would if the missing part of it were made."""
    resolved = Path(os.path.realpath(path))
    existing = (folder for folder in (resolved, *resolved.parents) if folder.exists())
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in existing)
