"""What the catalogue's templates say in one word: slots, prices, pictures."""

import re
from decimal import Decimal

from django import template
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.template import Context
from django.urls import translate_url
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from catalog import pictures, slots
from catalog.models import Category, Product, ProductImage

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

# What shops call their colours -> the swatches that products.css has.
COLORS = {
    name: swatch
    for swatch, names in {
        "black": "black 黒 ブラック",
        "white": "white 白 ホワイト",
        "grey": "grey gray charcoal 灰 グレー",
        "silver": "silver steel metallic 銀 シルバー",
        "gold": "gold bronze copper 金 ゴールド",
        "red": "red 赤 レッド",
        "maroon": "maroon burgundy rust ワイン",
        "pink": "pink magenta rose peach 桃 ピンク",
        "orange": "orange 橙 オレンジ",
        "yellow": "yellow mustard 黄 イエロー",
        "green": "green olive lime 緑 グリーン",
        "teal": "teal turquoise",
        "blue": "blue 青 ブルー",
        "navy": "navy 紺 ネイビー",
        "purple": "purple violet lavender mauve 紫 パープル",
        "brown": "brown tan coffee 茶 ブラウン",
        "beige": "beige khaki nude skin cream ベージュ",
        "multi": "multi multicolour multicolor マルチ",
    }.items()
    for name in names.split()
}

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
def amount(price: Decimal) -> str:
    """A price without its currency."""
    return _amount(price, whole=True)


@register.filter
def swatch(color: str) -> str:
    """The plain colour that a shop's colour word means; `other` where none is known.

    Of several words the first that is known counts: "navy blue" is navy, "sea green" green.
    """
    words = re.findall(r"\w+", color.casefold())
    return next((COLORS[word] for word in words if word in COLORS), "other")


@register.simple_tag(takes_context=True)
def alternates(context: Context) -> list[tuple[str, str]]:
    """Each language with this page's address in it, and x-default, which asks the browser."""
    request = context["request"]
    path = request.get_full_path()
    try:
        found = [
            (language, request.build_absolute_uri(translate_url(path, language)))
            for language, _name in settings.LANGUAGES
        ]
    except DisallowedHost:
        return []  # the page that says so
    if len({address for _, address in found}) < len(found):
        return []  # a page without languages, or none at all
    prefix = f"/{get_language()}/"
    return [*found, ("x-default", request.build_absolute_uri("/" + path.removeprefix(prefix)))]


@register.filter
def full(image: ProductImage) -> str:
    return pictures.url(image.sha256)


@register.filter
def thumbnail(image: ProductImage, size: pictures.Size) -> str:
    """The address of the thumbnail; `size` is small, medium or large."""
    return pictures.thumbnail_url(image.sha256, size=size)


@register.filter
def thumbnails(image: ProductImage) -> str:
    """A srcset of all thumbnails with their true widths."""
    return ", ".join(f"{address} {width}w" for width, address in _by_width(image).items())


@register.filter
def sources(image: ProductImage) -> str:
    """A srcset of the thumbnails and of the picture itself."""
    widths = _by_width(image)
    if image.width not in widths:
        widths[image.width] = full(image)
    return ", ".join(f"{address} {width}w" for width, address in widths.items())


def _by_width(image: ProductImage) -> dict[int, str]:
    """Width -> address of the smallest thumbnail that is as wide."""
    longest = max(image.width, image.height)
    widths: dict[int, str] = {}
    for size, box in pictures.THUMBNAIL_BOXES.items():
        width = max(1, round(image.width * min(box / longest, 1)))
        widths.setdefault(width, pictures.thumbnail_url(image.sha256, size=size))
    return widths


@register.filter
def initials(product: Product | Category) -> str:
    """Two letters that stand in for a missing picture; a leading note in brackets says little."""
    title = LEADING_NOTES.sub("", str(product))
    words = re.findall(r"[^\W_]+", title) or re.findall(r"[^\W_]+", str(product)) or ["?"]
    if len(words) > 1 and words[0].isascii():
        return (words[0][0] + words[1][0]).upper()
    return words[0][:2]


@register.filter
def tint(product: Product | Category) -> int:
    """Which colour stands behind the letters: the same within a category."""
    category = product.pk if isinstance(product, Category) else product.category_id
    return (category or 0) % TINTS


@register.filter
def percent(share: float) -> str:
    """0..1 (anything below counts as 0) -> a whole number for a meter or a width."""
    return str(round(100 * min(max(share, 0.0), 1.0)))
