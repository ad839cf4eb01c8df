"""Every address of the site: pages, API, admin. The probes are answered by config.health."""

from django.contrib import admin
from django.urls import include, path

from config import media

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    *media.urlpatterns(),
    path("", include("search.urls")),
    path("", include("catalog.urls")),
]
