"""What visitors did with lists of products, and what that taught."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """What a visitor did with a product of a list. Who it was can't be told after two days."""

    class Type(models.TextChoices):
        VIEW = "view", _("view")
        CLICK = "click", _("click")
        CART = "cart", _("cart")
        PURCHASE = "purchase", _("purchase")

    # Hashes with a salt that is thrown away: of the visitor's name, and of where they called from.
    visitor = models.BigIntegerField()
    origin = models.BigIntegerField()
    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="+", verbose_name=_("product")
    )
    type = models.CharField(_("type"), max_length=10, choices=Type.choices)
    source = models.CharField(_("list"), max_length=60)  # as of `queries.Query.source`
    position = models.PositiveSmallIntegerField(_("position"))  # from 0
    arm = models.PositiveSmallIntegerField(_("arm"), default=0)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(
                fields=["visitor", "product", "type"], name="one_event_per_visitor_product_type"
            )
        ]
        indexes = [models.Index(fields=["at"], name="event_by_time")]

    def __str__(self) -> str:
        return f"{self.type} {self.product_id}"


class ClickWeights(models.Model):
    """Weights of the signals as clicks teach them, and how they did beside those of the build."""

    at = models.DateTimeField(_("at"), auto_now_add=True)
    weights = models.JSONField(_("weights of the signals"))
    before = models.JSONField(_("weights without clicks"))
    views = models.PositiveIntegerField(_("views"))
    clicks = models.PositiveIntegerField(_("clicks"))
    # Click-through of both arms and the 95 % interval of the difference; empty without a test.
    comparison = models.JSONField(_("A/B test"), default=dict, blank=True)

    class Meta:
        verbose_name = _("weights from clicks")
        verbose_name_plural = _("weights from clicks")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
