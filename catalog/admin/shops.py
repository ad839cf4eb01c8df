"""Shops and the people who work for them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from catalog import closing
from catalog.admin.scope import Nothing, SiteAdmin, SuperuserOnly, has_shops, shops_of
from catalog.admin.undoing import offer
from catalog.models import Membership, Shop

OWNERS = (Membership.Role.OWNER.value,)


class MembershipInline(SuperuserOnly, TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Shop)
class ShopAdmin(SuperuserOnly, SiteAdmin):
    """Owners see and change their own shop; making and removing shops is for superusers."""

    list_display = ("name", "slug")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (MembershipInline,)
    nothing = Nothing(_("No shops yet"), _("An import makes those that its file names."))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shop]:
        mine = self._owned(request)
        return super().get_queryset(request).filter(pk__in=mine.values("pk"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request) or has_shops(request, roles=OWNERS)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if self._is_superuser(request):
            return True
        if obj is None:
            return has_shops(request, roles=OWNERS)
        return self._owned(request).filter(pk=obj.pk).exists()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Addresses and feeds name a shop by its slug.
        return () if self._is_superuser(request) else ("slug",)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return super().get_prepopulated_fields(request, obj) if self._is_superuser(request) else {}

    def delete_model(self, request: HttpRequest, obj: Shop) -> None:
        offer(request, closing.remove_shop(shop=obj, by=request.user).batch)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Shop]) -> None:
        for shop in queryset:
            self.delete_model(request, shop)

    def _owned(self, request: HttpRequest) -> QuerySet[Shop]:
        return shops_of(request, roles=OWNERS)


@admin.register(Membership)
class MembershipAdmin(SuperuserOnly, SiteAdmin):
    list_display = ("user", "shop", "role")
    list_filter = ("shop", "role")
    list_select_related = ("user", "shop")
    search_fields = ("user__username", "user__email", "shop__name")
    autocomplete_fields = ("user", "shop")
    nothing = Nothing(
        _("Nobody belongs to a shop yet"),
        _("Who does sees and changes what is of that shop; superusers may change everything."),
    )
