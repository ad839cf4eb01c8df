"""Pages of the admin where people look and change nothing."""

from django.http import HttpRequest

from catalog.admin.scope import SiteAdmin


class ReadOnlyAdmin(SiteAdmin):
    """For what the pipeline writes: people look at it and change the products instead."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
