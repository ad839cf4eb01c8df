"""The dashboard of the index: for superusers, since builds hold the products of all shops."""

from collections.abc import Callable
from datetime import time
from functools import partial, wraps
from typing import Any, Concatenate

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from catalog import audit
from catalog.audit import Kind
from search import builds, operating, staff_runs, tasks
from search.assembly import Step
from search.builds import BuildError
from search.engine.errors import EngineError
from search.models import Build, Failure
from search.runs import records

WIDTH, HEIGHT = 640, 200  # of the plot, in its own units
FAILURES_SHOWN = 10
NIGHTLY = "search.tasks.reindex"

View = Callable[Concatenate[HttpRequest, ...], HttpResponse]


def for_superusers(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return admin.site.admin_view(guarded)


@for_superusers
def dashboard(request: HttpRequest) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Index"),
        **builds_shown(),
        **staff_runs.shown(),
        "queues": operating.queued(),
        "waiting": operating.waiting(),
        "failures": operating.failures()[:FAILURES_SHOWN],
        "failed": Failure.objects.count(),
        "parked": operating.parked(),
        "freshness": operating.freshness(),
        "rates": operating.click_rates(),
        "lines": operating.evaluated(width=WIDTH, height=HEIGHT),
        "width": WIDTH,
        "height": HEIGHT,
        "grid": [(share, HEIGHT * (1 - share)) for share in (0.25, 0.5, 0.75, 1.0)],
        "nightly": nightly(),
    }
    return TemplateResponse(request, "admin/search/dashboard.html", context)


@for_superusers
def build_rows(request: HttpRequest) -> HttpResponse:
    """The part of the page that a script asks for while a build is running."""
    return render(request, "admin/search/_builds.html", builds_shown())


def builds_shown() -> dict[str, Any]:
    recent = operating.recent_builds()
    return {
        "builds": [(build, step_of(build)) for build in recent],
        "published": Build.objects.published_one(),
        # A run that is under way may make one, or publish it.
        "is_building": records.unfinished() is not None
        or any(build.state == Build.State.RUNNING for build in recent),
    }


def step_of(build: Build) -> str:
    return str(Step(build.step).label) if build.step in Step.values else ""


@for_superusers
def run_rows(request: HttpRequest) -> HttpResponse:
    """The part of the page that a script asks for while a run waits or is under way."""
    return render(request, "admin/search/_runs.html", staff_runs.shown())


@require_POST
@for_superusers
def resume(request: HttpRequest) -> HttpResponse:
    """Have the latest run go on at the step that failed."""
    if records.try_again() is None:
        messages.error(request, _("Nothing has failed, or it is under way again already."))
        return redirect("search-staff:dashboard")
    return ask_for_a_run(request)


@require_POST
@for_superusers
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Serve a build; the page has shown what speaks against it, beside the button."""
    build = get_object_or_404(Build.objects.ready(), pk=pk)
    anyway = request.POST.get("anyway") == "yes"
    what = f"{build} anyway" if anyway else str(build)
    work = partial(builds.publish_build, build, anyway=anyway)
    return told(request, work, kind=Kind.PUBLISH, what=what)


@require_POST
@for_superusers
def roll_back(request: HttpRequest) -> HttpResponse:
    return told(request, builds.rollback_build, kind=Kind.ROLLBACK)


def told(
    request: HttpRequest, work: Callable[[], object], *, kind: Kind, what: str = ""
) -> HttpResponse:
    try:
        done = work()
    except (BuildError, EngineError) as err:
        messages.error(request, str(err))
    else:
        audit.record(kind, request=request, what=what or str(done))
    return redirect("search-staff:dashboard")


@require_POST
@for_superusers
def reindex(request: HttpRequest) -> HttpResponse:
    """Take every step that is called for, by a worker."""
    return ask_for_a_run(request)


def ask_for_a_run(request: HttpRequest) -> HttpResponse:
    if tasks.send_reindex(who=request.user.get_username()):
        messages.success(request, _("A worker takes what steps are called for; see below."))
    else:
        messages.error(request, _("The broker does not answer; try again in a while."))
    return redirect("search-staff:dashboard")


@require_POST
@for_superusers
def try_again(request: HttpRequest) -> HttpResponse:
    """Have everything that could not be encoded tried anew."""
    operating.try_again(Failure.objects.values_list("product", flat=True).distinct())
    messages.success(request, _("They are encoded again; what fails again comes back here."))
    return redirect("search-staff:dashboard")


@require_POST
@for_superusers
def reschedule(request: HttpRequest) -> HttpResponse:
    """When the nightly job runs, in the site's time zone."""
    task = get_object_or_404(PeriodicTask, task=NIGHTLY)
    try:
        at = time.fromisoformat(request.POST.get("at", ""))
    except ValueError:
        messages.error(request, _("Write a time such as 03:00."))
        return redirect("search-staff:dashboard")
    zone = task.crontab.timezone if task.crontab else settings.TIME_ZONE
    every_day = {"day_of_week": "*", "day_of_month": "*", "month_of_year": "*", "timezone": zone}
    task.crontab, _made = CrontabSchedule.objects.get_or_create(
        hour=str(at.hour), minute=str(at.minute), **every_day
    )
    task.enabled = True
    task.save()
    messages.success(request, _("The index is built anew every night at %s.") % f"{at:%H:%M}")
    return redirect("search-staff:dashboard")


def nightly() -> dict[str, Any] | None:
    task = PeriodicTask.objects.filter(task=NIGHTLY).select_related("crontab").first()
    if task is None or task.crontab is None:
        return None
    hour, minute = task.crontab.hour, task.crontab.minute
    plain = hour.isdigit() and minute.isdigit()
    return {
        "at": f"{int(hour):02}:{int(minute):02}" if plain else "",
        "zone": str(task.crontab.timezone),
        "enabled": task.enabled,
        "last": task.last_run_at,
        "pk": task.pk,
    }
