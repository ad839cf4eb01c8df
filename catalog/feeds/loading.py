"""A catalogue's rows and pictures -> products, batch by batch.

Each batch is one transaction, so a killed import leaves whole batches; the next run finds their
rows unchanged and their pictures stored, and goes on from there.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from catalog import pictures, products
from catalog.errors import FullError, PictureError
from catalog.feeds import shops
from catalog.feeds.addresses import Addresses
from catalog.feeds.ledger import Ledger
from catalog.feeds.records import AS_WRITTEN, Called, Record
from catalog.feeds.rejections import Rejections
from catalog.feeds.rows import Parsed, RowError, parse, sku_of
from catalog.feeds.source import Source
from catalog.fetching.limits import Limits
from catalog.fetching.targets import is_address
from catalog.fetching.wire import Dialler
from catalog.models import Product, Shop
from catalog.products import Row

BATCH = 500  # rows
# Pillow decodes outside of Python's lock; each thread holds one picture in memory.
MAX_THREADS = 8


@dataclass
class Report:
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    @property
    def taken(self) -> int:
        return self.created + self.updated + self.unchanged


class Options(NamedTuple):
    shop: str  # of rows that name none
    publish: bool = False  # show rows that don't speak of it, even if they were hidden
    notify: bool = True  # tell listeners what was written
    shops: frozenset[str] | None = None  # slugs that rows may name; None is any, made if missing
    called: Called = AS_WRITTEN  # what some columns mean, by the name that the file gives them


class Accepted(NamedTuple):
    record: Record
    parsed: Parsed
    shop: Shop


class Loading:
    """One run through one source."""

    def __init__(self, *, source: Source, options: Options, rejections: Rejections) -> None:
        self.source = source
        self.options = options
        self.rejections = rejections
        self.report = Report()
        self.rows = 0  # taken or not
        self.ledger = Ledger()
        self.shops: dict[str, Shop] = {}
        self.addresses = Addresses(Dialler(hosts=settings.PICTURE_HOSTS, limits=Limits()))

    def run(
        self,
        *,
        on_batch: Callable[[], None] = lambda: None,
        goes_on: Callable[[], bool] = lambda: True,
        skip: int = 0,
    ) -> Report:
        """Import every row.

        on_batch : called in each transaction, so that what it writes is kept with the batch.
        goes_on : asked before each batch; False stops there.
        skip : rows at the start that an earlier run has dealt with.
        Raises FeedError, possibly midway: the batches before it stay.
        """
        threads = min(MAX_THREADS, os.cpu_count() or 1)
        with (
            ThreadPoolExecutor(threads) as pool,
            self.addresses,
            closing(self.source.records(self.options.called)) as records,
        ):
            for record in islice(records, skip):
                self._remember(record)
            while goes_on() and (batch := list(islice(records, BATCH))):
                rows = self._ready(batch, pool)
                with transaction.atomic():
                    for shop, of_shop in rows.items():
                        self._upsert(shop, of_shop)
                    self.rows += len(batch)
                    on_batch()
        return self.report

    def missing(self) -> list[int]:
        """Ids of the shown products, of the shops in the file, that the file doesn't hold."""
        shops = {shop.pk for shop in self.shops.values()}
        shown = Product.objects.published().filter(shop__in=shops).order_by("pk")
        return [
            pk
            for pk, shop_id, sku in shown.values_list("pk", "shop", "sku").iterator()
            if not self.ledger.holds(shop_id=shop_id, sku=sku)
        ]

    def _remember(self, record: Record) -> None:
        """Of a row that was dealt with: what later rows are compared with."""
        self.rows += 1
        try:
            parsed = parse(record)
            self.ledger.take(shop_id=self._shop(parsed.shop).pk, sku=parsed.row.sku)
        except RowError:
            self.ledger.refuse(sku=sku_of(record))

    def _ready(self, batch: list[Record], pool: ThreadPoolExecutor) -> dict[Shop, list[Row]]:
        """What is to be written, by shop, with its pictures stored."""
        accepted = [found for record in batch if (found := self._accept(record))]
        self.addresses.fetch(name for found in accepted for name in found.parsed.images or ())
        outcomes = pool.map(self._with_pictures, accepted)
        rows: dict[Shop, list[Row]] = {}
        for found, outcome in zip(accepted, outcomes, strict=True):
            if isinstance(outcome, Row):
                rows.setdefault(found.shop, []).append(outcome)
            else:
                self.rejections.add(found.record, str(outcome))
        return rows

    def _accept(self, record: Record) -> Accepted | None:
        try:
            parsed = parse(record)
            shop = self._shop(parsed.shop)
            if not self.ledger.take(shop_id=shop.pk, sku=parsed.row.sku):
                raise RowError(_("sku: an earlier line of the file has the same; keep one"))
        except RowError as err:
            self.ledger.refuse(sku=sku_of(record))
            self.rejections.add(record, str(err))
            return None
        return Accepted(record, parsed, shop)

    def _shop(self, name: str) -> Shop:
        if name not in self.shops:
            self._require_allowed(name)
            # Who may import for a shop may not therefore say what the site calls it.
            told = not name and self.options.shops is None
            facts = self.source.shop if told else shops.NO_FACTS
            self.shops[name] = shops.find_or_make(name or self.options.shop, facts=facts)
        return self.shops[name]

    def _require_allowed(self, name: str) -> None:
        """Raises RowError where rows may not name this shop."""
        allowed = self.options.shops
        if name and allowed is not None and shops.slug_named(name) not in allowed:
            raise RowError(
                _("shop: %(shop)s is none of yours; leave the cell empty for %(own)s")
                % {"shop": name[:40], "own": self.options.shop}
            )

    def _with_pictures(self, accepted: Accepted) -> Row | RowError:
        row, names = accepted.parsed.row, accepted.parsed.images
        if self.options.publish:
            row = row._replace(fields={"published": True, **row.fields})
        try:
            return row if names is None else row._replace(pictures=self._store(names))
        except RowError as err:
            return err

    def _store(self, names: tuple[str, ...]) -> tuple[pictures.StoredPicture, ...]:
        return tuple(map(self._store_one, names))

    def _store_one(self, name: str) -> pictures.StoredPicture:
        try:
            if is_address(name):
                return self.addresses.picture(name)
            return pictures.at(name) or pictures.store(self.source.pictures.read(name))
        except FullError:
            raise  # no fault of the row's, and the next ones would fare no better
        except PictureError as err:
            raise RowError(f"image: {name[:100]}: {err}") from err

    def _upsert(self, shop: Shop, rows: list[Row]) -> None:
        written = products.upsert(shop=shop, rows=rows, notify=self.options.notify)
        self.report.created += len(written.created)
        self.report.updated += len(written.updated)
        self.report.unchanged += written.unchanged
