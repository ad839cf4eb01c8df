"""Pictures from the local media folder, for sites without a front-end server or object store."""

import mimetypes

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, re_path
from django.views.static import serve

# Not every system's table has it, and a browser that is told another type shows nothing.
mimetypes.add_type("image/webp", ".webp")

# A picture is named after its content, so the name never means anything else.
FOREVER = "public, max-age=31536000, immutable"


def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = FOREVER
    return response


def urlpatterns() -> list[URLPattern]:
    """None where MEDIA_URL names another host; of the folder, only what catalog stores there."""
    if not settings.MEDIA_URL.startswith("/"):
        return []
    prefix = settings.MEDIA_URL.lstrip("/")
    names = r"(?P<path>(?:pictures|thumbnails/\d+)/[0-9a-f]{2}/[0-9a-f]{64}\.(?:jpg|webp))$"
    return [re_path(f"^{prefix}{names}", picture)]
