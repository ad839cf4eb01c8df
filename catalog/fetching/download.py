"""An address -> a picture's bytes, or that they are what they were."""

import http.client
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from catalog.errors import PictureError
from catalog.fetching.exchange import Validators, answer, validators_of
from catalog.fetching.limits import Deadline, Limits
from catalog.fetching.targets import Target, target_after, target_of
from catalog.fetching.wire import Dialler, Unreachable, Wire

REDIRECTS: Final = (301, 302, 303, 307, 308)
TYPES: Final = ("application/octet-stream", "binary/octet-stream")  # the second is Amazon's
PIECE: Final = 1 << 16  # bytes


class Version(NamedTuple):
    """Where a picture came from in the end, and how that place tells whether it has changed."""

    place: str = ""
    validators: Validators = Validators()


UNKNOWN: Final = Version()


class Download(NamedTuple):
    data: bytes | None  # None where it is still the version that was known
    version: Version


def download(address: str, *, known: Version = UNKNOWN, dialler: Dialler) -> Download:
    """Fetch a picture's bytes, which may yet turn out to be no picture.

    known : the version we have; its host may say that it is still the same.
    Raises PictureError with the fault and the remedy; of that, Unreachable where the host is.
    """
    deadline = Deadline(dialler.limits.whole)
    target = target_of(address)
    for _hop in range(dialler.limits.redirects + 1):
        found = _told(target, known, dialler, deadline)
        if isinstance(found, Download):
            return found
        target = found
    raise PictureError(
        _("leads on more than %(limit)d times; write the address where the picture is")
        % {"limit": dialler.limits.redirects}
    )


def _told(
    target: Target, known: Version, dialler: Dialler, deadline: Deadline
) -> Download | Target:
    """`_ask`, with the faults of a host in words for people."""
    try:
        return _ask(target, known, dialler, deadline)
    except TimeoutError as err:
        raise Unreachable(
            _("the host %(host)s took too long to send it; import the row again later")
            % {"host": target.host}
        ) from err
    except (OSError, http.client.HTTPException) as err:
        raise Unreachable(
            _("the host %(host)s broke off (%(reason)s); import the row again later")
            % {"host": target.host, "reason": err}
        ) from err


def _ask(target: Target, known: Version, dialler: Dialler, deadline: Deadline) -> Download | Target:
    """What one host has, or where it sends us on."""
    # A tag says nothing about what another place has.
    validators = known.validators if known.place == target.address else Validators()
    with (
        dialler.open(target, deadline) as sock,
        answer(target, Wire(sock, deadline, dialler.limits), validators=validators) as response,
    ):
        location = response.headers.get("Location")
        if response.status in REDIRECTS and location:
            return target_after(target, location)
        if response.status == 304 and any(validators):
            return Download(None, known)
        _check_head(response, dialler.limits)
        data = _body(response, dialler.limits)
        return Download(data, Version(target.address, validators_of(response)))


def _check_head(response: http.client.HTTPResponse, limits: Limits) -> None:
    if response.status != 200:
        raise PictureError(
            _("was answered with %(status)d; open it in a browser and correct it, or try later")
            % {"status": response.status}
        )
    kind = response.headers.get_content_type()
    # Without the header, get_content_type says text/plain.
    if "Content-Type" in response.headers and not kind.startswith("image/") and kind not in TYPES:
        raise PictureError(
            _("is of the type %(type)s and no picture; write the address of the picture itself")
            % {"type": kind[:40]}
        )
    if response.length is not None and response.length > limits.size:
        raise _too_large(limits)


def _body(response: http.client.HTTPResponse, limits: Limits) -> bytes:
    declared, data = response.length, bytearray()
    while piece := response.read(PIECE):
        data += piece
        if len(data) > limits.size:
            raise _too_large(limits)
    if declared is not None and len(data) < declared:
        raise http.client.IncompleteRead(b"", declared - len(data))
    return bytes(data)


def _too_large(limits: Limits) -> PictureError:
    return PictureError(
        _("has more than the %(limit)d MB allowed; save it smaller")
        % {"limit": limits.size // 1_000_000}
    )
