"""Vectors of products and the indexes built from them."""

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from search.models_clicks import ClickWeights, Event
from search.models_map import Different, Merge, RightCategory
from search.models_rules import Rule
from search.models_runs import PipelineRun, PipelineStep
from search.models_work import Announcement, Attempt, ParkedTask
from search.querysets import BuildQuerySet, EmbeddingQuerySet, SpaceQuerySet
from search.sayings import said

__all__ = [
    "Announcement",
    "Attempt",
    "Build",
    "ClickWeights",
    "Different",
    "Embedding",
    "Evaluation",
    "EvaluationRow",
    "Event",
    "Failure",
    "Merge",
    "ParkedTask",
    "PipelineRun",
    "PipelineStep",
    "RightCategory",
    "Rule",
    "Space",
    "Wording",
]


class Space(models.Model):
    """One frozen transform: an encoder with the artefact it was fitted to. Never refitted."""

    class Signal(models.TextChoices):
        IMAGE = "image", _("picture")
        TEXT = "text", _("words")

    slug = models.CharField(_("name"), max_length=100, unique=True)
    signal = models.CharField(_("signal"), max_length=10, choices=Signal.choices)
    dimension = models.PositiveIntegerField(_("dimension"))
    # [{"name", "dimension", "share"}]: the stretches of a vector that are of unit length by
    # themselves, and how much each counts; empty where a vector is one piece.
    parts = models.JSONField(_("parts"), default=list, db_default=[], blank=True)
    artifact = models.CharField(_("folder of the artefact"), max_length=100, blank=True)
    fields = models.CharField(_("fields that are read"), max_length=100, blank=True)
    # Of the artefact's manifest, where the bucket has it for other machines to fetch.
    digest = models.CharField(
        _("digest"), max_length=64, default="", db_default="", blank=True, editable=False
    )
    # When a fit last arrived at this space; the newest of each signal is what is built next.
    fitted_at = models.DateTimeField(_("fitted"), default=timezone.now)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = SpaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("space")
        verbose_name_plural = _("spaces")
        ordering = ["-fitted_at", "-id"]

    def __str__(self) -> str:
        return self.slug


class Embedding(models.Model):
    """An encoder's output for one product, and the digest of what it was made from."""

    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="embeddings", verbose_name=_("product")
    )
    space = models.ForeignKey(
        Space, models.CASCADE, related_name="embeddings", verbose_name=_("space")
    )
    source_digest = models.CharField(_("digest of the source"), max_length=32)
    vector = models.BinaryField(_("vector"), help_text="little-endian float16 × dimension")
    # Null where it was encoded before this was noted.
    encoded_at = models.DateTimeField(_("encoded"), null=True, editable=False)

    objects = EmbeddingQuerySet.as_manager()

    class Meta:
        verbose_name = _("embedding")
        verbose_name_plural = _("embeddings")
        constraints = [
            models.UniqueConstraint(
                fields=["space", "product"], name="one_embedding_per_product_and_space"
            )
        ]
        # Rows are written in the order of time, so a few kilobytes find those of a day.
        indexes = [BrinIndex(fields=["encoded_at"], name="embedding_by_time")]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.space_id}"


class Wording(models.Model):
    """A product's words as our analyser cuts them, for Postgres to search."""

    product = models.OneToOneField(
        "catalog.Product", models.CASCADE, primary_key=True, related_name="wording"
    )
    source_digest = models.CharField(_("digest of the source"), max_length=32)
    title = SearchVectorField(_("words of title and brand"))
    words = SearchVectorField(_("all words"))

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        indexes = [GinIndex(fields=["words"], name="wording_by_word")]

    def __str__(self) -> str:
        return f"{self.product_id}"


class Failure(models.Model):
    """Why a product could not be encoded; tried again an hour later, or when its source changes."""

    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="failures", verbose_name=_("product")
    )
    space = models.ForeignKey(
        Space, models.CASCADE, related_name="failures", verbose_name=_("space")
    )
    source_digest = models.CharField(_("digest of the source"), max_length=32)
    reason = models.TextField(_("reason"))
    # Its process died of it: not tried again before its source changes or somebody says so.
    parked = models.BooleanField(_("parked"), default=False, db_default=False)
    at = models.DateTimeField(_("at"), auto_now=True)

    class Meta:
        verbose_name = _("failed embedding")
        verbose_name_plural = _("failed embeddings")
        constraints = [
            models.UniqueConstraint(
                fields=["space", "product"], name="one_failure_per_product_and_space"
            )
        ]

    def __str__(self) -> str:
        return self.reason


