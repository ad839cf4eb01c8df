"""People and groups, in the look of the rest of the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import ManyToManyField
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from catalog.admin.scope import SiteAdmin, SuperuserOnly

admin.site.unregister(User)
admin.site.unregister(Group)
# Their pages show keys of phones to whoever may see them; catalog.admin.signing_in has ours.
admin.site.unregister(TOTPDevice)
admin.site.unregister(StaticDevice)


class OffersPermissions:
    """Offers those of the admin's pages alone: others permit nothing that anybody could do."""

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        if db_field.related_model is Permission:
            models = ContentType.objects.get_for_models(*admin.site._registry)
            kwargs["queryset"] = Permission.objects.filter(content_type__in=models.values())
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


@admin.register(User)
class UserAdmin(OffersPermissions, SuperuserOnly, PlainUserAdmin, SiteAdmin):
    """For superusers: whoever may change people may make themselves one."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(OffersPermissions, SuperuserOnly, PlainGroupAdmin, SiteAdmin):
    """For superusers: whoever may change a group may give it every permission."""
