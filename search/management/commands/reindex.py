import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from search import builds
from search.evaluation import nightly

STEPS = [
    ["fit_models"],
    ["embed_catalog"],
    ["build_index"],
    ["publish_build"],
    ["prune_builds"],
    ["evaluate", "--systems", ",".join(nightly.SYSTEMS)],
    ["map_catalog"],
]
# What may fail without harm to what shoppers see: an empty catalogue has nothing to measure.
OPTIONAL = ("evaluate", "map_catalog")


class Command(BaseCommand):
    help = "Every step of the nightly job, one after the other."

    def handle(self, *args: Any, **options: Any) -> None:
        for number, step in enumerate(STEPS, start=1):
            started = time.monotonic()
            self.stdout.write(f"[{number}/{len(STEPS)}] {step[0]}")
            if step == ["fit_models"] and builds.unfinished():
                self.stdout.write("    not now: an interrupted build goes on")
                continue
            self.take(step)
            self.stdout.write(f"    {time.monotonic() - started:.1f} s")

    def take(self, step: list[str]) -> None:
        try:
            call_command(*step, stdout=self.stdout, stderr=self.stderr)
        except CommandError as err:
            if step[0] not in OPTIONAL:
                raise
            self.stdout.write(f"    {err}")
