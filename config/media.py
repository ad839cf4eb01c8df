"""Pictures from the media folder or the bucket, for sites whose MEDIA_URL names no other host."""

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, re_path
from django.views.static import serve

from catalog.pictures import FOREVER, content_type

TRY_AGAIN_SECONDS = 30
# Whatever a picture were taken for, it runs nothing and loads nothing. Pages of others may show it.
SAFE = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    is_local = isinstance(default_storage, FileSystemStorage)
    response = from_folder(request, path) if is_local else from_bucket(path)
    for name, value in SAFE.items():
        response[name] = value
    return response


def from_folder(request: HttpRequest, path: str) -> HttpResponseBase:
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    if response.has_header("Content-Type"):  # an answer of 304 has none
        response["Content-Type"] = content_type(path)
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
