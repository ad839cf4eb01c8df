from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import builds
from search.builds import BuildError
from search.engine.errors import EngineError
from search.models import Build


class Command(BaseCommand):
    help = "Serve a build from now on: the one named, or the newest that is ready."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", nargs="?", type=int)
        parser.add_argument(
            "--anyway", action="store_true", help="in spite of what was found against it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        ready = Build.objects.ready().order_by("-pk")
        build = ready.filter(pk=options["id"]).first() if options["id"] else ready.first()
        if build is None:
            raise CommandError("no such build is ready: run `manage.py build_index` first")
        try:
            builds.publish_build(build, anyway=options["anyway"])
        except (BuildError, EngineError) as err:
            raise CommandError(str(err)) from err
        self.stdout.write(f"published build {build.pk}")
