"""A server's stand-in on the network, which may refuse or fall silent as the real one would."""

import contextlib
import socket
import threading
from collections.abc import Iterator

PIECE = 1 << 16


class Relay:
    """Hands bytes on between whoever connects to `port` and the server at a Unix socket."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._flows = threading.Event()
        self._flows.set()
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.asked = 0  # connections that were taken
        self.answer()

    def answer(self) -> None:
        """As the server does."""
        self._flows.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def fall_silent(self) -> None:
        """Take everything and answer nothing, on connections old and new."""
        self._flows.clear()

    def refuse(self) -> None:
        """As where no process is left: connections end, and there is nobody to take new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()
        self._flows.set()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                asking, _ = listener.accept()
                self.asked += 1
                threading.Thread(target=self._connect, args=(asking,), daemon=True).start()

    def _connect(self, asking: socket.socket) -> None:
        self._open.append(asking)
        self._flows.wait()
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._path)
        self._open.append(server)
        for source, target in ((asking, server), (server, asking)):
            threading.Thread(target=self._hand_on, args=(source, target), daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                self._flows.wait()
                target.sendall(piece)
            target.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def relayed(path: str) -> Iterator[Relay]:
    relay = Relay(path)
    try:
        yield relay
    finally:
        relay.refuse()
