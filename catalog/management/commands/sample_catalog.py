"""Write a catalogue to try the site with."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from catalog.samples import debian, drawings, stamps
from catalog.samples.packing import Sample, is_whole, pack


class Command(BaseCommand):
    help = (
        "Write a sample catalogue: photo stickers of Debian's tuxpaint-stamps-default (GPL-2+), "
        "or, where that package can't be fetched, goods that the site draws itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
        parser.add_argument(
            "--drawn", action="store_true", help="fetch nothing; draw the smaller catalogue"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["out"]
        if is_whole(path):
            self.stdout.write(f"{path} exists")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        sample = drawings.sample() if options["drawn"] else self._photos_or_drawings()
        pack(sample, path)
        self.stdout.write(f"{path}: {len(sample.items)} products of {sample.shop}")

    def _photos_or_drawings(self) -> Sample:
        try:
            return stamps.sample(debian.stamps())
        except debian.PackageUnavailable as err:
            self.stdout.write(
                f"the package {debian.PACKAGE} can't be fetched ({err}); "
                "drawing a smaller catalogue instead"
            )
            return drawings.sample()
