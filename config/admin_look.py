"""How the admin looks and where its pages are: what staff need daily first, operators' last."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from catalog.messages import is_broker_away

Item = dict[str, Any]


def for_superusers(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def may_see(app: str, model: str) -> Callable[[HttpRequest], bool]:
    """Whether somebody may open the pages of a model, as these say themselves."""

    def allowed(request: HttpRequest) -> bool:
        from django.apps import apps
        from django.contrib import admin

        return admin.site._registry[apps.get_model(app, model)].has_module_permission(request)

    return allowed


def at_builds(request: HttpRequest) -> bool:
    """The pages of the map lie below theirs, and have lines of their own."""
    builds = str(reverse_lazy("admin:search_build_changelist"))
    below_map = str(reverse_lazy("admin:search_map"))
    return request.path.startswith(builds) and not request.path.startswith(below_map)


def at_map(request: HttpRequest) -> bool:
    """Without what lies below it, which has lines of its own."""
    return request.path == str(reverse_lazy("admin:search_map"))


def pages_of(title: Any, icon: str, app: str, model: str) -> Item:
    link = reverse_lazy(f"admin:{app}_{model}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": may_see(app, model)}


def page(title: Any, icon: str, name: str, permission: Any = None) -> Item:
    item = {"title": title, "icon": icon, "link": reverse_lazy(name)}
    return item if permission is None else item | {"permission": permission}


def away(request: HttpRequest) -> list[Any] | None:
    """What stands at the head of each page while messages to the workers are not taken."""
    if not is_broker_away():
        return None
    return [_("The queue is away: what you save is kept, and compared once it is back"), "warning"]


NAVIGATION = [
    {
        "title": _("Catalogue"),
        "items": [
            pages_of(_("Products"), "inventory_2", "catalog", "product"),
            pages_of(_("Imports"), "upload_file", "catalog", "import"),
            pages_of(_("Changes of many"), "undo", "catalog", "undo"),
            page(_("Health of the data"), "health_and_safety", "search-staff:health"),
            pages_of(_("Categories"), "account_tree", "catalog", "category"),
        ],
    },
    {
        "title": _("Recommendations"),
        "separator": True,
        "items": [
            pages_of(_("Rules"), "rule", "search", "rule"),
            page(_("Map"), "bubble_chart", "admin:search_map") | {"active": at_map},
            page(_("Wrong category?"), "move_up", "admin:search_map_misfits"),
            page(_("Duplicates"), "content_copy", "admin:search_map_repeats"),
        ],
    },
    {
        "title": _("Index"),
        "separator": True,
        "items": [
            page(_("Dashboard"), "monitoring", "search-staff:dashboard", for_superusers),
            pages_of(_("Builds"), "deployed_code", "search", "build") | {"active": at_builds},
            pages_of(_("Evaluations"), "analytics", "search", "evaluation"),
            pages_of(_("Failed embeddings"), "error", "search", "failure"),
            pages_of(_("Parked tasks"), "local_parking", "search", "parkedtask"),
            pages_of(_("Announcements"), "campaign", "search", "announcement"),
            pages_of(_("Click weights"), "ads_click", "search", "clickweights"),
            pages_of(_("Spaces"), "scatter_plot", "search", "space"),
            pages_of(_("Schedule"), "schedule", "django_celery_beat", "periodictask"),
        ],
    },
    {
        "title": _("Access"),
        "separator": True,
        "items": [
            pages_of(_("Shops"), "storefront", "catalog", "shop"),
            pages_of(_("Memberships"), "badge", "catalog", "membership"),
            pages_of(_("API tokens"), "key", "catalog", "apitoken"),
            pages_of(_("People"), "person", "auth", "user"),
            pages_of(_("Groups"), "group", "auth", "group"),
            page(_("Second factor"), "phonelink_lock", "second-factor:page"),
            pages_of(_("Audit log"), "policy", "catalog", "staffaction"),
        ],
    },
]

UNFOLD = {
    "SITE_TITLE": "Niteru",
    "ENVIRONMENT": "config.admin_look.away",
    "SITE_HEADER": "Niteru",
    "SITE_URL": "/",
    "SIDEBAR": {"show_search": True, "show_all_applications": True, "navigation": NAVIGATION},
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
            {"title": _("Second factor"), "link": reverse_lazy("second-factor:page")},
        ]
    },
    "STYLES": [lambda request: static("niteru/admin.css")],
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            # Called for each page: a file's hashed name isn't known while settings are read.
            "href": lambda request: static("niteru/icon.svg"),
        }
    ],
}