class Build(models.Model):
    """One immutable index in a folder of its own; the published one is the latest published."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RUNNING
    )
    spaces = models.ManyToManyField(Space, related_name="builds", verbose_name=_("spaces"))
    profile = models.CharField(_("profile"), max_length=10, blank=True)
    products = models.PositiveIntegerField(_("products"), default=0)
    recall = models.FloatField(_("recall against exact search"), null=True, blank=True)
    # What a running build is doing, how much of that is done, and for how long it has run, which
    # one that goes on after an interruption adds to.
    step = models.CharField(_("step"), max_length=20, default="", db_default="", blank=True)
    share = models.FloatField(_("share done"), default=0, db_default=0)
    seconds_before = models.FloatField(_("seconds so far"), default=0, db_default=0)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    bytes = models.PositiveBigIntegerField(_("bytes on disk"), default=0)
    # Of the manifests of the build and of its map, where the bucket has them.
    digest = models.CharField(
        _("digest"), max_length=64, default="", db_default="", blank=True, editable=False
    )
    map_digest = models.CharField(
        _("digest of the map"), max_length=64, default="", db_default="", blank=True, editable=False
    )
    reason = models.TextField(_("why it failed"), blank=True)
    # Digest of all that its content follows from, and what it was found to be when verified.
    inputs = models.CharField(max_length=64, default="", db_default="", blank=True, editable=False)
    figures = models.JSONField(
        _("figures"), default=dict, db_default={}, blank=True, editable=False
    )
    # [[sentence, {what is filled in}]]: why a build that is ready should not be served.
    doubts = models.JSONField(default=list, db_default=[], blank=True, editable=False)
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    objects = BuildQuerySet.as_manager()

    class Meta:
        verbose_name = _("build")
        verbose_name_plural = _("builds")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(state="ready"),
                name="only_a_ready_build_is_published",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def doubts_told(self) -> list[str]:
        """In the reader's language."""
        return [said(text, facts) for text, facts in self.doubts]


class Evaluation(models.Model):
    """How well several ways of finding similar items did at one moment, side by side."""

    # Builds go after a while; what was measured of them stays, to be plotted over time.
    build = models.ForeignKey(
        Build,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="evaluations",
        verbose_name=_("build"),
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)
    k = models.PositiveSmallIntegerField(_("length of a list"))
    labels = models.JSONField(_("labels"), default=list, blank=True)
    products = models.PositiveIntegerField(_("products"))
    queries = models.PositiveIntegerField(_("products asked for"))
    recall = models.FloatField(_("recall against exact search"), null=True, blank=True)
    weights = models.JSONField(_("weights of the signals, by system"), default=dict, blank=True)

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["-at", "-id"], name="evaluation_newest_first")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class EvaluationRow(models.Model):
    """One way of finding similar items, measured; empty where a figure can't be told."""

    class System(models.TextChoices):
        PICTURE = "picture", _("picture")
        FASTTEXT_MEAN = "fasttext_mean", _("fastText mean")
        SCDV_PUBLISHED = "scdv_published", _("SCDV as published")
        TFIDF_SVD = "tfidf_svd", _("TF-IDF + SVD")
        PICTURE_TFIDF = "picture_tfidf", _("picture + TF-IDF, best weight")
        TEXT = "text", _("words")
        ALIGNED = "aligned", _("words aligned to pictures")
        FUSION = "fusion", _("fusion")
        FUSION_HELD_OUT = "fusion_held_out", _("fusion, held-out half")
        LEARNT_HELD_OUT = "learnt_held_out", _("learnt weights, held-out half")

    evaluation = models.ForeignKey(
        Evaluation, models.CASCADE, related_name="rows", verbose_name=_("evaluation")
    )
    system = models.CharField(_("system"), max_length=20, choices=System.choices)
    queries = models.PositiveIntegerField(_("products asked for"))
    ndcg = models.FloatField("nDCG", null=True, blank=True)
    precision = models.FloatField(_("precision"), null=True, blank=True)
    coverage = models.FloatField(_("coverage"), null=True, blank=True)
    orphans = models.FloatField(_("in nobody's list"), null=True, blank=True)
    full_lists = models.FloatField(_("full lists"))
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("evaluated system")
        verbose_name_plural = _("evaluated systems")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "system"], name="one_row_per_evaluation_and_system"
            )
        ]

    def __str__(self) -> str:
        return self.get_system_display()
