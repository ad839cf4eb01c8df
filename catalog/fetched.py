"""What addresses of pictures held when they were last asked."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from catalog.fetching.download import Version
from catalog.fetching.exchange import Validators
from catalog.models import FetchedPicture

# An address that no import has named for so long is not expected again.
KEPT = timedelta(days=180)
# So that an import which changes nothing writes nothing, most of the time.
NOTED_EVERY = timedelta(days=30)


class Held(NamedTuple):
    sha256: str
    version: Version


def of(addresses: Iterable[str]) -> dict[str, Held]:
    """What is known of these addresses."""
    found = FetchedPicture.objects.filter(address__in=list(addresses))
    return {row.address: _held(row) for row in found}


def note(held: Mapping[str, Held]) -> int:
    """Remember what these addresses hold now; how many of them had to be written."""
    now = timezone.now()
    stored = FetchedPicture.objects.filter(address__in=list(held), at__gt=now - NOTED_EVERY)
    known = {row.address: _held(row) for row in stored}
    # By address, so that two imports never wait for each other in a circle.
    new = [
        _row(address, held[address], now)
        for address in sorted(held)
        if held[address] != known.get(address)
    ]
    FetchedPicture.objects.bulk_create(
        new,
        update_conflicts=True,
        unique_fields=["address"],
        update_fields=["sha256", "place", "etag", "last_modified", "at"],
    )
    return len(new)


def forget() -> int:
    """Take away what no import has asked for in a long time; how many."""
    gone, _ = FetchedPicture.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return gone


def _held(row: FetchedPicture) -> Held:
    return Held(row.sha256, Version(row.place, Validators(row.etag, row.last_modified)))


def _row(address: str, held: Held, now: datetime) -> FetchedPicture:
    return FetchedPicture(
        address=address,
        sha256=held.sha256,
        place=held.version.place,
        at=now,
        **held.version.validators._asdict(),
    )
