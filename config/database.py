"""DATABASE_URL to Django's connection settings."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def database_from_url(url: str) -> dict[str, Any]:
    """Reads postgresql://user:password@host:port/name?option=value; `?host=` names a socket.

    Raises ImproperlyConfigured without the value, which holds a password.
    """
    try:
        return parsed(url)
    except ValueError as err:
        raise ImproperlyConfigured(
            f"DATABASE_URL: {err}; expected postgresql://user:password@host:5432/name"
        ) from err


def parsed(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(f"it starts with {parts.scheme!r}")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "config.postgres",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
