from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import delivery
from search.depot import DepotError
from search.models import Build


class Command(BaseCommand):
    help = "Fetch the published build to this machine, as before its first web process starts."

    def handle(self, *args: Any, **options: Any) -> None:
        build = Build.objects.published_one()
        if build is None:
            raise CommandError("no build is published: run `manage.py reindex`")
        try:
            delivery.bring(build)
        except DepotError as err:
            raise CommandError(str(err)) from err
        delivery.tidy()
        self.stdout.write(f"build {build.pk} is on this machine")
