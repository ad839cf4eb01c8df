"""The audit log: superusers read and search it, and nobody changes it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter

from catalog.admin.scope import SiteAdmin, SuperuserOnly
from catalog.models import StaffAction


@admin.register(StaffAction)
class StaffActionAdmin(SuperuserOnly, SiteAdmin):
    list_display = ("at", "username", "address", "kind", "model", "what")
    list_display_links = ("at", "what")
    list_filter = ("kind", ("at", RangeDateTimeFilter))
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("username", "what", "detail", "=address", "=object_id")
    fields = (
        "at",
        "username",
        "user_id",
        "address",
        "kind",
        "model",
        "object_id",
        "what",
        "detail",
    )
    readonly_fields = ("at", "user_id")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
