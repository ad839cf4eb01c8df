"""What staff do to many products at once, and what such work remembers."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models.goods import Shop
from catalog.querysets import ImportQuerySet


class Undo(models.Model):
    """What up to a thousand products of a shop were before staff changed them all at once.

    Without a shop: what is of all shops, categories and shops themselves included.
    """

    class Kind(models.TextChoices):
        PUBLISH = "publish", _("shown")
        HIDE = "hide", _("hidden")
        MOVE = "move", _("moved")
        REMOVE = "remove", _("deleted")
        CATEGORY = "category", _("category deleted")
        SHOP = "shop", _("shop deleted")

    batch = models.UUIDField(_("change"), db_index=True)  # of one change, however many it touched
    shop = models.ForeignKey(Shop, models.CASCADE, null=True, verbose_name=_("shop"))
    kind = models.CharField(_("what was done"), max_length=10, choices=Kind.choices)
    values = models.JSONField(default=dict, blank=True)  # that all of them were given
    before = models.JSONField()  # [{"id", "title", …}], as `catalog.undoing` reads them
    # What went along and is not back yet, as `catalog.attached` reads it.
    attached = models.JSONField(default=list, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)
    undone_at = models.DateTimeField(_("taken back"), null=True)

    class Meta:
        verbose_name = _("change of many products")
        verbose_name_plural = _("changes of many products")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {len(self.before)}"


class Import(models.Model):
    """A catalogue file that somebody uploaded, and how far it has been read."""

    class State(models.TextChoices):
        UPLOADING = "uploading", _("uploading")
        READY = "ready", _("waiting for your go")
        QUEUED = "queued", _("waiting for a worker")
        RUNNING = "running", _("being read")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    shop = models.ForeignKey(
        Shop,
        models.CASCADE,
        verbose_name=_("shop"),
        help_text=_("Whose products they are, where a row names no shop."),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name=_("by")
    )
    name = models.CharField(_("file"), max_length=200)
    size = models.PositiveBigIntegerField(_("bytes"))
    received = models.PositiveBigIntegerField(default=0)  # bytes of it
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.UPLOADING
    )
    called = models.JSONField(default=dict, blank=True)  # column of the file -> what it means
    hide_missing = models.BooleanField(_("hide what the file doesn't hold"), default=False)
    share = models.FloatField(_("share done"), default=0)
    rows = models.PositiveIntegerField(_("rows"), default=0)  # dealt with
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    hidden = models.PositiveIntegerField(_("hidden"), default=0)
    rejected_bytes = models.PositiveBigIntegerField(default=0)  # of their file, that count
    attempts = models.PositiveSmallIntegerField(default=0)  # that ended without getting further
    reason = models.TextField(_("why it failed"), blank=True)
    at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(received__lte=F("size")), name="no_more_is_received_than_was_announced"
            )
        ]

    def __str__(self) -> str:
        return self.name


class FetchedPicture(models.Model):
    """What an address held when it was last asked, so that it need not send it again."""

    address = models.CharField(max_length=2000)
    sha256 = models.CharField("SHA-256", max_length=64)
    # Where it came from, after redirects, and how that place tells one version from another.
    place = models.CharField(max_length=2000)
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("fetched picture")
        verbose_name_plural = _("fetched pictures")
        constraints = [
            models.UniqueConstraint(fields=["address"], name="one_fetched_picture_per_address")
        ]

    def __str__(self) -> str:
        return self.address
