"""Processes that share a run of the tests have a broker and counters each."""

import pytest
from django.conf import settings

from config.settings import cache_url, celery_url
from tests.workers import WORKER, own_broker


@pytest.mark.parametrize(
    ("named", "own"),
    [
        ("unix:///tmp/niteru/valkey.sock?db=0", "unix:///tmp/niteru/valkey.sock?db=2"),
        ("unix:///tmp/niteru/valkey.sock", "unix:///tmp/niteru/valkey.sock?db=2"),
        ("redis://me:word@cache.example.org:6379/0", "redis://me:word@cache.example.org:6379/2"),
        ("redis://cache.example.org:6379", "redis://cache.example.org:6379/2"),
    ],
)
def test_the_second_has_another_database_of_the_same_server(named, own):
    assert own_broker(named, worker="gw1") == own


def test_nobody_has_the_database_of_the_counters():
    named = "unix:///tmp/niteru/valkey.sock?db=0"

    brokers = [own_broker(named, worker=f"gw{number}") for number in range(4)]

    assert len({*brokers, named, cache_url(named)}) == 6


def test_the_settings_were_read_after_the_broker_was_chosen():
    own = own_broker(settings.REDIS_URL, worker=WORKER) if WORKER else settings.REDIS_URL

    assert settings.CELERY_BROKER_URL == celery_url(own)
    assert settings.CACHES["default"]["KEY_PREFIX"] == (WORKER or "niteru")
