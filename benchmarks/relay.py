"""Servers that listen on Unix sockets alone, reached by TCP from where their folders are not."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

BYTES: Final = 2**16


@contextmanager
def relay(path: Path) -> Iterator[int]:
    """The port of 127.0.0.1 that stands for this socket meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener, path), daemon=True).start()
        yield int(listener.getsockname()[1])


def accept(listener: socket.socket, path: Path) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return  # closed: the end
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(path))
        for ends in ((caller, server), (server, caller)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(BYTES):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            end.close()
