"""What the admin's pages load of search; for staff alone."""

from django.contrib import admin
from django.urls import path

from search import staff_views

app_name = "search-staff"
urlpatterns = [
    path(
        "products/<int:pk>/neighbours/",
        admin.site.admin_view(staff_views.neighbours),
        name="neighbours",
    ),
]
