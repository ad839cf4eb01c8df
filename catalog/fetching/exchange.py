"""One question to one host, and its answer."""

import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NamedTuple

from catalog.fetching.targets import Target
from catalog.fetching.wire import Wire

HEADERS: Final = {
    "User-Agent": "Niteru (pictures of a catalogue)",
    "Accept": "image/*, application/octet-stream;q=0.5",
    "Accept-Encoding": "identity",  # what unpacks to more than it weighs is not for strangers
    "Connection": "close",
}
LONGEST: Final = 200  # characters of a validator; longer ones are not worth a place in the database
PLAIN: Final = re.compile(r"[\x20-\x7e]*")


class Validators(NamedTuple):
    """By what a host tells later whether its picture has changed; empty where it doesn't."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


@contextmanager
def answer(
    target: Target, wire: Wire, *, validators: Validators
) -> Iterator[http.client.HTTPResponse]:
    """Ask over a connection that is there; the answer's head is read, its body is not.

    Raises OSError and http.client.HTTPException, in the block as well.
    """
    connection = http.client.HTTPConnection(target.host, target.port)
    # Without it, http.client would connect by name where this connection is lost.
    connection.auto_open = 0
    connection.sock = wire
    headers = {"Host": target.named_host, **HEADERS, **validators.headers()}
    connection.request("GET", target.path, headers=headers)
    with connection.getresponse() as response:
        yield response


def post(target: Target, wire: Wire, *, body: bytes, headers: Mapping[str, str]) -> int:
    """Send over a connection that is there; the status of the answer, whose body is not read.

    Raises OSError and http.client.HTTPException.
    """
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.auto_open = 0  # as above
    connection.sock = wire
    whole = {"Host": target.named_host, "Connection": "close", **headers}
    connection.request("POST", target.path, body=body, headers=whole)
    with connection.getresponse() as response:
        return response.status


def validators_of(response: http.client.HTTPResponse) -> Validators:
    return Validators(
        _plain(response.headers.get("ETag")), _plain(response.headers.get("Last-Modified"))
    )


def _plain(value: str | None) -> str:
    """As it was said; empty where it would not fit into a header of ours."""
    fits = value is not None and len(value) <= LONGEST and PLAIN.fullmatch(value)
    return value if value is not None and fits else ""
