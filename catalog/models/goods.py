"""What is sold: shops, their categories, products and pictures. Knows nothing of search."""

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import MD5, Cast, Concat, Left, Length, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from catalog.querysets import ProductQuerySet

CATEGORY_SEPARATOR = " > "


def digest_of(*fields: str) -> MD5:
    """MD5 over several columns; the separator makes a word moved from one to the next count."""
    separator = Value("\x1f", output_field=models.TextField())
    parts = [part for field in fields for part in (Cast(field, models.TextField()), separator)]
    return MD5(Concat(*parts))


class Shop(models.Model):
    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    attribution = models.TextField(
        _("attribution"),
        blank=True,
        default="",
        help_text=_("Whose pictures and words these are, and under which licence."),
    )

    class Meta:
        ordering = ["slug"]
        verbose_name = _("shop")
        verbose_name_plural = _("shops")

    def __str__(self) -> str:
        return self.name


class Category(MP_Node):
    """A node of the one category tree that all shops share."""

    name = models.CharField(_("name"), max_length=200)

    node_order_by = ["name"]

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(
                Left("path", Length("path") - 4), "name", name="one_category_of_a_name_per_parent"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    shop = models.ForeignKey(Shop, models.PROTECT, related_name="products", verbose_name=_("shop"))
    sku = models.CharField(_("sku"), max_length=100)
    title = models.CharField(_("title"), max_length=500, blank=True)
    description = models.TextField(_("description"), blank=True)
    category = models.ForeignKey(
        Category,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("category"),
    )
    brand = models.CharField(_("brand"), max_length=200, blank=True)
    color = models.CharField(_("colour"), max_length=100, blank=True)
    price = models.DecimalField(
        _("price"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as JPY."))],
    )
    stock = models.PositiveIntegerField(
        _("stock"), null=True, blank=True, help_text=_("Empty where nobody counts it.")
    )
    url = models.URLField(_("where it is sold"), max_length=1000, blank=True)
    item_group_id = models.CharField(_("variant group"), max_length=100, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    published = models.BooleanField(_("published"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    # Kept by the database, so that no bulk update or raw SQL leaves a stale vector unnoticed.
    text_digest = models.GeneratedField(
        expression=digest_of("title", "description", "brand", "color"),
        output_field=models.CharField(max_length=32),
        db_persist=True,
    )
    # What is compared letter by letter, with slips of the hand forgiven.
    letters = models.GeneratedField(
        expression=Lower(Concat("title", Value(" "), "brand", Value(" "), "sku")),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "sku"], name="one_product_per_shop_and_sku"),
            models.CheckConstraint(condition=~Q(sku=""), name="product_has_a_sku"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0), name="price_is_not_negative"
            ),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="product_newest_first"),
            models.Index(fields=["category", "-created_at", "-id"], name="product_by_category"),
            models.Index(fields=["price", "id"], name="product_cheapest_first"),
            models.Index(
                F("price").desc(nulls_last=True), F("id").desc(), name="product_dearest_first"
            ),
            GinIndex(fields=["letters"], name="product_by_letters", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.title or self.sku

    def get_absolute_url(self) -> str:
        return reverse("catalog:product", args=[self.pk])

    @property
    def in_stock(self) -> bool:
        return self.stock is None or self.stock > 0

    @property
    def main_image(self) -> "ProductImage | None":
        return next(iter(self.images.all()), None)


class ProductImage(models.Model):
    """A picture of a product; its file and thumbnails are named after its content."""

    product = models.ForeignKey(
        Product, models.CASCADE, related_name="images", verbose_name=_("product")
    )
    # Of the bytes as they were uploaded, so that no codec's version changes a picture's name.
    sha256 = models.CharField("SHA-256", max_length=64)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "sha256"], name="one_picture_of_a_content_per_product"
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="picture_has_a_sha256"
            ),
        ]
        indexes = [models.Index(fields=["sha256"], name="picture_by_content")]

    def __str__(self) -> str:
        return f"{self.product} #{self.position}"


class PictureDigest(models.Model):
    """One digest over a product's pictures in their order, kept by a trigger on ProductImage."""

    product = models.OneToOneField(
        Product, models.CASCADE, primary_key=True, related_name="picture_digest"
    )
    digest = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("picture digest")
        verbose_name_plural = _("picture digests")

    def __str__(self) -> str:
        return self.digest
