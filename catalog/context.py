"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest

from catalog.models import Shop


def site(request: HttpRequest) -> dict[str, object]:
    return {
        "site_url": settings.SITE_URL,
        "version": settings.VERSION,
        "reports": settings.CLICK_WEIGHTS != "off",  # what visitors see and click
        # Called by the template alone: the admin's pages and the API ask nothing.
        "attributions": attributions,
    }


def attributions() -> list[Shop]:
    """Shops whose licence asks for a line on every page."""
    return list(Shop.objects.exclude(attribution=""))
