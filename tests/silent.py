"""A server that takes connections and never says a word."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


class Silent:
    """Nothing accepts its connections, which whoever makes them doesn't learn."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port: int = listener.getsockname()[1]

    def connections(self) -> int:
        """How many were made since this was asked last."""
        self._listener.setblocking(False)
        found = 0
        while True:
            try:
                self._listener.accept()[0].close()
            except BlockingIOError:
                return found
            found += 1


@contextmanager
def listening() -> Iterator[Silent]:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        yield Silent(listener)
