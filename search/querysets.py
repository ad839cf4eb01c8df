"""Questions about vectors and builds, in the operator's words."""

from typing import Self

from django.db import models
from django.db.models import Q


class SpaceQuerySet(models.QuerySet):
    def newest_of_each_signal(self) -> Self:
        """The spaces that the next build will name."""
        return self.filter(
            pk__in=self.model.objects.order_by("signal", "-created_at", "-id")
            .distinct("signal")
            .values("pk")
        )

    def wanted(self) -> Self:
        """The newest, and those that the published build serves meanwhile."""
        build = self.model.builds.rel.related_model.objects.published_one()
        served = Q(builds=build) if build else Q(pk__in=[])
        newest = self.newest_of_each_signal().values("pk")
        return self.filter(served | Q(pk__in=newest)).distinct()


class EmbeddingQuerySet(models.QuerySet):
    def in_space(self, space: models.Model) -> Self:
        return self.filter(space=space)


class BuildQuerySet(models.QuerySet):
    def published_one(self) -> models.Model | None:
        """The build that is served: of all that were ever published, the latest."""
        return self.filter(published_at__isnull=False).order_by("-published_at").first()

    def ready(self) -> Self:
        return self.filter(state="ready")
