from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.backups import restoring
from config.backups.folder import BackupError
from config.embedded.commands.catalogue import Catalogue
from config.management.counting import counted


class Command(BaseCommand):
    help = (
        "Have the site as it was when a backup was made. Stop web, workers and beat before. "
        "Whoever can write to the backup can write to the database, so restore none of strangers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--replace", action="store_true", help="give up what the database holds now"
        )
        how.add_argument("--check", action="store_true", help="read the backup and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"].absolute()
        try:
            with counted() as progress:
                if options["check"]:
                    found = restoring.check(folder, progress=progress)
                    told = [f"{folder}: whole, {found.files} files, {found.products} products"]
                else:
                    told = restoring.restore(folder, replace=options["replace"], progress=progress)
                    Catalogue(settings.EMBEDDED).note_restored()
        except BackupError as err:
            raise CommandError(str(err)) from err
        for line in told:
            self.stdout.write(line)
