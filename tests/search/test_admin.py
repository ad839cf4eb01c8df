"""What operators see and change in the admin."""

import pytest
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from search.models import Failure


@pytest.mark.parametrize("name", ["space", "build", "failure"])
def test_lists_what_the_pipeline_wrote_and_offers_no_change(admin_client, indexed, name):
    found = admin_client.get(reverse(f"admin:search_{name}_changelist"))
    added = admin_client.get(reverse(f"admin:search_{name}_add"))

    assert found.status_code == 200
    assert added.status_code == 403


def test_shows_the_recall_of_a_build(admin_client, indexed):
    page = admin_client.get(reverse("admin:search_build_changelist")).content.decode()

    assert "recall" in page.lower()
    assert "1.0" in page


def test_a_product_that_could_not_be_encoded_can_be_deleted(admin_client, indexed, shelf):
    mug = shelf["mug-red"]
    Failure.objects.create(
        product=mug,
        space=indexed.spaces.get(signal="image"),
        source_digest="0" * 32,
        reason="broken",
    )

    answer = admin_client.post(
        reverse("admin:catalog_product_delete", args=[mug.pk]), {"post": "yes"}
    )

    assert answer.status_code == 302
    assert not Failure.objects.exists()


def test_the_hour_of_the_nightly_reindex_can_be_changed(admin_client, db):
    schedule = CrontabSchedule.objects.create(hour="3", minute="0")
    PeriodicTask.objects.create(name="nightly", task="search.tasks.reindex", crontab=schedule)
    address = reverse("admin:django_celery_beat_crontabschedule_change", args=[schedule.pk])
    form = {
        "minute": "30",
        "hour": "4",
        "day_of_month": "*",
        "month_of_year": "*",
        "day_of_week": "*",
        "timezone": "UTC",
        "periodictask_set-TOTAL_FORMS": "0",
        "periodictask_set-INITIAL_FORMS": "0",
    }

    answer = admin_client.post(address, form)

    schedule.refresh_from_db()
    assert answer.status_code == 302
    assert (schedule.hour, schedule.minute) == ("4", "30")
    assert (
        admin_client.get(reverse("admin:django_celery_beat_periodictask_changelist")).status_code
        == 200
    )
