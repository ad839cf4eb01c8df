"""What the site stands on: settings, folders, room, time."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import connection
from django.utils import timezone

from config import buckets
from config.doctor.findings import Finding, bad, note, ok
from config.metrics import is_loopback
from search.models import Build

SPARE_BYTES: Final = 1_000_000_000
CLOCK_SECONDS: Final = 5.0


def configuration() -> Iterator[Finding]:
    """Django's checks and the project's own; those for deployment where the site is deployed."""
    public = not is_loopback(urlsplit(settings.SITE_URL).hostname or "")
    every = run_checks(include_deployment_checks=public, databases=["default"])
    found = [each for each in every if not each.is_silenced()]
    for each in found:
        make = bad if each.level >= ERROR else note
        yield make("settings", f"{each.id}: {each.msg}", str(each.hint or "see docs/operations.md"))
    if settings.DEBUG:
        yield (bad if public else note)("settings", "DEBUG is on", "unset DEBUG on a public site")
    if public and settings.SITE_URL.startswith("https") and not settings.TRUSTED_PROXIES:
        yield note(
            "settings",
            "SITE_URL is https and TRUSTED_PROXIES is 0: visitors' addresses are the proxy's",
            "set TRUSTED_PROXIES to the number of your own proxies",
        )
    if not found:
        yield ok("settings", f"release {settings.VERSION}, {settings.SITE_URL}")


def folders() -> Iterator[Finding]:
    """Commands that were run by another user leave what the services can't write to."""
    here = Path(settings.DATA_DIR)
    named = [here, Path(settings.BUILDS_DIR), Path(settings.ARTIFACTS_DIR)]
    named += [] if buckets.bucket(os.environ) else [Path(settings.MEDIA_ROOT)]
    there = [path for path in named if path.exists()]
    closed = [path for path in there if not os.access(path, os.W_OK | os.X_OK)]
    for path in closed:
        yield bad("folders", f"{path} can't be written to", f"chown -R the service's user {path}")
    owner = here.stat().st_uid
    strange = [path for path in there if path.stat().st_uid != owner]
    for path in strange:
        yield bad(
            "folders",
            f"{path} belongs to user {path.stat().st_uid}, and {here} to {owner}",
            f"chown -R {owner} {path}, and run commands as that user",
        )
    if not (closed or strange):
        yield ok("folders", str(here))


def room() -> Iterator[Finding]:
    """A build needs as much room as the served one, which stays beside it."""
    build = Build.objects.published_one()
    needed = SPARE_BYTES + (build.bytes if build else 0)
    free = shutil.disk_usage(settings.DATA_DIR).free
    told = f"{free / 1e9:.1f} GB free in {settings.DATA_DIR}"
    if free < needed:
        yield bad(
            "room",
            f"{told}; the next build wants {needed / 1e9:.1f}",
            "make room, or `prune_builds`",
        )
    else:
        yield ok("room", told)


def clock() -> Iterator[Finding]:
    with connection.cursor() as sql:
        sql.execute("SELECT clock_timestamp()")
        off = abs((sql.fetchone()[0] - timezone.now()).total_seconds())
    if off > CLOCK_SECONDS:
        yield bad(
            "clock", f"{off:.0f} s apart from the database's", "run a time service (NTP) on both"
        )
    else:
        yield ok("clock", "as the database's")


def static_files() -> Iterator[Finding]:
    """Pages name style sheets by what `collectstatic` has noted."""
    noted = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if settings.DEBUG or noted.is_file():
        yield ok("static files", str(settings.STATIC_ROOT))
    else:
        yield bad("static files", f"{noted} is missing", "run `manage.py collectstatic --noinput`")
