"""The audit log of staff: what the admin's pages, logins and second factors write to."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import connection, models, transaction
from django.http import HttpRequest
from django.utils import timezone

from catalog import addresses
from catalog.models import StaffAction
from catalog.models.audit import WHAT

Kind = StaffAction.Kind
Person = AbstractBaseUser | AnonymousUser
DETAIL = 10_000  # characters


def record(
    kind: StaffAction.Kind,
    *,
    request: HttpRequest | None,
    thing: models.Model | None = None,
    what: str = "",
    detail: str = "",
    user: Person | None = None,
    username: str = "",
) -> StaffAction:
    """Write a line; `user` is whoever is logged in unless named, `username` what somebody typed.

    request : None for commands, which come from no address
    """
    who = user
    if request is not None:
        request.__dict__["is_audited"] = True
        who = user or (None if username else request.user)
    return StaffAction.objects.create(
        kind=kind,
        user_id=who.pk if who is not None else None,
        username=kept(username or (who.get_username() if who else ""))[:150],
        address=addresses.of(request) if request is not None else None,
        model=thing._meta.label_lower if thing is not None else "",
        object_id=str(thing.pk or "") if thing is not None else "",
        what=kept(what or (str(thing) if thing is not None else ""))[:WHAT],
        detail=kept(detail)[:DETAIL],
    )


def kept(text: str) -> str:
    """What Postgres can hold of what somebody sent."""
    return text.replace("\0", "")


def is_recorded(request: HttpRequest) -> bool:
    """Whether something was written of this request."""
    return bool(request.__dict__.get("is_audited"))


def prune() -> int:
    """Take away what is older than AUDIT_DAYS, nothing where that is 0; how many lines."""
    if not settings.AUDIT_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
    with transaction.atomic(), connection.cursor() as cursor:
        # For this transaction alone, the trigger lets go of lines.
        cursor.execute("SELECT set_config('niteru.prunes_audit', 'on', true)")
        gone, _ = StaffAction.objects.filter(at__lt=before).delete()
        cursor.execute("SELECT set_config('niteru.prunes_audit', 'off', true)")
    return gone
