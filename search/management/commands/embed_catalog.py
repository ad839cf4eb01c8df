import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import pipeline, tasks
from search.engine.errors import EngineError
from search.management import progress
from search.models import Failure

POLL_SECONDS = 0.5
# A worker that was killed takes its messages with it, so what stands still is sent again.
STANDSTILL_SECONDS = 30
GIVE_UP_AFTER = 4  # times that nothing moved


class Command(BaseCommand):
    help = "Encode every product that is new or has changed since it was encoded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queue", action="store_true", help="let the running worker do it, and wait"
        )
        parser.add_argument(
            "--retry-failed", action="store_true", help="try again what could not be encoded"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        if options["retry_failed"]:
            Failure.objects.all().delete()
        try:
            done = self.through_worker() if options["queue"] else self.here()
        except EngineError as err:
            raise CommandError(str(err)) from err
        seconds = time.monotonic() - started
        self.stdout.write(f"encoded {done} products in {seconds:.1f} s")
        if failed := Failure.objects.values("product").distinct().count():
            self.stdout.write(f"{failed} could not be encoded: see Failed embeddings in the admin")

    def here(self) -> int:
        total = len(pipeline.stale_products())
        with progress.bar(total=total, what="encoding") as bar:
            return pipeline.embed_catalog(progress=bar.update)

    def through_worker(self) -> int:
        waiting = pipeline.stale_products()
        total = left = len(waiting)
        tasks.send_embed(waiting)
        moved, stood = time.monotonic(), 0
        with progress.bar(total=total, what="encoding") as bar:
            while left:
                time.sleep(POLL_SECONDS)
                waiting = pipeline.stale_products()
                if len(waiting) < left:
                    bar.update(left - len(waiting))
                    left, moved, stood = len(waiting), time.monotonic(), 0
                elif time.monotonic() - moved > STANDSTILL_SECONDS:
                    stood += 1
                    self.stand_still(waiting, times=stood)
                    moved = time.monotonic()
        return total

    def stand_still(self, waiting: list[int], *, times: int) -> None:
        if times >= GIVE_UP_AFTER:
            raise CommandError(
                f"{len(waiting)} products wait and nothing moves: start a worker with "
                "`celery -A config worker`, or run embed_catalog without --queue"
            )
        self.stderr.write("nothing moved for a while: sending again what waits")
        tasks.send_embed(waiting)
