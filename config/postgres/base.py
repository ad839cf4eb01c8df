"""Django's PostgreSQL with a client that gives up a server which is silent.

A server that is stopped, or cut off, takes connections and statements and answers neither. So a
statement that takes long has another connection ask whether the server lives: while it does, any
statement may take as long as it likes. Once it is known to be away, nobody waits for it.
"""

import re
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import _WaitTimeout

from catalog.outages import Outage

SILENCE_SECONDS: Final = 3.0  # after which a statement is worth the question
CONNECT_SECONDS: Final = 3  # unless DATABASE_URL says otherwise
PATIENCE: Final = {"connect_timeout": 2}  # the least that libpq knows, in seconds

# Of 57P, which is no more than a text where a connection is refused.
SAID: Final = re.compile(r"\S:  \S")
COMING_OR_GOING: Final = ("starting up", "shutting down", "in recovery mode")

server: Final = Outage("the database")


class Connection(psycopg.Connection[Any]):
    """One that asks again whether its server lives."""

    parameters: dict[str, Any]

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Raises OperationalError where the server is silent, and closes the connection."""
        if timeout is not None or not hasattr(self, "parameters"):
            return super().wait(gen, interval, timeout)
        while True:
            try:
                return super().wait(gen, interval, SILENCE_SECONDS)
            except _WaitTimeout:
                if not lives(self.parameters):
                    self.pgconn.finish()
                    server.begin(partial(answers, self.parameters), reason="it is silent")
                    raise psycopg.OperationalError("the database is silent") from None


class DatabaseWrapper(base.DatabaseWrapper):
    # psycopg with one function of it replaced; Django asks its driver for nothing else than
    # this and the classes of errors.
    # Looked up at each call, for who puts something around it, as OpenTelemetry does.
    Database: Any = SimpleNamespace(
        **{**vars(psycopg), "connect": lambda *args, **told: Connection.connect(*args, **told)}
    )

    def get_connection_params(self) -> dict[str, Any]:
        return {"connect_timeout": CONNECT_SECONDS, **super().get_connection_params()}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if server.is_on:
            raise psycopg.OperationalError("the database has not answered; it is asked meanwhile")
        try:
            connection = super().get_new_connection(conn_params)
        except psycopg.OperationalError as err:
            # One that refuses for want of connections, or for a wrong name, is there.
            if not is_answer(err):
                server.begin(partial(answers, conn_params), reason=err)
            raise
        connection.parameters = conn_params
        return connection

    def is_usable(self) -> bool:
        return not server.is_on and super().is_usable()


def lives(parameters: dict[str, Any]) -> bool:
    """Whether the server answers anything but that it starts or ends.

    That it has too many connections, or knows no such database, is an answer.
    """
    try:
        psycopg.connect(**{**parameters, **PATIENCE}).close()
    except psycopg.OperationalError as err:
        return is_answer(err)
    return True


def is_answer(err: psycopg.OperationalError) -> bool:
    """Whether these are words of a server, and not libpq's own of one that it did not reach.

    libpq hands them on without their code, as "FATAL:  too many", in the server's language.
    """
    text = str(err)
    return bool(SAID.search(text)) and not any(word in text for word in COMING_OR_GOING)


def answers(parameters: dict[str, Any]) -> bool:
    """Whether it takes connections."""
    try:
        psycopg.connect(**{**parameters, **PATIENCE}).close()
    except psycopg.OperationalError:
        return False
    return True
