from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import builds
from search.builds import BuildError
from search.engine.errors import EngineError


class Command(BaseCommand):
    help = "Serve an earlier build again: the one named, or the one that was served before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", nargs="?", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            build = builds.rollback_build(options["id"])
        except (BuildError, EngineError) as err:
            raise CommandError(str(err)) from err
        self.stdout.write(f"published build {build.pk}")
