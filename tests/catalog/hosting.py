"""A web server of pictures on this machine, which does as each test tells it."""

import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from catalog.fetching.hosts import Hosts

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing where they have hung up, which is what many tests are about."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Site:
    """Answers by path; what it was asked is kept, as paths with their headers."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[bytes] = []  # of what was posted
        self.sent: list[tuple[str, int]] = []  # path and status
        self.closing = Event()
        self.server = Server((host, port), self._handler())

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def paths(self) -> list[str]:
        return [path for path, _headers in self.asked]

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def vouched(self, *names: str) -> Hosts:
        """The setting under which these names may be this server, whatever their numbers."""
        return Hosts(named=frozenset((name, self.port) for name in (*names, "127.0.0.1")))

    def _handler(site) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, dict(self.headers)))
                site.answers[self.path](self)

            def do_POST(self) -> None:
                site.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.do_GET()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                site.sent.append((self.path, int(code)))

            def log_message(self, *args: object) -> None:
                pass

        return Handler


@contextmanager
def serving(site: Site, *, certificate: str = "") -> Iterator[Site]:
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    thread = Thread(target=site.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        site.server.shutdown()
        site.server.server_close()
        thread.join()


@contextmanager
def nobody() -> Iterator[int]:
    """A port of 127.0.0.1 that is taken and refuses every connection."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        yield deaf.getsockname()[1]


def says(
    body: bytes = b"", *, status: int = 200, kind: str | None = "image/png", **headers: object
) -> Answer:
    """An answer with this body, and headers such as `content_length=5`."""
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    given = {"content-length": str(len(body)), **({"content-type": kind} if kind else {}), **named}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in given.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def leads_to(location: str, status: int = 302) -> Answer:
    return says(status=status, kind=None, location=location)


def keeps(body: bytes, *, etag: str) -> Answer:
    """A picture with a tag; 304 to those who know it already."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            says(status=304, kind=None, etag=etag)(handler)
        else:
            says(body, etag=etag)(handler)

    return answer


def never_ends(site: Site, piece: bytes, *, head: bytes, every: float = 0) -> Answer:
    """Sends `head`, then `piece` with `every` seconds between, for far longer than anybody waits.

    It does end, so that a test of who waits for ever fails instead of doing the same.
    """

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        try:
            handler.wfile.write(head)
            for _turn in range(200):
                if site.closing.wait(every):
                    break
                handler.wfile.write(piece)
        except OSError:
            pass  # they have hung up

    return answer
