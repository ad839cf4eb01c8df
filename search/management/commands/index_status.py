import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from search import pipeline

WORK_NEEDED = 3


class Command(BaseCommand):
    help = f"Whether the published build covers the database; exit status {WORK_NEEDED} if not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to-serve",
            action="store_true",
            help="whether it is good enough to serve while workers do the rest",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = pipeline.hindrances() if options["to_serve"] else pipeline.shortcomings()
        for line in found or ["the published build covers the database"]:
            self.stdout.write(line)
        if found:
            sys.exit(WORK_NEEDED)
