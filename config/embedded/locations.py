"""Where the embedded services keep their files. Standard library only: the settings import this."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config.embedded.accounts import reachable_by_others

# Postgres refuses to run as root, and the account it runs as instead may be unable to reach
# a data directory under root's home; its cluster then lies here.
SYSTEM_DIR = Path("/var/lib/niteru")

# A Unix socket's path holds about 107 bytes (103 on macOS), so sockets lie under a short name
# and not in the data directory. Not tempfile.gettempdir(): TMPDIR differs between two shells
# that must find the same servers.
SOCKETS_DIR = Path("/tmp")


@dataclass(frozen=True)
class Locations:
    """Every path follows from the data directory and the user, so that two commands agree."""

    data_dir: Path

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that stand for the data directory in short paths."""
        name = os.fsencode(os.path.realpath(self.data_dir))
        return hashlib.sha256(name).hexdigest()[:12]

    @property
    def mark(self) -> str:
        """NAME=VALUE in the environment of the services and of all that they start."""
        return f"NITERU_SERVICES={self.digest}"

    @property
    def system_dir(self) -> Path:
        return SYSTEM_DIR / self.digest

    @property
    def postgres_data(self) -> Path:
        """The cluster: one that exists wins, whatever has become of the permissions meanwhile."""
        near = self.data_dir / "postgres"
        if os.geteuid() != 0 or near.exists():
            return near
        far = self.system_dir / "postgres"
        if far.exists() or not reachable_by_others(self.data_dir):
            return far
        return near

    @property
    def socket_dir(self) -> Path:
        return SOCKETS_DIR / f"niteru-{os.geteuid()}-{self.digest}"

    @property
    def postgres_socket_dir(self) -> Path:
        return self.socket_dir / "pg"

    @property
    def postgres_url(self) -> str:
        return f"postgresql://niteru@/niteru?host={quote(str(self.postgres_socket_dir))}"

    @property
    def valkey_dir(self) -> Path:
        return self.data_dir / "valkey"

    @property
    def valkey_socket(self) -> Path:
        return self.socket_dir / "valkey.sock"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.valkey_socket}?db=0"

    @property
    def run_dir(self) -> Path:
        """Locks and the list of processes: worth nothing once no command runs."""
        return self.data_dir / "run"

    @property
    def owner_lock(self) -> Path:
        """Held by the one command that owns the services of this data directory."""
        return self.run_dir / "owner"

    @property
    def users_lock(self) -> Path:
        """Shared by every command that uses them."""
        return self.run_dir / "users"

    @property
    def processes_file(self) -> Path:
        """What the owner started, for the next one to end if this one is killed."""
        return self.run_dir / "processes.json"

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def secret_key_file(self) -> Path:
        return self.data_dir / "secret_key"
