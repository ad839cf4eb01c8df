from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import pruning
from search.builds import BuildError


class Command(BaseCommand):
    help = "Delete old builds, and the spaces and changes that no kept build needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--keep", type=int, default=pruning.KEPT, help="builds to keep")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep"] < 1:
            raise CommandError("--keep: at least 1, the published build")
        try:
            count = pruning.prune_builds(keep=options["keep"])
        except BuildError as err:
            raise CommandError(str(err)) from err
        self.stdout.write(f"deleted {count} builds")
