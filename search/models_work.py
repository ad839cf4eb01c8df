"""What the database remembers of background work: tries, what was given up, what is to be told."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Attempt(models.Model):
    """Work that was begun and has not succeeded: it goes on, has failed, or its process is gone."""

    key = models.CharField(max_length=64, unique=True)  # digest of task and arguments
    task = models.CharField(_("task"), max_length=100)
    arguments = models.JSONField(_("arguments"), default=list)
    times = models.PositiveSmallIntegerField(_("times"), default=0)
    reason = models.TextField(_("reason"), blank=True)
    first_at = models.DateTimeField(_("first"), auto_now_add=True)
    last_at = models.DateTimeField(_("last"), auto_now=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"{self.task}{self.arguments}"


class ParkedTask(models.Model):
    """Work that failed too often, and is not tried again before somebody says so."""

    key = models.CharField(max_length=64, unique=True)  # as an attempt's
    task = models.CharField(_("task"), max_length=100)
    arguments = models.JSONField(_("arguments"), default=list)
    times = models.PositiveIntegerField(_("times"))
    reason = models.TextField(_("reason"))
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"), db_index=True)

    class Meta:
        verbose_name = _("parked task")
        verbose_name_plural = _("parked tasks")
        ordering = ["-last_at", "-id"]

    def __str__(self) -> str:
        return f"{self.task}{self.arguments}"


class Announcement(models.Model):
    """What one receiver is to be told of a build, and whether it has been."""

    class Channel(models.TextChoices):
        WEBHOOK = "webhook", _("webhook")
        SNS = "sns", "SNS"

    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    receiver = models.CharField(_("receiver"), max_length=2000)
    event = models.CharField(_("event"), max_length=40)
    body = models.TextField(_("body"))  # as it is signed, to the byte
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # When it is to be tried next; null once it has arrived or was given up.
    due_at = models.DateTimeField(_("due"), null=True, db_index=True)
    delivered_at = models.DateTimeField(_("arrived"), null=True)
    reason = models.TextField(_("why it failed"), blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.event} → {self.receiver}"
