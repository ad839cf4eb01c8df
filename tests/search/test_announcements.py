"""Others are told of builds: signed, again after a failure, and at no private address."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.fetching.hosts import PUBLIC
from search import announcements, attempts, builds, operating, tasks
from search.models import Announcement, Build, ParkedTask
from tests.catalog.hosting import Site, leads_to, nobody, says, serving

SECRET = "between us"


@pytest.fixture
def site(settings) -> Iterator[Site]:
    """A receiver that this site's operator vouches for."""
    with serving(Site()) as site:
        site.answers["/hook"] = says(kind=None)
        settings.WEBHOOK_URLS = [site.at("/hook")]
        settings.WEBHOOK_SECRET = SECRET
        settings.WEBHOOK_HOSTS = site.vouched()
        yield site


def deliver_due() -> None:
    for pk in announcements.due():
        tasks.deliver(pk)


def let_time_pass() -> None:
    Announcement.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


def signed(headers: dict[str, str], body: bytes) -> str:
    """As docs/operations.md tells receivers to check it."""
    signed = headers["X-Niteru-Timestamp"].encode() + b"." + body
    return "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def test_a_published_build_is_told_with_a_signature(site, indexed):
    deliver_due()

    ((path, headers),) = site.asked
    (body,) = site.bodies
    assert path == "/hook"
    assert headers["X-Niteru-Signature"] == signed(headers, body)
    assert abs(int(headers["X-Niteru-Timestamp"]) - timezone.now().timestamp()) < 60
    told = json.loads(body)
    assert told["event"] == headers["X-Niteru-Event"] == "build.published"
    assert told["build"]["id"] == indexed.pk and told["build"]["products"] == 5
    assert Announcement.objects.get().delivered_at is not None
    deliver_due()
    assert len(site.asked) == 1


def test_a_failed_build_is_told_with_its_reason(site, db):
    builds.fail(Build.objects.create(), "no room on the disk")

    deliver_due()

    told = json.loads(site.bodies[0])
    assert (told["event"], told["build"]["reason"]) == ("build.failed", "no room on the disk")


def test_nobody_is_told_of_what_is_not_committed(site, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        builds.fail(Build.objects.create(), "no room on the disk")

    assert len(callbacks) == 1 and not site.asked


def test_a_receiver_that_fails_is_told_again_after_growing_pauses(site, db):
    site.answers["/hook"] = says(status=503)
    builds.fail(Build.objects.create(), "x")

    pauses = []
    for _turn in range(4):
        let_time_pass()
        before = timezone.now()
        deliver_due()
        due_at = Announcement.objects.get().due_at
        assert due_at is not None
        pauses.append(round((due_at - before) / timedelta(minutes=1)))
    site.answers["/hook"] = says()
    let_time_pass()
    deliver_due()

    assert pauses == [1, 2, 4, 8]
    told = Announcement.objects.get()
    assert told.delivered_at is not None and told.reason == ""
    assert len(site.asked) == 5


def test_one_that_is_broken_off_counts_and_is_not_due_at_once(site, db):
    site.answers["/hook"] = lambda handler: handler.close_connection and None
    builds.fail(Build.objects.create(), "x")
    assert announcements.due() and Announcement.objects.get().attempts == 0

    deliver_due()

    assert Announcement.objects.get().attempts == 1
    assert announcements.due() == []


def test_one_that_never_arrives_is_parked_and_can_be_tried_again(site, db):
    site.answers["/hook"] = says(status=410)
    builds.fail(Build.objects.create(), "x")

    for _turn in range(announcements.MOST + 2):
        let_time_pass()
        deliver_due()

    assert len(site.asked) == announcements.MOST
    parked = ParkedTask.objects.get()
    assert "answered 410" in parked.reason and parked.times == announcements.MOST
    site.answers["/hook"] = says()
    operating.retry_parked([parked])
    deliver_due()
    assert Announcement.objects.get().delivered_at is not None
    assert not ParkedTask.objects.exists()


def test_one_whose_last_attempt_ended_with_its_process_is_parked_too(site, db):
    builds.fail(Build.objects.create(), "x")
    Announcement.objects.update(attempts=announcements.MOST)

    deliver_due()

    assert not site.asked
    assert attempts.KILLED in ParkedTask.objects.get().reason
    assert announcements.due() == [] and Announcement.objects.get().due_at is None


def test_a_private_host_is_not_told_unless_the_operator_names_it(site, db, settings):
    settings.WEBHOOK_HOSTS = PUBLIC
    builds.fail(Build.objects.create(), "x")

    deliver_due()

    assert not site.asked
    assert "WEBHOOK_HOSTS" in Announcement.objects.get().reason


def test_a_redirect_is_not_followed(site, db):
    site.answers["/hook"] = leads_to(site.at("/elsewhere"), 307)
    builds.fail(Build.objects.create(), "x")

    deliver_due()

    assert site.paths == ["/hook"]
    assert Announcement.objects.get().reason == "answered 307"


def test_a_host_that_does_not_answer_is_tried_later(site, db, settings):
    with nobody() as port:
        settings.WEBHOOK_URLS = [f"http://127.0.0.1:{port}/"]
        settings.WEBHOOK_HOSTS = settings.WEBHOOK_HOSTS._replace(named={("127.0.0.1", port)})
        builds.fail(Build.objects.create(), "x")

        deliver_due()

    told = Announcement.objects.get()
    assert "does not answer" in told.reason and told.due_at is not None


def test_without_receivers_nothing_is_kept(indexed):
    assert not Announcement.objects.exists()


def test_old_ones_are_forgotten(site, db):
    builds.fail(Build.objects.create(), "x")
    Announcement.objects.update(at=timezone.now() - announcements.KEPT)

    announcements.forget()

    assert not Announcement.objects.exists()
