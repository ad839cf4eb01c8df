"""Import a catalogue: CSV, JSON lines, or a ZIP with pictures."""

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from catalog import products
from catalog.errors import CatalogError
from catalog.feeds.loading import Loading, Options
from catalog.feeds.rejections import Rejections
from catalog.feeds.shops import slug_of
from catalog.feeds.source import REJECTED_SUFFIX, Source, open_source
from catalog.models import Product


class Command(BaseCommand):
    help = (
        "Import products from FILE: CSV, JSON lines (.jsonl), or a ZIP that holds catalog.csv and "
        "pictures. Products are known by shop and sku; rows that change nothing are not written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--shop", help="shop of rows that name none (default: from the file's name)"
        )
        parser.add_argument(
            "--images", type=Path, metavar="DIR", help="folder of the pictures that rows name"
        )
        parser.add_argument(
            "--encoding", help="of the text, such as cp932 (default: found out by itself)"
        )
        parser.add_argument(
            "--delete-missing",
            action="store_true",
            help="hide the shop's products that the file doesn't hold; show those it holds",
        )
        parser.add_argument(
            "--no-embed",
            action="store_true",
            help="don't have the products encoded now; embed_catalog does so later",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        with Rejections() as rejections:
            try:
                with open_source(
                    path, images=options["images"], encoding=options["encoding"]
                ) as source:
                    loading = self._load(source, options, rejections)
            except CatalogError as err:
                raise CommandError(str(err)) from err
            finally:
                rejected = self._write_rejected(rejections, path)
            self._report(loading, rejections, rejected)
            if options["delete_missing"]:
                self._hide_missing(loading)

    def _load(self, source: Source, options: dict[str, Any], rejections: Rejections) -> Loading:
        loading = Loading(
            source=source,
            options=Options(
                shop=options["shop"] or slug_of(options["file"].name.split(".")[0]),
                publish=options["delete_missing"],
                notify=not options["no_embed"],
            ),
            rejections=rejections,
        )
        with Progress(self, loading) as progress:
            loading.run(on_batch=progress.show)
        return loading

    def _write_rejected(self, rejections: Rejections, path: Path) -> Path:
        """Beside the file, or where that folder is read-only, where we may write."""
        folders = (path.parent, Path.cwd(), Path(tempfile.gettempdir()))
        folder = next((folder for folder in folders if os.access(folder, os.W_OK)), path.parent)
        target = folder / f"{path.name}{REJECTED_SUFFIX}"
        rejections.write(target)
        return target

    def _report(self, loading: Loading, rejections: Rejections, rejected: Path) -> None:
        report = loading.report
        self.stdout.write(
            f"created {report.created}, updated {report.updated}, "
            f"unchanged {report.unchanged}, rejected {rejections.count}"
        )
        if rejections.count:
            self.stdout.write(
                f"the rejected rows, each with its reason, are in {rejected}; "
                "correct them there and import that file"
            )
        if rejections.count and not report.taken:
            raise CommandError(_("no row could be taken"))

    def _hide_missing(self, loading: Loading) -> None:
        if loading.ledger.unnamed:
            self.stderr.write(
                f"--delete-missing left out: {loading.ledger.unnamed} rows don't tell their sku, "
                "so it can't be known which products are absent; correct them and import again"
            )
            return
        missing = loading.missing()
        self.stdout.write(f"hiding {len(missing)} products that the file doesn't hold")
        products.unpublish(products=Product.objects.filter(pk__in=missing))


class Progress:
    """A bar on a terminal, a line every now and then elsewhere."""

    LINE_EVERY = 5000  # rows

    def __init__(self, command: BaseCommand, loading: Loading) -> None:
        self.command = command
        self.loading = loading
        self.told = 0
        self.bar = tqdm(
            total=loading.source.size,
            unit="B",
            unit_scale=True,
            desc="import",
            disable=None,  # not on a terminal: no bar
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.close()

    def show(self) -> None:
        rows = self.loading.report.taken + self.loading.rejections.count
        self.bar.set_postfix(rows=rows, refresh=False)
        self.bar.update(self.loading.source.position - self.bar.n)
        if self.bar.disable and rows - self.told >= self.LINE_EVERY:
            self.told = rows
            self.command.stdout.write(f"{rows} rows read")
