"""From where a request comes, as far as proxies of our own can tell."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

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
        return str(line_of(told.strip()))
    except ValueError:
        return None


def line_of(text: str) -> IPv4Address | IPv6Address:
    """An address without its port; of IPv6 the network that a home has, /64, as its first.

    Raises ValueError where there is none.
    """
    if bracketed := re.fullmatch(r"\[(.+)\](:\d+)?", text):
        text = bracketed[1]
    elif re.fullmatch(r"[\d.]+:\d+", text):
        text = text.partition(":")[0]
    found = ip_address(text)
    if isinstance(found, IPv4Address):
        return found
    return found.ipv4_mapped or IPv6Network((found, 64), strict=False).network_address
