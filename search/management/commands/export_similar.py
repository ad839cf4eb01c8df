from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import export
from search.engine.errors import MixError
from search.engine.fusion import parse_mix
from search.management import progress


def mix(text: str) -> dict[str, float] | None:
    try:
        return parse_mix(text)
    except MixError as err:
        raise ArgumentTypeError(str(err)) from err


class Command(BaseCommand):
    help = "Write the similar items of every published product to a CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--k", type=int, default=10)
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--mix", type=mix, help="such as image:1,text:0; default: the index's")
        parser.add_argument(
            "--exact", action="store_true", help="search in numpy, not in the index"
        )
        parser.add_argument(
            "--variants",
            choices=["all", "one"],
            default="all",
            help="all (default): every product; one: the best of each group of variants, and by "
            "the rules of shops",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["k"] <= export.MOST:
            raise CommandError(f"--k: from 1 to {export.MOST}")
        try:
            lists = export.prepare(
                mix=options["mix"],
                exact=options["exact"],
                one_variant=options["variants"] == "one",
            )
        except export.ExportError as err:
            raise CommandError(str(err)) from err
        with progress.bar(total=len(lists), what="exporting") as bar:
            lists.write(options["out"], k=options["k"], progress=bar.update)
        self.stdout.write(f"{options['out']}: similar items of {len(lists)} products")
