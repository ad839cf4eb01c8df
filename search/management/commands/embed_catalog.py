import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import pipeline, tasks
from search.engine.errors import EngineError
from search.management import progress
from search.models import Failure, Space

# Each look is a query over all that waits, on the cores that encode: seldom while much is left.
POLL_SECONDS = 2.0
POLL_SECONDS_A_PRODUCT = 0.01
LEAST_POLL_SECONDS = 0.1
# A worker that was killed takes its messages with it, so what stands still is sent again.
STANDSTILL_SECONDS = 15
GIVE_UP_AFTER = 8  # times that nothing moved


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
        if options["retry_failed"]:
            Failure.objects.all().delete()
        encode = self.through_worker if options["queue"] else self.here
        for signal, what in (("image", "pictures"), ("text", "words")):
            started = time.monotonic()
            try:
                done = encode(signal, what)
            except EngineError as err:
                raise CommandError(str(err)) from err
            seconds = time.monotonic() - started
            rate = f" ({done / seconds:.0f} a second)" if done else ""
            self.stdout.write(f"{what} of {done} products in {seconds:.1f} s{rate}")
        if failed := Failure.objects.values("product").distinct().count():
            self.stdout.write(f"{failed} could not be encoded: see Failed embeddings in the admin")

    def here(self, signal: str, what: str) -> int:
        total = len(pipeline.stale_products(signal=signal))
        with progress.bar(total=total, what=what) as bar:
            return pipeline.embed_catalog(signal=signal, progress=bar.update)

    def through_worker(self, signal: str, what: str) -> int:
        if not Space.objects.exists():
            raise CommandError("no space to encode in: run `manage.py fit_models` first")
        waiting = pipeline.stale_products(signal=signal, newest=True)
        total = left = len(waiting)
        tasks.send_embed(waiting, signal=signal)
        moved, stood = time.monotonic(), 0
        with progress.bar(total=total, what=what) as bar:
            while left:
                time.sleep(
                    max(min(POLL_SECONDS, POLL_SECONDS_A_PRODUCT * left), LEAST_POLL_SECONDS)
                )
                waiting = pipeline.stale_products(signal=signal, newest=True)
                if len(waiting) < left:
                    bar.update(left - len(waiting))
                    left, moved, stood = len(waiting), time.monotonic(), 0
                elif time.monotonic() - moved > STANDSTILL_SECONDS:
                    stood += 1
                    self.stand_still(waiting, signal=signal, times=stood)
                    moved = time.monotonic()
        return total

    def stand_still(self, waiting: list[int], *, signal: str, times: int) -> None:
        if times >= GIVE_UP_AFTER:
            raise CommandError(
                f"{len(waiting)} products wait and nothing moves: start a worker with "
                "`celery -A config worker`, or run embed_catalog without --queue"
            )
        self.stderr.write("nothing moved for a while: sending again what waits")
        tasks.send_embed(waiting, signal=signal)
