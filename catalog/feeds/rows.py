"""One record of a catalogue -> what the database will take, or every reason why not."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from catalog.feeds import values
from catalog.feeds.records import KNOWN, Record
from catalog.feeds.text import UNDECODED
from catalog.feeds.values import Price
from catalog.products import ProductFields, Row

MAX_ATTRIBUTE_NAME = 100

READERS: Mapping[str, Callable[[str], object]] = {
    "sku": values.text(limit=100),
    "title": values.text(limit=500),
    "description": values.text(limit=1 << 20),
    "category": values.category,
    "brand": values.text(limit=200),
    "color": values.text(limit=100),
    "price": values.price,
    "currency": values.currency,
    "stock": values.stock,
    "image": values.images,
    "url": values.url,
    "item_group_id": values.text(limit=100),
    "shop": values.text(limit=200),
    "published": values.published,
}
# How JSON writes what CSV joins with a sign.
LIST_SIGNS = {"category": " > ", "image": "|"}
# These are not plain columns of a product.
APART = ("sku", "category", "image", "shop", "price")


class Parsed(NamedTuple):
    """A row whose pictures are still names."""

    row: Row
    shop: str  # as the file writes it; empty where it doesn't
    images: tuple[str, ...] | None  # None where the file doesn't speak of pictures


class RowError(ValueError):
    """Why a record is not taken: every fault with its column."""


def sku_of(record: Record) -> str:
    """The sku, even of a record that has other faults; empty where it can't be told."""
    try:
        return values.clean(_as_text("sku", record.values.get("sku")))
    except ValueError:
        return ""


def parse(record: Record) -> Parsed:
    """Raises RowError with all that is wrong with the record."""
    if record.fault:
        raise RowError(record.fault)
    faults: list[str] = []
    found: dict[str, Any] = {}
    attributes: dict[str, str] = {}
    for name, value in record.values.items():
        if not name:
            continue  # JSON lets a key be empty
        try:
            cell = values.clean(_as_text(name, value))
            if name in KNOWN:
                found[name] = READERS[name](cell)
            else:
                attributes[values.text(limit=MAX_ATTRIBUTE_NAME)(values.clean(name))] = cell
        except ValueError as err:
            faults.append(f"{UNDECODED.sub('?', name[:40])}: {err}")
    faults += _faults_of_all(found, record)
    if faults:
        raise RowError("; ".join(faults))
    return _parsed(found, attributes)


def _as_text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, list) and name in LIST_SIGNS:
        return LIST_SIGNS[name].join(_as_text("", part) for part in value)
    if name in KNOWN:
        raise ValueError(_("is a list or an object; write text or a number"))
    return json.dumps(value, ensure_ascii=False, default=float)


def _faults_of_all(found: dict[str, Any], record: Record) -> list[str]:
    faults = []
    if not found.get("sku") and not (record.values.get("sku") and "sku" not in found):
        faults.append(_("sku: is empty; every product needs one of its own"))
    price = found.get("price")
    stated = found.get("currency")
    if isinstance(price, Price) and price.currency and stated and stated != price.currency:
        faults.append(
            _("price: is in %(price)s, but the column currency says %(stated)s; make them agree")
            % {"price": price.currency, "stated": stated}
        )
    return faults


def _parsed(found: dict[str, Any], attributes: dict[str, str]) -> Parsed:
    fields: ProductFields = {name: value for name, value in found.items() if name not in APART}  # type: ignore[assignment]
    price = found.get("price")
    if isinstance(price, Price):
        fields["price"] = price.amount
        if price.currency:
            fields["currency"] = price.currency
    row = Row(
        sku=found["sku"],
        fields=fields,
        category=found.get("category"),
        attributes=attributes,
    )
    return Parsed(row, found.get("shop", ""), found.get("image"))
