"""Questions about vectors and builds, in the operator's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

import numpy as np
from django.apps import apps
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from search.models import Build, Space


class SpaceQuerySet(models.QuerySet["Space"]):
    def of_signal(self, signal: str | None) -> Self:
        return self.filter(signal=signal) if signal else self

    def newest_of_each_signal(self) -> Self:
        """The spaces that the next build will name."""
        return self.filter(
            pk__in=self.model._default_manager.order_by("signal", "-fitted_at", "-id")
            .distinct("signal")
            .values("pk")
        ).order_by("signal")

    def wanted(self) -> Self:
        """The newest, and those that the published build serves meanwhile."""
        build = apps.get_model("search", "Build").objects.published_one()
        served = Q(builds=build) if build else Q(pk__in=[])
        newest = self.newest_of_each_signal().values("pk")
        # Pictures' spaces of the first release kept no encoder, so nothing more is encoded in them.
        lost = Q(signal="image", artifact="")
        return self.filter(served | Q(pk__in=newest)).exclude(lost).distinct()


class EmbeddingQuerySet(models.QuerySet):
    def matrix(self, *, space: Space, product_ids: Sequence[int]) -> np.ndarray:
        """The encoder's output for these products; a zero row where there is none.

        -> (len(product_ids), space.dimension) float32.
        """
        rows = np.zeros((len(product_ids), space.dimension), dtype=np.float32)
        found = self.filter(space=space, product__in=list(product_ids))
        place = {pk: row for row, pk in enumerate(product_ids)}
        for pk, vector in found.values_list("product", "vector"):
            rows[place[pk]] = np.frombuffer(vector, dtype="<f2")
        return rows


class BuildQuerySet(models.QuerySet["Build"]):
    def published_one(self) -> Build | None:
        """The build that is served: of all that were ever published, the latest."""
        return self.published_ones().first()

    def published_ones(self) -> Self:
        """All that were ever published and are kept, the one that is served first."""
        return self.filter(published_at__isnull=False).order_by("-published_at")

    def ready(self) -> Self:
        return self.filter(state="ready")


class RuleQuerySet(models.QuerySet):
    def ahead(self, moment: datetime) -> Self:
        """Those that are in force at this moment, or may come to be later."""
        return self.filter(active=True).filter(Q(ends_at=None) | Q(ends_at__gt=moment))

    def in_force(self, moment: datetime) -> Self:
        return self.ahead(moment).filter(Q(starts_at=None) | Q(starts_at__lte=moment))

    def waiting(self, moment: datetime) -> Self:
        return self.ahead(moment).filter(starts_at__gt=moment)

    def ended(self, moment: datetime) -> Self:
        return self.filter(active=True, ends_at__lte=moment)

    def off(self) -> Self:
        return self.filter(active=False)

    def for_sentences(self) -> Self:
        """With all that is told of them, in a fixed number of queries."""
        return self.select_related(
            "shop",
            "scope_product",
            "scope_category",
            "target_product",
            "target_category",
            "target_shop",
        ).prefetch_related("target_product__images")
