"""Keys that programs of a shop carry; only their digests are kept."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from catalog.models import ApiToken, KeptAnswer, Shop

PREFIX = "nit_"  # tells whoever finds one in a log what it is
BYTES = 32
# A write for each request would cost more than most requests.
NOTED_EVERY = timedelta(minutes=1)
ANSWERS_KEPT = timedelta(days=1)


def issue(*, shop: Shop, name: str, can_write: bool) -> tuple[ApiToken, str]:
    """A new token and its key, which is told this once and never again."""
    key = PREFIX + secrets.token_urlsafe(BYTES)
    token = ApiToken.objects.create(
        shop=shop, name=name, can_write=can_write, digest=digest(key), hint=key[-4:]
    )
    return token, key


def find(key: str) -> ApiToken | None:
    """The token of this key, unless it was revoked."""
    found = ApiToken.objects.select_related("shop")
    return found.filter(digest=digest(key), revoked_at=None).first()


def note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def revoke(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def forget_answers() -> int:
    """Take away what writes were answered so long ago that nobody repeats them; how many."""
    gone, _ = KeptAnswer.objects.filter(at__lt=timezone.now() - ANSWERS_KEPT).delete()
    return gone


def digest(key: str) -> str:
    # The key is random and long, so there is nothing that a slow hash would protect.
    return hashlib.sha256(key.encode()).hexdigest()
