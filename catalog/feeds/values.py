"""Cells of a catalogue -> typed values; readers raise ValueError with the fault and the remedy."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from catalog import categories

MAX_PRICE = Decimal(10) ** 12
MAX_STOCK = 2**31 - 1
SYMBOLS = {"¥": "JPY", "円": "JPY", "$": "USD", "€": "EUR", "£": "GBP"}
SHOWN = {"1", "true", "t", "yes", "y", "on", "公開", "はい", "○"}
HIDDEN = {"0", "false", "f", "no", "n", "off", "非公開", "いいえ", "×"}
# 1980 | 1,980 | 1,980.50 | 19.8 with the point as decimal sign, and the same with the comma.
POINT_PRICE = re.compile(r"(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
COMMA_PRICE = re.compile(r"(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
UNCLEAR_PRICE = re.compile(r"\d+\.\d{3}|0,\d{3}")
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")

is_url = URLValidator(schemes=["http", "https"])


class Price(NamedTuple):
    amount: Decimal | None
    currency: str  # empty where the price doesn't say


def clean(text: str) -> str:
    """Composed letters, no space around: what is compared and stored.

    A name typed on a Mac and one typed elsewhere would differ otherwise.
    """
    if NOT_STORABLE.search(text):
        raise ValueError(_("holds bytes that are not text in the file's encoding; type it anew"))
    return unicodedata.normalize("NFC", text).strip()


def text(*, limit: int) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if len(cell) > limit:
            raise ValueError(
                _("has %(length)d characters, more than the %(limit)d allowed; shorten it")
                % {"length": len(cell), "limit": limit}
            )
        return cell

    return read


def price(cell: str) -> Price:
    """`1980`, `¥1,980`, `１，９８０円`, `19.80 USD`, `1.234,56 €`; empty is no price."""
    if not cell:
        return Price(None, "")
    plain = unicodedata.normalize("NFKC", cell).upper()
    number, currency = _without_currency(plain)
    number = re.sub(r"[\s'’]", "", number)
    if UNCLEAR_PRICE.fullmatch(number):
        raise ValueError(
            _("%(cell)r can be read in two ways; write 1980 or 1.98, without a thousands sign")
            % {"cell": cell}
        )
    if POINT_PRICE.fullmatch(number):
        amount = Decimal(number.replace(",", ""))
    elif COMMA_PRICE.fullmatch(number):
        amount = Decimal(number.replace(".", "").replace(",", "."))
    else:
        raise ValueError(
            _("%(cell)r is not a price; write a number of 0 or more, such as 1980 or 19.80")
            % {"cell": cell[:40]}
        )
    return Price(_in_range(amount), currency)


def currency(cell: str) -> str:
    code = SYMBOLS.get(unicodedata.normalize("NFKC", cell), cell.upper())
    if code and not re.fullmatch("[A-Z]{3}", code):
        raise ValueError(
            _("%(cell)r is not a currency; write three letters, such as JPY") % {"cell": cell[:40]}
        )
    return code


def stock(cell: str) -> int | None:
    """A whole number; empty where nobody counts. Spreadsheets write 12 as `12.0` at times."""
    if not cell:
        return None
    plain = unicodedata.normalize("NFKC", cell)
    if not re.fullmatch(r"\d{1,10}(\.0+)?|\d{1,3}(,\d{3})+", plain):
        raise ValueError(
            _("%(cell)r is not a whole number of 0 or more; empty means not counted")
            % {"cell": cell[:40]}
        )
    count = int(plain.partition(".")[0].replace(",", ""))
    if count > MAX_STOCK:
        raise ValueError(_("is more than %(limit)d; write less") % {"limit": MAX_STOCK})
    return count


def published(cell: str) -> bool:
    word = unicodedata.normalize("NFKC", cell).lower()
    if not word or word in SHOWN:
        return True
    if word in HIDDEN:
        return False
    raise ValueError(_("%(cell)r is neither true nor false; write one") % {"cell": cell[:40]})


def url(cell: str) -> str:
    if not cell:
        return ""
    text(limit=1000)(cell)
    try:
        is_url(cell)
    except ValidationError as err:
        raise ValueError(
            _("%(cell)r is not a web address; it must start with http:// or https://")
            % {"cell": cell[:80]}
        ) from err
    return cell


def category(cell: str) -> categories.Names:
    names = categories.split(cell)
    if len(names) > categories.MAX_DEPTH:
        raise ValueError(
            _("has %(depth)d levels, more than the %(limit)d allowed; leave some out")
            % {"depth": len(names), "limit": categories.MAX_DEPTH}
        )
    for name in names:
        text(limit=categories.MAX_NAME)(name)
    return names


def images(cell: str) -> tuple[str, ...]:
    """Paths and addresses split by `|`."""
    return tuple(path for path in (part.strip() for part in cell.split("|")) if path)


def _without_currency(plain: str) -> tuple[str, str]:
    for symbol, code in SYMBOLS.items():
        # NFKC has turned the full-width yen sign into the narrow one.
        if plain.startswith(symbol) or plain.endswith(symbol):
            return plain.strip(symbol).strip(), code
    match = re.fullmatch(r"([A-Z]{3})\s*([\d.,\s'’]+)|([\d.,\s'’]+?)\s*([A-Z]{3})", plain)
    if match:
        return (match[2] or match[3]).strip(), match[1] or match[4]
    return plain.strip(), ""


def _in_range(amount: Decimal) -> Decimal:
    cents = amount.quantize(Decimal("0.01")) if amount < MAX_PRICE else amount
    if amount >= MAX_PRICE:
        raise ValueError(_("is more than this site can hold; write less than a trillion"))
    if cents != amount:
        raise ValueError(_("%(amount)s has more than two decimals; round it") % {"amount": amount})
    return cents
