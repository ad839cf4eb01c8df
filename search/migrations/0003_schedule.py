"""Seed the schedule once; from then on what the admin says wins."""

from django.conf import settings
from django.db import migrations

SWEEP_MINUTES = 1
# A sweep that waits behind another has nothing to add.
SWEEP_EXPIRES_SECONDS = 50


def seed(apps, schema_editor):
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    Crontab = apps.get_model("django_celery_beat", "CrontabSchedule")
    Interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    hour, minute = settings.REINDEX_AT
    nightly, _ = Crontab.objects.get_or_create(
        hour=str(hour), minute=str(minute), timezone=settings.TIME_ZONE
    )
    often, _ = Interval.objects.get_or_create(every=SWEEP_MINUTES, period="minutes")
    PeriodicTask.objects.get_or_create(
        name="Reindex every night", defaults={"task": "search.tasks.reindex", "crontab": nightly}
    )
    PeriodicTask.objects.get_or_create(
        name="Encode what was missed",
        defaults={
            "task": "search.tasks.sweep",
            "interval": often,
            "expire_seconds": SWEEP_EXPIRES_SECONDS,
        },
    )


def remove(apps, schema_editor):
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    PeriodicTask.objects.filter(task__in=["search.tasks.reindex", "search.tasks.sweep"]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0002_change_log"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(seed, remove)]
