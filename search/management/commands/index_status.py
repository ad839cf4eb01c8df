import sys
from typing import Any

from django.core.management.base import BaseCommand

from search import pipeline

WORK_NEEDED = 3


class Command(BaseCommand):
    help = f"Whether the published build covers the database; exit status {WORK_NEEDED} if not."

    def handle(self, *args: Any, **options: Any) -> None:
        found = pipeline.shortcomings()
        for line in found or ["the published build covers the database"]:
            self.stdout.write(line)
        if found:
            sys.exit(WORK_NEEDED)
