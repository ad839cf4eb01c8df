"""Runs of the nightly job, and how each of their steps went."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from search.sayings import said


class PipelineRun(models.Model):
    """All steps from stale vectors to a served index, asked for by something or somebody."""

    class By(models.TextChoices):
        NIGHTLY = "nightly", _("the night")
        ADMIN = "admin", _("the admin")
        COMMAND = "command", _("a command")
        OUTGROWN = "outgrown", _("a catalogue that outgrew its index")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a worker")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    by = models.CharField(_("started by"), max_length=10, choices=By.choices, default=By.NIGHTLY)
    who = models.CharField(_("user"), max_length=150, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    full = models.BooleanField(_("everything anew"), default=False)
    # Who is at it, and when that process last said so.
    machine = models.CharField(_("machine"), max_length=200, blank=True)
    process = models.PositiveIntegerField(_("process"), null=True, blank=True)
    beat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    times_resumed = models.PositiveSmallIntegerField(_("times resumed"), default=0)
    build = models.ForeignKey(
        "search.Build",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("build"),
    )
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("run of the nightly job")
        verbose_name_plural = _("runs of the nightly job")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_run_waits_and_one_runs",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def seconds(self) -> float | None:
        return seconds_between(self.started_at, self.finished_at)

    @property
    def holder(self) -> str:
        """Who is at it, for people who have to look for that process."""
        return f"process {self.process} on {self.machine}"


class PipelineStep(models.Model):
    """One step of a run; `search.runs.table` says what each name does."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        SKIPPED = "skipped", _("skipped")
        FAILED = "failed", _("failed")

    run = models.ForeignKey(
        PipelineRun, models.CASCADE, related_name="steps", verbose_name=_("run")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("step"), max_length=20)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    detail = models.CharField(_("what it is doing"), max_length=100, blank=True)
    share = models.FloatField(_("share done"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # What it came to, or why it was skipped or failed: a sentence with what is filled in.
    reason = models.TextField(_("reason"), blank=True)
    facts = models.JSONField(default=dict, blank=True)
    # Digests of what its result follows from, and of what it left behind.
    inputs = models.CharField(max_length=64, blank=True)
    outputs = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("step of the nightly job")
        verbose_name_plural = _("steps of the nightly job")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="one_step_of_a_name_in_a_run")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def told(self) -> str:
        """The reason in the reader's language."""
        return said(self.reason, self.facts)

    @property
    def seconds(self) -> float | None:
        return seconds_between(self.started_at, self.finished_at)


def seconds_between(start: object, end: object) -> float | None:
    """Until now, while there is no end; None before the start."""
    if start is None:
        return None
    elapsed: timedelta = (end or timezone.now()) - start  # type: ignore[operator]
    return elapsed.total_seconds()
