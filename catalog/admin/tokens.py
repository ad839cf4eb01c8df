"""Tokens of the API: made here, shown once, revoked here."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from catalog import audit, tokens
from catalog.admin.scope import Nothing, OfMyShops, SiteAdmin, shops_of
from catalog.audit import Kind
from catalog.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(OfMyShops, SiteAdmin):
    list_display = ("name", "shop", "can_write", "ending", "last_used_at", "revoked_at")
    list_filter = ("shop", "can_write")
    list_select_related = ("shop",)
    fields = ("shop", "name", "can_write")
    actions = ("revoke",)
    nothing = Nothing(
        _("No app has a token yet"),
        _("What shoppers see is read without one. An app that saves products needs its shop's."),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return super().get_queryset(request).filter(shop__in=shops_of(request))

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name == "shop":
            kwargs["queryset"] = shops_of(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        made, key = tokens.issue(shop=obj.shop, name=obj.name, can_write=obj.can_write)
        obj.pk = made.pk
        audit.record(Kind.TOKEN_MADE, request=request, thing=made)
        told = _("Copy the token now, it is not shown again: {}")
        messages.warning(request, format_html(str(told), key))

    @admin.display(description=_("ends in"))
    def ending(self, token: ApiToken) -> str:
        return f"…{token.hint}"

    @admin.action(description=_("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            tokens.revoke(token)
            audit.record(Kind.TOKEN_REVOKED, request=request, thing=token)
