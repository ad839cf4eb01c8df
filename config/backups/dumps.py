"""The database to a file and back, by PostgreSQL's own programs."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from django.db import connection, transaction
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from config.backups.folder import CHUNK, BackupError
from config.embedded import postgres
from config.embedded.errors import EmbeddedError

Process = subprocess.Popen[bytes]

LINES_TOLD: Final = 5
# Drops what the role has made in the schema, and leaves what extensions have: a role that may
# neither drop nor make those can restore nevertheless.
EMPTY: Final = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
            WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, oid::regclass::text AS name
        FROM pg_class WHERE relnamespace = current_schema()::regnamespace
            AND relkind IN ('r', 'p', 'v', 'm', 'S') AND relowner = current_user::regrole
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
        ORDER BY relkind = 'S'  -- most sequences go with their tables, and can't before them
    LOOP
        EXECUTE format('DROP %s IF EXISTS %s CASCADE', one.kind, one.name);
    END LOOP;
    FOR one IN
        SELECT oid::regprocedure::text AS name
        FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
            AND proowner = current_user::regrole
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', one.name);
    END LOOP;
END $$"""


@contextmanager
def snapshot() -> Iterator[str]:
    """The name of a snapshot of the database; what the body reads is of the same moment."""
    with transaction.atomic(), connection.cursor() as sql:
        sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        sql.execute("SELECT pg_export_snapshot()")
        yield sql.fetchone()[0]


def dump(path: Path, *, snapshot: str) -> None:
    """Write all of the database as it was at this snapshot. Raises BackupError."""
    command = [program("pg_dump"), "--format=custom", f"--snapshot={snapshot}", f"--file={path}"]
    with tempfile.TemporaryFile("w+") as told:
        process = started([*command, database()], told=told)
        try:
            finish(process, told=told)
        finally:
            process.kill()


def restore(path: Path) -> None:
    """Have all that `dump` wrote in place of what the database holds: all of it, or nothing.

    Raises BackupError with what PostgreSQL says.
    """
    reading = [program("pg_restore"), "--no-owner", "--no-privileges", "--no-comments"]
    writing = [program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    writing += ["--file=-", database()]
    connection.close()
    with tempfile.TemporaryFile("w+") as told:
        reader = started([*reading, "--file=-", str(path)], told=told, stdout=subprocess.PIPE)
        writer = started(writing, told=told, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            # No --single-transaction: that commits at the end of the input, whoever made that end,
            # as a kernel does that kills us. Only what has come whole is committed.
            say(writer, f"BEGIN;\n{EMPTY};\n")
            hand_on(reader, writer)
            finish(reader, told=told)
            say(writer, "\nCOMMIT;\n")
        except BaseException:
            writer.kill()
            raise
        finally:
            reader.kill()
            if writer.stdin:
                with suppress(BrokenPipeError):
                    writer.stdin.close()
        finish(writer, told=told)


def hand_on(reader: Process, writer: Process) -> None:
    if reader.stdout and writer.stdin:
        with suppress(BrokenPipeError):  # psql has ended, and tells why
            shutil.copyfileobj(reader.stdout, writer.stdin, CHUNK)
        reader.stdout.close()


def say(writer: Process, text: str) -> None:
    if writer.stdin:
        with suppress(BrokenPipeError):  # psql has ended, and tells why
            writer.stdin.write(text.encode())
            writer.stdin.flush()


def started(command: Sequence[str], *, told: IO[str], **pipes: Any) -> Process:
    """A program that reaches the site's database; its password is not for others to see."""
    password = connection.get_connection_params().get("password", "")
    environ = {**os.environ, "PGPASSWORD": password} if password else None
    return subprocess.Popen(command, stderr=told, env=environ, **pipes)


def finish(process: Process, *, told: IO[str]) -> None:
    """Raises BackupError with the last that was said where the program has failed."""
    if process.wait():
        told.seek(0)
        lines = told.read().strip().splitlines()[-LINES_TOLD:]
        raise BackupError(
            "\n".join(lines) or f"PostgreSQL's program ended with {process.returncode}"
        )


def database() -> str:
    """What names it to PostgreSQL's programs, without the password."""
    told = connection.get_connection_params()
    known = {option.keyword.decode() for option in Conninfo.get_defaults()} - {"password"}
    given = {name: value for name, value in told.items() if name in known and value}
    return "--dbname=" + make_conninfo(**given)


def program(name: str) -> str:
    """One that is no older than the server: of the wheel, else of the system.

    Raises BackupError where there is none.
    """
    with connection.cursor() as sql:
        sql.execute("SELECT current_setting('server_version_num')::int / 10000")
        version = sql.fetchone()[0]
    for path in (packed(name), shutil.which(name)):
        if path and version_of(path) >= version:
            return path
    raise BackupError(f"no {name} {version} or newer: apt-get install postgresql-client-{version}")


def version_of(path: str) -> int:
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    return int(re.findall(r"\d+", told.stdout)[0])


def packed(name: str) -> str | None:
    """Of the wheel that embedded services run from, which not every system has."""
    try:
        return str(postgres.program(name))
    except EmbeddedError:
        return None
