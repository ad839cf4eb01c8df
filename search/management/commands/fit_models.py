from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import pipeline
from search.builds import BuildError
from search.engine.errors import EngineError


class Command(BaseCommand):
    help = "Fit what is learnt from the catalogue; makes the picture network on first use."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            fitted = pipeline.fit_models()
        except (BuildError, EngineError) as err:
            raise CommandError(str(err)) from err
        for space in fitted:
            self.stdout.write(f"{space.slug} ({space.dimension}-d)")
