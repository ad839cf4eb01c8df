"""The audit log: superusers read and search it, and nobody changes it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from catalog.admin.scope import ReadOnly, SiteAdmin, SuperuserOnly
from catalog.models import StaffAction


@admin.register(StaffAction)
class StaffActionAdmin(ReadOnly, SuperuserOnly, SiteAdmin):
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
        "number",
        "address",
        "kind",
        "model",
        "object_id",
        "what",
        "detail",
    )
    readonly_fields = ("at", "number")

    @admin.display(description=_("number of the person"))
    def number(self, action: StaffAction) -> int | None:
        return action.user_id
