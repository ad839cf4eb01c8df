"""Where staff give and look after their second factor."""

from django.contrib import admin
from django.urls import path

from catalog.admin import signing_in

app_name = "second-factor"
urlpatterns = [
    # Before the door of the admin, so without its guard.
    path("code/", signing_in.code, name="code"),
    path("set-up/", signing_in.set_up, name="set-up"),
    path("leave/", signing_in.leave, name="leave"),
    path("", admin.site.admin_view(signing_in.page), name="page"),
    path("codes/", admin.site.admin_view(signing_in.new_codes), name="codes"),
    path("remove/", admin.site.admin_view(signing_in.remove), name="remove"),
]
