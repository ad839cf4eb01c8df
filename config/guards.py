"""What config.security decides by."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

KEY_CHARACTERS = 50


def origin_of(url: str) -> list[str]:
    """Scheme and host of an address; none of a mere path, which is on this host."""
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


def secret_key(*, given: str, kept: Path, debug: bool) -> str:
    """SECRET_KEY, else the key that the first start-up left in the data directory.

    Raises ImproperlyConfigured, without the key.
    """
    key = given or (kept.read_text().strip() if kept.is_file() else "")
    if debug:
        return key or "only-for-debugging"
    if not key:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set: give it at least {KEY_CHARACTERS} random characters"
        )
    if len(key) < KEY_CHARACTERS:
        raise ImproperlyConfigured(
            f"SECRET_KEY has {len(key)} characters: give it at least {KEY_CHARACTERS} random ones"
        )
    return key


def allow_silence(*, https: bool, redirects: bool, hsts: bool, reach: str) -> list[str]:
    """Ids of Django's checks that say nothing of a site like this one.

    On plain HTTP nothing can be redirected to HTTPS, and a browser would send no secure cookie
    back. Whether sister hosts are promised to HTTPS too is their owner's to say, by HSTS_REACH.
    """
    if not https:
        return ["security.W004", "security.W008", "security.W012", "security.W016"]
    silent = [] if hsts else ["security.W004"]
    if not redirects:
        silent.append("security.W008")
    if reach == "host":
        silent.append("security.W005")
    if reach != "preload":
        silent.append("security.W021")
    return silent


def lock_time(request: object) -> timedelta:
    """How long a login stays locked; axes asks with the request, or with None."""
    from django.conf import settings

    return timedelta(minutes=settings.LOGIN_LOCK_MINUTES)
