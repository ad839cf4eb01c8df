from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backups import making
from config.backups.folder import BackupError
from config.management.counting import counted


class Command(BaseCommand):
    help = (
        "Write database, served build and pictures into a folder; given the folder of an earlier "
        "backup, only what is new is copied. It runs while the site serves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with counted() as progress:
                made = making.make(options["folder"].absolute(), progress=progress)
        except BackupError as err:
            raise CommandError(str(err)) from err
        self.stdout.write(
            f"{options['folder']}: {made.products} products, {made.files} files, "
            + (f"build {made.build}" if made.build else "no build")
        )
