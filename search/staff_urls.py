"""What the admin's pages load of search; for staff alone."""

from django.contrib import admin
from django.urls import path

from search import staff_dashboard, staff_health, staff_views

app_name = "search-staff"
urlpatterns = [
    path(
        "products/<int:pk>/neighbours/",
        admin.site.admin_view(staff_views.neighbours),
        name="neighbours",
    ),
    path("health/", admin.site.admin_view(staff_health.data_health), name="health"),
    path("health/<slug:name>/", admin.site.admin_view(staff_health.data_health), name="health-of"),
    path("dashboard/", staff_dashboard.dashboard, name="dashboard"),
    path("dashboard/builds/", staff_dashboard.build_rows, name="builds"),
    path("dashboard/runs/", staff_dashboard.run_rows, name="runs"),
    path("dashboard/resume/", staff_dashboard.resume, name="resume"),
    path("dashboard/publish/<int:pk>/", staff_dashboard.publish, name="publish"),
    path("dashboard/roll-back/", staff_dashboard.roll_back, name="roll-back"),
    path("dashboard/reindex/", staff_dashboard.reindex, name="reindex"),
    path("dashboard/try-again/", staff_dashboard.try_again, name="try-again"),
    path("dashboard/schedule/", staff_dashboard.reschedule, name="schedule"),
]
