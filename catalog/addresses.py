"""From where a request comes, as far as proxies of our own can tell."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def of(request: HttpRequest) -> str | None:
    """The visitor's address; None where what ought to be one is none.

    Each of our TRUSTED_PROXIES writes one entry at the end of X-Forwarded-For. What stands before
    theirs came with the request, and anybody may write it. (The API's throttle counts likewise.)
    """
    told = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.TRUSTED_PROXIES and forwarded:
        entries = forwarded.split(",")
        told = entries[-min(settings.TRUSTED_PROXIES, len(entries))]
    try:
        return str(ip_address(told.strip()))
    except ValueError:
        return None
