"""What runs beside the site: database, broker, workers, beat, storage of pictures."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from redis import RedisError

from catalog import pictures
from catalog.errors import PictureError, StorageError
from catalog.models import ProductImage
from config.doctor.findings import Finding, bad, first_line, note, ok
from config.queues import BULK, INTERACTIVE, TRAINING
from search import operating

LEAST_POSTGRES: Final = 14
CROWDED: Final = 0.8  # of the server's connections
LONG: Final = timedelta(hours=1)
WORKER_SECONDS: Final = 2.0
# Beat writes down what it has sent every three minutes.
BEAT_IS_LATE: Final = timedelta(minutes=10)
LOOKED_AT: Final = 200  # pictures
START: Final = {
    INTERACTIVE: "celery -A config worker --queues celery,bulk",
    BULK: "celery -A config worker --queues celery,bulk",
    TRAINING: "celery -A config worker --queues training --concurrency 1",
}


def database() -> Iterator[Finding]:
    with connection.cursor() as sql:
        started = time.perf_counter()
        sql.execute("SELECT current_setting('server_version_num')::int / 10000")
        version, took = sql.fetchone()[0], time.perf_counter() - started
        sql.execute(
            "SELECT count(*), current_setting('max_connections')::int,"
            " max(now() - xact_start) FILTER (WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend'"
        )
        sessions, most, longest = sql.fetchone()
    if version < LEAST_POSTGRES:
        yield bad("database", f"PostgreSQL {version}", f"use {LEAST_POSTGRES} or newer")
    if sessions > CROWDED * most:
        yield bad(
            "database",
            f"{sessions} of {most} connections are taken",
            "raise max_connections, or run fewer threads",
        )
    if longest and longest > LONG:
        yield note(
            "database",
            f"a transaction has been open for {longest}",
            "look for it in pg_stat_activity: what changes meanwhile can't be cleared away",
        )
    yield ok("database", f"PostgreSQL {version}, {1e3 * took:.1f} ms, {sessions} sessions")


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    if plan:
        names = ", ".join(f"{each.app_label}.{each.name}" for each, _ in plan[:3])
        yield bad("migrations", f"{len(plan)} not applied: {names}", "run `manage.py migrate`")
    if unknown := {each for each in unknown if each[0] in ("catalog", "search")}:
        yield note(
            "migrations",
            f"a newer release has migrated the database ({'.'.join(max(unknown))})",
            "upgrade this machine, too",
        )
    if not plan:
        yield ok("migrations", "all applied")


def broker() -> Iterator[Finding]:
    kind = settings.BROKER.kind
    try:
        settings.BROKER.check(timeout=2)
    except settings.BROKER.errors as err:
        yield bad(
            "broker",
            f"{kind} takes no messages: {first_line(err)}",
            "start it, or free its memory or disk; the sweep encodes what is saved meanwhile",
        )
        return
    waiting = operating.queued() or {}
    told = ", ".join(f"{count} in {name}" for name, count in waiting.items())
    yield ok("broker", f"{kind}, waiting: {told}")


def workers() -> Iterator[Finding]:
    """Whether somebody takes from each queue."""
    if not settings.BROKER.talks:
        yield ok("workers", f"can't be asked by way of {settings.BROKER.kind}")
        return
    try:
        answers = current_app.control.inspect(timeout=WORKER_SECONDS).active_queues() or {}
    except settings.BROKER.errors:
        yield bad("workers", "can't be asked: the broker does not answer", "start the broker")
        return
    taken = {queue["name"] for queues in answers.values() for queue in queues}
    for name, command in START.items():
        if name not in taken:
            yield bad("workers", f"nobody takes from the queue {name}", f"start `{command}`")
    if taken:
        yield ok("workers", ", ".join(sorted(answers)))


def beat() -> Iterator[Finding]:
    sweep = PeriodicTask.objects.filter(task="search.tasks.sweep", enabled=True).first()
    if sweep is None:
        yield bad(
            "beat",
            "the sweep is not in the schedule, or switched off",
            "switch it on under Periodic tasks in the admin",
        )
    elif timezone.now() - (sweep.last_run_at or sweep.date_changed) > BEAT_IS_LATE:
        since = f"since {sweep.last_run_at:%Y-%m-%d %H:%M} UTC" if sweep.last_run_at else "ever"
        yield bad("beat", f"nothing sent {since}", "start `celery -A config beat`, once")
    elif sweep.last_run_at is None:
        yield ok("beat", "has written nothing down yet")
    else:
        yield ok("beat", "sends what is due")
    nightly = PeriodicTask.objects.filter(task="search.tasks.reindex", enabled=True)
    if not nightly.exists():
        yield note("beat", "the nightly job is switched off", "see Periodic tasks in the admin")


def counters() -> Iterator[Finding]:
    """The API's throttle counts in Redis."""
    try:
        cache.set("doctor", 1, 5)
        answer = cache.get("doctor")
    except RedisError as err:
        yield bad("cache", first_line(err), "start the server that REDIS_URL names, or correct it")
        return
    if answer == 1:
        yield ok("cache", "answers")
    else:
        yield bad("cache", "forgets at once", "give the server of REDIS_URL more memory")


def stored_pictures() -> Iterator[Finding]:
    """Whether some of them are where the database says."""
    some = ProductImage.objects.order_by("?").values_list("sha256", flat=True)
    names = list(some[:LOOKED_AT]) if ProductImage.objects.exists() else []
    lost = []
    for sha256 in names:
        try:
            if pictures.find(sha256) is None:
                lost.append(sha256)
        except StorageError as err:
            yield bad("pictures", str(err), "see whether the storage answers")
            return
        except PictureError:
            lost.append(sha256)
    if lost:
        yield bad(
            "pictures",
            f"{len(lost)} of {len(names)} that were looked at are not whole, as {lost[0][:12]}…",
            "run `manage.py make_thumbnails`; restore MEDIA_ROOT or the bucket from a backup",
        )
    else:
        yield ok("pictures", f"{len(names)} looked at, all there")
