"""Addresses as people write them into catalogues -> what has to be asked where."""

import re
from typing import Final, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from django.utils.translation import gettext as _

from catalog.errors import PictureError

MAX_LENGTH: Final = 2000  # characters, percent signs and all; it must fit into an index
PORTS: Final = (80, 443, 8080, 8443)
USUAL: Final = {"http": 80, "https": 443}
# Two letters at least: C:\photos is a path of Windows.
SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
# What an address may hold as it is; the rest, such as 写真 and spaces, is written by percent signs.
AS_IT_IS: Final = "!$%&'()*+,-./:;=@_~?"
HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f.]*:[0-9a-f:.]*")
NOT_WRITABLE: Final = re.compile(r"[\x00-\x1f\x7f\\]")


class Target(NamedTuple):
    scheme: str  # http or https
    host: str  # in small letters, international names in their ASCII form
    port: int
    path: str  # with the query, in ASCII

    @property
    def address(self) -> str:
        return f"{self.scheme}://{self.named_host}{self.path}"

    @property
    def named_host(self) -> str:
        """As the header Host has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL[self.scheme] else f"{host}:{self.port}"


def is_address(name: str) -> bool:
    """Whether the name of a picture is an address, of whatever kind, and not a path."""
    return SCHEME.match(name) is not None


def target_of(address: str) -> Target:
    """Raises PictureError for an address that is none, or one of a kind that is never asked."""
    scheme = SCHEME.match(address)
    if scheme is None or scheme[1].lower() not in USUAL:
        raise PictureError(
            _("is no address of the web; write one that starts with https:// or http://, or a path")
        )
    try:
        target, has_password = _parts(address)
    except ValueError as err:
        raise _unreadable() from err
    if has_password:
        raise PictureError(
            _("holds a name or password; let the picture be read without, and take it out")
        )
    if len(target.address) > MAX_LENGTH:
        raise PictureError(
            _("has more than %(limit)d characters; use a shorter address") % {"limit": MAX_LENGTH}
        )
    return target


def target_after(target: Target, location: str) -> Target:
    """Where a redirect leads. Raises PictureError.

    location : as http.client gives it, each byte a letter.
    """
    written = quote(location.encode("latin-1", "replace"), safe=AS_IT_IS + "#[]")
    try:
        return target_of(_joined(target, written))
    except PictureError as err:
        raise PictureError(
            _("leads to %(place)s, which %(fault)s") % {"place": written[:100], "fault": err}
        ) from err


def plain_host(host: str) -> str:
    """One spelling of a host's name. Raises ValueError where it can't be one."""
    plain = host if ":" in host else host.rstrip(".").encode("idna").decode("ascii")
    if not HOST.fullmatch(plain.lower()):
        raise ValueError("not the name of a host")
    return plain.lower()


def _parts(address: str) -> tuple[Target, bool]:
    if NOT_WRITABLE.search(address):
        raise ValueError("control characters or backslashes")
    parts = urlsplit(address)
    host = plain_host(parts.hostname or "")
    path = quote(parts.path or "/", safe=AS_IT_IS)
    query = f"?{quote(parts.query, safe=AS_IT_IS)}" if parts.query else ""
    port = USUAL[parts.scheme] if parts.port is None else parts.port
    return Target(parts.scheme, host, port, path + query), "@" in parts.netloc


def _joined(target: Target, location: str) -> str:
    try:
        return urljoin(target.address, location)
    except ValueError as err:
        raise _unreadable() from err


def _unreadable() -> PictureError:
    return PictureError(_("is an address that can't be read; copy it anew from a browser"))
