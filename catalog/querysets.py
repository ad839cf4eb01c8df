"""Filters that a shopkeeper would recognise."""

from collections.abc import Sequence
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, When


class ImportQuerySet(models.QuerySet):
    def ongoing(self) -> Self:
        """Being read, or about to be."""
        return self.filter(state__in=["queued", "running"])


class ProductQuerySet(models.QuerySet):
    def published(self) -> Self:
        return self.filter(published=True)

    def in_stock(self) -> Self:
        """Stock that nobody counts is taken as there."""
        return self.filter(Q(stock__isnull=True) | Q(stock__gt=0))

    def of_shop(self, slug: str) -> Self:
        return self.filter(shop__slug=slug)

    def by_reference(self, reference: str) -> Self:
        """The product that an address names: its number, or `shop:sku`."""
        shop, separator, sku = reference.partition(":")
        if separator:
            return self.filter(shop__slug=shop, sku=sku)
        # A longer number fits no bigint, and Postgres would call it an error.
        if reference.isascii() and reference.isdigit() and len(reference) < 19:
            return self.filter(pk=int(reference))
        return self.none()

    def by_references(self, references: Sequence[str]) -> dict[str, Any]:
        """What several references name, in one query: {reference: product}, found ones alone."""
        named = Q(pk__in=[])
        for reference in references:
            shop, separator, sku = reference.partition(":")
            if separator:
                named |= Q(shop__slug=shop, sku=sku)
            elif reference.isascii() and reference.isdigit() and len(reference) < 19:
                named |= Q(pk=int(reference))
        found: dict[str, Any] = {}
        product: Any
        for product in self.filter(named).select_related("shop"):
            found[f"{product.shop.slug}:{product.sku}"] = found[str(product.pk)] = product
        return {reference: found[reference] for reference in references if reference in found}

    def in_category(self, path: str) -> Self:
        """Products of the category with this tree path and of all below it."""
        return self.filter(category__path__startswith=path)

    def with_pictures(self) -> Self:
        images = apps.get_model("catalog", "ProductImage")._default_manager
        return self.filter(Exists(images.filter(product=OuterRef("pk"))))

    def for_cards(self) -> Self:
        """With all that a card or an API row shows, in a fixed number of queries."""
        return self.select_related("shop", "category").prefetch_related("images")

    def in_order_of(self, ids: Sequence[int]) -> Self:
        """These products, in this order."""
        order = Case(*(When(pk=pk, then=position) for position, pk in enumerate(ids)))
        return self.filter(pk__in=ids).order_by(order if ids else "pk")

    def in_catalogue_order(self) -> Self:
        """By shop and sku: the same for the same catalogue, whatever the ids are."""
        return self.order_by("shop__slug", "sku")
