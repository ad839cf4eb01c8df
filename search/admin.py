"""Spaces, builds and failures to look at, and the schedule to change."""

from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat.admin import ClockedScheduleAdmin as BeatClockedAdmin
from django_celery_beat.admin import CrontabScheduleAdmin as BeatCrontabAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as BeatTaskAdmin
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin

from search.models import Build, Failure, Space


class ReadOnlyAdmin(ModelAdmin):
    """For what the pipeline writes: people look at it and change the products instead."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Space)
class SpaceAdmin(ReadOnlyAdmin):
    list_display = ["slug", "signal", "dimension", "fitted_at"]
    list_filter = ["signal"]


@admin.register(Build)
class BuildAdmin(ReadOnlyAdmin):
    list_display = ["id", "state", "products", "recall", "megabytes", "seconds", "published_at"]
    list_filter = ["state"]

    @admin.display(description="MB", ordering="bytes")
    def megabytes(self, build: Build) -> str:
        return f"{build.bytes / 1e6:.1f}"


@admin.register(Failure)
class FailureAdmin(ReadOnlyAdmin):
    list_display = ["product", "space", "reason", "at"]
    list_select_related = ["product", "space"]
    search_fields = ["product__sku", "product__title", "reason"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # Who may delete a product must be able to delete this with it; alone it means a new try.
        return True


# django-celery-beat registers its own pages; these are the same in the site's clothes.
SCHEDULE_MODELS = [PeriodicTask, CrontabSchedule, IntervalSchedule, ClockedSchedule, SolarSchedule]
admin.site.unregister(SCHEDULE_MODELS)


@admin.register(PeriodicTask)
class TaskAdmin(BeatTaskAdmin, ModelAdmin):
    pass


@admin.register(CrontabSchedule)
class CrontabAdmin(BeatCrontabAdmin, ModelAdmin):
    pass


@admin.register(ClockedSchedule)
class ClockedAdmin(BeatClockedAdmin, ModelAdmin):
    pass


@admin.register(IntervalSchedule, SolarSchedule)
class OtherScheduleAdmin(ModelAdmin):
    pass
