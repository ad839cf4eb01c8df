from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import builds, locks
from search.builds import BuildError
from search.engine.errors import EngineError
from search.management import progress


class Command(BaseCommand):
    help = "Build an index of all encoded products; publish_build then serves it."

    def handle(self, *args: Any, **options: Any) -> None:
        if not locks.is_building() and (left := builds.unfinished()):
            self.stdout.write(f"going on with build {left.pk}, which was interrupted")
        try:
            with progress.steps() as told:
                build = builds.build_index(progress=told)
        except (BuildError, EngineError) as err:
            raise CommandError(str(err)) from err
        recall = "" if build.recall is None else f", recall@10 {build.recall:.3f} of exact search"
        self.stdout.write(
            f"build {build.pk}: {build.products} products, {build.bytes / 1e6:.1f} MB{recall}"
        )
