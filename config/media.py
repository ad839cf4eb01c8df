"""Pictures from the media folder or the bucket, for sites whose MEDIA_URL names no other host."""

import mimetypes

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, re_path
from django.views.static import serve

from catalog.pictures import FOREVER, content_type

# Not every system's table has it, and a browser that is told another type shows nothing.
mimetypes.add_type("image/webp", ".webp")

TRY_AGAIN_SECONDS = 30


def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    if not isinstance(default_storage, FileSystemStorage):
        return from_bucket(path)
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = FOREVER
    return response


def from_bucket(path: str) -> HttpResponse:
    """A picture of some hundred kilobytes, read whole; 503 while the bucket does not answer."""
    try:
        with default_storage.open(path) as file:
            content = file.read()
    except FileNotFoundError as err:
        raise Http404(path) from err
    except OSError:
        away = {"Retry-After": str(TRY_AGAIN_SECONDS), "Cache-Control": "no-store"}
        return HttpResponse(status=503, headers=away)
    headers = {"Cache-Control": FOREVER}
    return HttpResponse(content, content_type=content_type(path), headers=headers)


def urlpatterns() -> list[URLPattern]:
    """None where MEDIA_URL names another host; of the folder, only what catalog stores there."""
    if not settings.MEDIA_URL.startswith("/"):
        return []
    prefix = settings.MEDIA_URL.lstrip("/")
    names = r"(?P<path>(?:pictures|thumbnails/\d+)/[0-9a-f]{2}/[0-9a-f]{64}\.(?:jpg|webp))$"
    return [re_path(f"^{prefix}{names}", picture)]
