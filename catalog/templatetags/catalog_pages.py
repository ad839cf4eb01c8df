"""What the catalogue's templates say in one word: slots, prices, pictures."""

import re
from decimal import Decimal
from typing import Literal

from django import template
from django.template import Context
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe

from catalog import pictures, slots
from catalog.models import Product, ProductImage

register = template.Library()

SYMBOLS = {
    "AUD": "A$",
    "CAD": "C$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "TWD": "NT$",
    "USD": "$",
}
# ISO 4217 gives these no smaller unit.
WHOLE_UNITS = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
)


LEADING_NOTES = re.compile(r"^(?:\s*[<(\[＜（［〈【「][^>)\]＞）］〉】」]*[>)\]＞）］〉】」])+")

TINTS = 6  # as many as base.css has


@register.simple_tag(takes_context=True)
def slot(context: Context, name: str, **values: object) -> SafeString:
    """The HTML that settings.CATALOG_SLOTS puts in this place."""
    return mark_safe(slots.render(name, request=context["request"], **values))


@register.filter
def money(product: Product) -> str:
    """The product's price as people write it; empty where none is known."""
    if product.price is None:
        return ""
    amount = _amount(product.price, whole=product.currency in WHOLE_UNITS or not product.currency)
    symbol = SYMBOLS.get(product.currency)
    if symbol:
        return f"{symbol}{amount}"
    return f"{amount} {product.currency}".strip()


def _amount(price: Decimal, *, whole: bool) -> str:
    # A fraction that should not be there is shown rather than rounded away.
    places = 0 if whole and price == price.to_integral_value() else 2
    return number_format(price, decimal_pos=places, use_l10n=True, force_grouping=True)


@register.filter
def full(image: ProductImage) -> str:
    return pictures.url(image.sha256)


@register.filter
def thumbnail(image: ProductImage, size: Literal["small", "large"]) -> str:
    """The address of the thumbnail; `size` is small or large."""
    return pictures.thumbnail_url(image.sha256, size=size)


@register.filter
def sources(image: ProductImage) -> str:
    """A srcset with true widths; empty where the picture itself is no larger than a thumbnail."""
    box = pictures.THUMBNAIL_BOXES["large"]
    longest = max(image.width, image.height)
    if longest <= box:
        return ""
    width = round(image.width * box / longest)
    return f"{thumbnail(image, 'large')} {width}w, {full(image)} {image.width}w"


@register.filter
def initials(product: Product) -> str:
    """Two letters that stand in for a missing picture; a leading note in brackets says little."""
    title = LEADING_NOTES.sub("", str(product))
    words = re.findall(r"[^\W_]+", title) or re.findall(r"[^\W_]+", str(product)) or ["?"]
    if len(words) > 1 and words[0].isascii():
        return (words[0][0] + words[1][0]).upper()
    return words[0][:2]


@register.filter
def tint(product: Product) -> int:
    """Which colour stands behind the letters: the same within a category."""
    return (product.category_id or 0) % TINTS


@register.filter
def percent(share: float) -> str:
    """0..1 (anything below counts as 0) -> a whole number for a meter or a width."""
    return str(round(100 * min(max(share, 0.0), 1.0)))
