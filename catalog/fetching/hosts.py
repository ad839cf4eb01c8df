"""Which hosts pictures are fetched from, as the setting PICTURE_HOSTS says."""

import re
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from catalog.errors import PictureError
from catalog.fetching.targets import Target, plain_host

PORTS: Final = (80, 443, 8080, 8443)
EVERY: Final = "public"
NONE: Final = "none"
ENTRY: Final = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<host>[^\[\]:]+))(?::(?P<port>\d{1,5}))?")


class Hosts(NamedTuple):
    public: bool = True  # every host whose numbers are all public, at the usual ports
    # Hosts that the operator vouches for, whatever their numbers; None is any usual port.
    named: frozenset[tuple[str, int | None]] = frozenset()

    def vouches(self, target: Target) -> bool:
        """Whether the host is one of those named. Raises PictureError for one never asked."""
        if not (self.public or self.named):
            raise PictureError(
                _(
                    "is a web address, and PICTURE_HOSTS has this site fetch none; "
                    "put the picture's file beside the catalogue"
                )
            )
        if (target.host, target.port) in self.named:
            return True
        if target.port not in PORTS:
            raise PictureError(
                _("names the port %(port)d; only %(ports)s are asked, and what PICTURE_HOSTS names")
                % {"port": target.port, "ports": ", ".join(map(str, PORTS))}
            )
        if (target.host, None) in self.named:
            return True
        if not self.public:
            raise PictureError(
                _("%(host)s is not one of PICTURE_HOSTS; name it there, or put the file beside")
                % {"host": target.host}
            )
        return False


PUBLIC: Final = Hosts()


def parse_hosts(text: str) -> Hosts:
    """`public`, `none`, or hosts by commas such as `public,images.intranet,10.0.0.7:9000`.

    Raises ValueError with what was expected.
    """
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if words == [NONE]:
        return Hosts(public=False)
    try:
        named = frozenset(_entry(word) for word in words if word != EVERY)
        if not words:
            raise ValueError("nothing at all")
    except ValueError as err:
        raise ValueError(
            "expected public, none, or hosts by commas such as public,images.intranet,10.0.0.7:9000"
        ) from err
    return Hosts(public=EVERY in words, named=named)


def _entry(word: str) -> tuple[str, int | None]:
    found = ENTRY.fullmatch(word)
    if found is None or word == NONE:
        raise ValueError("no host")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        raise ValueError("no port")
    return plain_host(found["six"] or found["host"]), port
