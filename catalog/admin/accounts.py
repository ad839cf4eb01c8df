"""People and groups, in the look of the rest of the admin."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, User
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from catalog.admin.scope import SiteAdmin, SuperuserOnly

admin.site.unregister(User)
admin.site.unregister(Group)
# Their pages show keys of phones to whoever may see them; catalog.admin.signing_in has ours.
admin.site.unregister(TOTPDevice)
admin.site.unregister(StaticDevice)


@admin.register(User)
class UserAdmin(SuperuserOnly, PlainUserAdmin, SiteAdmin):
    """For superusers: whoever may change people may make themselves one."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(SuperuserOnly, PlainGroupAdmin, SiteAdmin):
    """For superusers: whoever may change a group may give it every permission."""
