"""Every address of the site: pages, API, admin. The probes are answered by config.health."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from catalog.admin import signing_in
from config import media

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("admin/search/", include("search.staff_urls")),
    path("admin/login/", signing_in.login),
    path("admin/password_change/", signing_in.password_change, name="password_change"),
    path("admin/second-factor/", include("catalog.staff_urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    *media.urlpatterns(),
    path("api/v1/", include("search.api_urls")),
    path("api/v1/", include("catalog.api_urls")),
    # Each page has an address per language; without one the visitor's own is chosen.
    *i18n_patterns(
        path("", include("search.urls")),
        path("", include("catalog.urls")),
    ),
]
