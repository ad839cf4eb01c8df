"""The sweep takes away what has served its time."""

from datetime import timedelta

from django.utils import timezone

from catalog import fetched
from catalog.models import FetchedPicture
from search import tasks


def test_addresses_that_no_import_has_named_for_long_are_forgotten(db):
    now = timezone.now()
    for name, at in (("old", now - fetched.KEPT - timedelta(days=1)), ("new", now)):
        address = f"https://a.example/{name}.png"
        FetchedPicture.objects.create(address=address, place=address, sha256="0" * 64, at=at)

    tasks.sweep()

    assert FetchedPicture.objects.get().address == "https://a.example/new.png"
