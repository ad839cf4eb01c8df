"""What staff say of the map: what is in its right category, is different, or is one thing."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class RightCategory(models.Model):
    """Somebody has said that a product is right in its category, whatever its neighbours say."""

    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="+", verbose_name=_("product")
    )
    category = models.ForeignKey(
        "catalog.Category", models.CASCADE, related_name="+", verbose_name=_("category")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("confirmed category")
        verbose_name_plural = _("confirmed categories")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "category"], name="one_confirmation_per_product_and_category"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.category_id}"


class Different(models.Model):
    """Somebody has said that two products are different things, however alike they are."""

    one = models.ForeignKey("catalog.Product", models.CASCADE, related_name="+")
    other = models.ForeignKey("catalog.Product", models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("pair of different products")
        verbose_name_plural = _("pairs of different products")
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="one_difference_per_pair"),
            models.CheckConstraint(
                condition=Q(one__lt=F("other")), name="different_products_ascend"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} ≠ {self.other_id}"


class Merge(models.Model):
    """A product that was hidden because another is the same thing; deleted when that is undone."""

    kept = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="+", verbose_name=_("product that stayed")
    )
    hidden = models.OneToOneField(
        "catalog.Product", models.CASCADE, related_name="+", verbose_name=_("hidden product")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.hidden_id} → {self.kept_id}"
