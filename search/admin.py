"""Spaces, builds and failures to look at, and the schedule to change."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
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
from unfold.admin import TabularInline

from catalog.admin.scope import Nothing, ReadOnly, SiteAdmin, SuperuserOnly, shops_of
from search import admin_rules, admin_work
from search.assembly import Step
from search.engine.fusion import format_mix
from search.map_pages.urls import urls as map_urls
from search.models import Build, ClickWeights, Evaluation, EvaluationRow, Failure, Space

__all__ = ["admin_rules", "admin_work"]  # they register their own


@admin.register(Space)
class SpaceAdmin(ReadOnly, SiteAdmin):
    list_display = ["slug", "signal", "dimension", "fitted_at"]
    list_filter = ["signal"]
    nothing = Nothing(_("No models yet"), _("They are fitted to the first products."))


@admin.register(Build)
class BuildAdmin(ReadOnly, SiteAdmin):
    list_display = [
        "id",
        "state_shown",
        "profile",
        "products",
        "recall_shown",
        "megabytes",
        "seconds_shown",
        "published_at",
    ]
    list_filter = ["state"]
    nothing = Nothing(
        _("No index was built yet"),
        _("It is as soon as products are encoded; each night builds it anew."),
    )

    def get_urls(self) -> list[URLPattern]:
        found: list[URLPattern] = super().get_urls()
        return [*map_urls(), *found]

    @admin.display(description=_("state"), ordering="state")
    def state_shown(self, build: Build) -> str:
        if build.state != Build.State.RUNNING or not build.step:
            return build.get_state_display()
        return format_html(
            '{} <progress max="1" value="{}"></progress>', Step(build.step).label, build.share
        )

    @admin.display(description="MB", ordering="bytes")
    def megabytes(self, build: Build) -> str:
        return f"{build.bytes / 1e6:.1f}"

    @admin.display(description=_("recall against exact search"), ordering="recall")
    def recall_shown(self, build: Build) -> str:
        return four_digits(build.recall)

    @admin.display(description=_("seconds"), ordering="seconds")
    def seconds_shown(self, build: Build) -> str:
        return "" if build.seconds is None else f"{build.seconds:.1f}"


class EvaluationRowInline(TabularInline):
    model = EvaluationRow
    extra = 0
    can_delete = False
    hide_title = True
    fields = readonly_fields = [
        "system",
        "queries",
        "ndcg_shown",
        "precision_shown",
        "coverage_shown",
        "orphans_shown",
        "full_lists_shown",
        "seconds_shown",
    ]

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="nDCG")
    def ndcg_shown(self, row: EvaluationRow) -> str:
        return four_digits(row.ndcg)

    @admin.display(description=_("precision"))
    def precision_shown(self, row: EvaluationRow) -> str:
        return four_digits(row.precision)

    @admin.display(description=_("coverage"))
    def coverage_shown(self, row: EvaluationRow) -> str:
        return four_digits(row.coverage)

    @admin.display(description=_("in nobody's list"))
    def orphans_shown(self, row: EvaluationRow) -> str:
        return four_digits(row.orphans)

    @admin.display(description=_("full lists"))
    def full_lists_shown(self, row: EvaluationRow) -> str:
        return four_digits(row.full_lists)

    @admin.display(description=_("seconds"))
    def seconds_shown(self, row: EvaluationRow) -> str:
        return f"{row.seconds:.1f}"


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnly, SiteAdmin):
    list_display = ["at", "build", "labels_shown", "products", "queries", "fusion", "recall_shown"]
    list_select_related = ["build"]
    fields = [
        "at",
        "build",
        "k",
        "labels_shown",
        "products",
        "queries",
        "recall_shown",
        "weights_shown",
    ]
    inlines = [EvaluationRowInline]
    nothing = Nothing(
        _("No evaluation yet"), _("Each night measures one, and so does manage.py evaluate.")
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evaluation]:
        return super().get_queryset(request).prefetch_related("rows")

    @admin.display(description=_("labels"))
    def labels_shown(self, evaluation: Evaluation) -> str:
        return ", ".join(evaluation.labels)

    @admin.display(description=_("weights of the signals, by system"))
    def weights_shown(self, evaluation: Evaluation) -> str:
        mixed = {system: mix for system, mix in evaluation.weights.items() if len(mix) > 1}
        names = dict(EvaluationRow.System.choices)
        lines = ((names.get(system, system), heaviest_first(mix)) for system, mix in mixed.items())
        return format_html_join(mark_safe("<br>"), "{}: {}", lines)

    @admin.display(description=_("nDCG of the fusion"))
    def fusion(self, evaluation: Evaluation) -> str:
        rows = {row.system: row for row in evaluation.rows.all()}
        fused = rows.get(EvaluationRow.System.FUSION)
        return four_digits(fused.ndcg if fused else None)

    @admin.display(description=_("recall against exact search"))
    def recall_shown(self, evaluation: Evaluation) -> str:
        return four_digits(evaluation.recall)


def heaviest_first(mix: dict[str, float]) -> str:
    return format_mix(dict(sorted(mix.items(), key=lambda part: -part[1])))


def four_digits(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


@admin.register(Failure)
class FailureAdmin(ReadOnly, SiteAdmin):
    list_display = ["product", "space", "reason", "at"]
    list_select_related = ["product", "space"]
    search_fields = ["product__sku", "product__title", "reason"]
    nothing = Nothing(
        _("Nothing failed to be encoded"),
        _("What does, such as a broken picture, stands here with the reason until it is mended."),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Who may delete a product must be able to delete this with it; alone it means a new try.
        if obj is None or request.user.is_superuser:
            return bool(request.user.is_superuser)
        return shops_of(request).filter(pk=obj.product.shop_id).exists()


# django-celery-beat registers its own pages; these are the same in the site's clothes. Its actions
# run any task there is and ask for no permission.
SCHEDULE_MODELS = [PeriodicTask, CrontabSchedule, IntervalSchedule, ClockedSchedule, SolarSchedule]
admin.site.unregister(SCHEDULE_MODELS)


@admin.register(PeriodicTask)
class TaskAdmin(SuperuserOnly, BeatTaskAdmin, SiteAdmin):
    # unfold's, since beat's has a script within the page, which our policy forbids: all it does is
    # to say a crontab in words below its field.
    change_form_template = None


@admin.register(CrontabSchedule)
class CrontabAdmin(SuperuserOnly, BeatCrontabAdmin, SiteAdmin):
    pass


@admin.register(ClockedSchedule)
class ClockedAdmin(SuperuserOnly, BeatClockedAdmin, SiteAdmin):
    pass


@admin.register(IntervalSchedule, SolarSchedule)
class OtherScheduleAdmin(SuperuserOnly, SiteAdmin):
    pass


@admin.register(ClickWeights)
class ClickWeightsAdmin(ReadOnly, SiteAdmin):
    list_display = ["at", "views", "clicks", "learnt", "without", "test"]
    nothing = Nothing(
        _("Nothing was learnt from clicks yet"),
        _("Each night does, once enough of what is recommended was seen and clicked."),
    )

    @admin.display(description=_("weights of the signals"))
    def learnt(self, kept: ClickWeights) -> str:
        return format_mix(kept.weights)

    @admin.display(description=_("weights without clicks"))
    def without(self, kept: ClickWeights) -> str:
        return format_mix(kept.before)

    @admin.display(description=_("A/B test"))
    def test(self, kept: ClickWeights) -> str:
        test = kept.comparison
        if not test or test["difference"] is None:
            return "–"
        between = _("%(difference)+.2f points (95 %% between %(low)+.2f and %(high)+.2f)")
        points = {name: 100 * (test[name] or 0) for name in ("difference", "low", "high")}
        return str(between) % points
