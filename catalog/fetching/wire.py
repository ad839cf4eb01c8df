"""A connection to exactly the number that was looked at, whose every wait ends."""

import io
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

from django.utils.translation import gettext as _

from catalog.errors import PictureError
from catalog.fetching.hosts import Hosts
from catalog.fetching.limits import Deadline, Limits
from catalog.fetching.networks import is_public
from catalog.fetching.targets import Target

Resolve = Callable[[str, int], list[str]]


class Dial(Protocol):
    def __call__(self, address: tuple[str, int], timeout: float) -> socket.socket: ...


class Unreachable(PictureError):
    """A host that gives no answer at all, or none in time."""


class Wire:
    """A connected socket as http.client uses it."""

    def __init__(self, sock: socket.socket, deadline: Deadline, limits: Limits) -> None:
        self.sock = sock
        self.deadline = deadline
        self.limits = limits

    def sendall(self, data: bytes) -> None:
        self.sock.settimeout(self.deadline.wait(self.limits.read))
        self.sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self))

    def receive_into(self, buffer: memoryview) -> int:
        # Anew for each piece: a socket's own timeout starts again with every byte.
        self.sock.settimeout(self.deadline.wait(self.limits.read))
        return self.sock.recv_into(buffer)

    def close(self) -> None:
        """Nothing: http.client closes before the body is read. Who has opened it closes it."""


class _Incoming(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self.wire.receive_into(buffer)


def numbers_of(host: str, port: int) -> list[str]:
    """What the system's resolver answers, which reads 127.1 and 0x7f000001 as numbers, too."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Dialler:
    """Opens connections, and only to hosts that may be asked."""

    def __init__(
        self,
        *,
        hosts: Hosts,
        limits: Limits,
        resolve: Resolve = numbers_of,
        dial: Dial = socket.create_connection,
        trust: ssl.SSLContext | None = None,  # by default the authorities that the system trusts
    ) -> None:
        self.hosts = hosts
        self.limits = limits
        self.resolve = resolve
        self.dial = dial
        self.trust = trust or ssl.create_default_context()

    def open(self, target: Target, deadline: Deadline) -> socket.socket:
        """A socket connected to the target, with TLS where it wants that; close it.

        Raises PictureError for hosts that are not asked, Unreachable for those that don't answer.
        """
        numbers = self._numbers(target)
        sock = self._connected(target, numbers, deadline)
        if target.scheme == "http":
            return sock
        try:
            return self._secured(sock, target, deadline)
        except BaseException:
            sock.close()
            raise

    def _numbers(self, target: Target) -> list[str]:
        """Looked up once: what is checked here is what is connected to, whatever DNS says next."""
        vouched = self.hosts.vouches(target)
        try:
            numbers = self.resolve(target.host, target.port)
        except (OSError, UnicodeError) as err:
            raise Unreachable(
                _("the host %(host)s is not known; correct the address") % {"host": target.host}
            ) from err
        # All of them, so that nothing hangs on which one happens to answer.
        if not (vouched or (numbers and all(map(is_public, numbers)))):
            raise PictureError(
                _(
                    "the host %(host)s is not on the public internet; put the picture's file "
                    "beside the catalogue, or have the host named in PICTURE_HOSTS"
                )
                % {"host": target.host}
            )
        return numbers

    def _connected(self, target: Target, numbers: list[str], deadline: Deadline) -> socket.socket:
        fault: OSError = OSError("no number")
        for number in numbers:
            try:
                wait = deadline.wait(self.limits.connect)
                return self.dial((number, target.port), timeout=wait)
            except OSError as err:
                fault = err
        raise _silent(target, fault) from fault

    def _secured(self, sock: socket.socket, target: Target, deadline: Deadline) -> socket.socket:
        sock.settimeout(deadline.wait(self.limits.read))  # of the whole handshake
        try:
            return self.trust.wrap_socket(sock, server_hostname=target.host)
        except ssl.SSLCertVerificationError as err:
            raise PictureError(
                _("the certificate of %(host)s doesn't hold (%(reason)s); correct the address")
                % {"host": target.host, "reason": err.verify_message}
            ) from err
        except OSError as err:
            raise _silent(target, err) from err


def _silent(target: Target, fault: OSError) -> Unreachable:
    return Unreachable(
        _("the host %(host)s doesn't answer (%(reason)s); import the row again later")
        % {"host": target.host, "reason": fault.strerror or fault}
    )
